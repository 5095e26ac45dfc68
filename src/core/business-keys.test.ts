import { expect, it } from "vitest";
import { businessKeys } from "./business-keys.ts";
import { warningLog } from "./result.ts";
import type { RunInput } from "./trace-options.ts";

const run: RunInput = { input: { orderId: "order-1" }, memo: {}, searchAttributes: {} };

function keysOf(pick: (run: RunInput) => unknown): { keys: object; warnings: readonly unknown[] } {
  const warnings = warningLog();
  // What callers write in JavaScript is held by no type.
  const keys = businessKeys(pick as () => Record<string, string>, () => run, warnings);
  return { keys, warnings: warnings.list() };
}

function orderIdOf(input: unknown): unknown {
  return typeof input === "object" && input !== null && "orderId" in input ? input.orderId : "none";
}

function unreadable(): RunInput {
  throw new SyntaxError("no JSON");
}

it("records nothing of the input when no function picks", () => {
  const warnings = warningLog();
  expect(businessKeys(undefined, unreadable, warnings)).toEqual({});
  expect(warnings.list()).toEqual([]);
});

it("records what the function picks", () => {
  const { keys } = keysOf(({ input }) => ({ "order.id": orderIdOf(input), cents: 5, big: true }));
  expect(keys).toEqual({ "order.id": "order-1", cents: 5, big: true });
});

it("takes scalars only, and cuts texts to 256 characters", () => {
  const { keys } = keysOf(() => ({ list: [1], none: null, deep: {}, text: "x".repeat(300) }));
  expect(keys).toEqual({ text: "x".repeat(256) });
});

it("counts a warning and goes on when the function throws", () => {
  const { keys, warnings } = keysOf(() => {
    throw new TypeError("secret of the input");
  });
  expect(keys).toEqual({});
  expect(warnings).toEqual([
    { code: "business_keys_failed", message: "businessKeys threw TypeError", count: 1 },
  ]);
});

it("says of a thrown value that is no error only that it was one", () => {
  const { warnings } = keysOf(() => {
    throw "secret";
  });
  expect(JSON.stringify(warnings)).not.toContain("secret");
});

it("counts a warning when the input cannot be read", () => {
  const warnings = warningLog();
  expect(businessKeys(() => ({}), unreadable, warnings)).toEqual({});
  expect(warnings.list()).toHaveLength(1);
});

it("does not let a key named like the prototype change an object", () => {
  keysOf(() => JSON.parse('{"__proto__": "polluted"}') as object);
  expect({}).not.toHaveProperty("polluted");
});
