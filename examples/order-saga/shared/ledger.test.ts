import { expect, test } from "vitest";
import { effectKey, memoryLedger, undoKey } from "./ledger.ts";

const order = { orderId: "order-1", cents: 100 };

test("the second call with a key gets the first one's result and has no effect", async () => {
  const ledger = memoryLedger();
  let effects = 0;
  const charge = async (): Promise<string> => `charge-${++effects}`;

  expect(await ledger.once("key", charge)).toBe("charge-1");
  expect(await ledger.once("key", charge)).toBe("charge-1");
  expect(effects).toBe(1);
});

test("a call that comes while the first one still runs waits for its result", async () => {
  const ledger = memoryLedger();
  const { promise, finish } = open();
  const first = ledger.once("key", () => promise);
  const second = ledger.once("key", async () => "another effect");
  finish("the first effect");

  expect(await Promise.all([first, second])).toEqual(["the first effect", "the first effect"]);
});

function open(): { readonly promise: Promise<string>; readonly finish: (result: string) => void } {
  const finishes: ((result: string) => void)[] = [];
  const promise = new Promise<string>((resolve) => finishes.push(resolve));
  return { promise, finish: (result) => finishes.forEach((finish) => finish(result)) };
}

test("an effect that throws is forgotten and runs again", async () => {
  const ledger = memoryLedger();
  const broken = ledger.once("key", () => Promise.reject(new Error("no connection")));

  await expect(broken).rejects.toThrow("no connection");
  expect(await ledger.find("key")).toBeUndefined();
  expect(await ledger.once("key", async () => "done")).toBe("done");
  expect(await ledger.find("key")).toBe("done");
});

test("a step and its undoing have different keys, the same for every attempt", () => {
  expect(effectKey("chargeCard", order)).toBe("order-1/chargeCard");
  expect(effectKey("chargeCard", { ...order })).toBe(effectKey("chargeCard", order));
  expect(undoKey("chargeCard", order)).not.toBe(effectKey("chargeCard", order));
});
