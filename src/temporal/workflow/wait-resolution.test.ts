import { expect, it } from "vitest";
import { resolution } from "./wait-resolution.ts";

it("is resolved by what came in with the same workflow task, with who sent it", () => {
  expect(resolution({ step: "event:5", identity: "alice" }, false)).toEqual({
    outcome: "completed",
    wait: { outcome: "resolved", resolvedByStep: "event:5", resolvedBy: "alice" },
  });
});

it("is resolved by nobody in particular when nothing came in", () => {
  expect(resolution(undefined, false)).toEqual({
    outcome: "completed",
    wait: { outcome: "resolved" },
  });
});

it("names no identity that is not told", () => {
  expect(resolution({ step: "event:5" }, false).wait).not.toHaveProperty("resolvedBy");
});

it("is cancelled with its run, unless something came in", () => {
  expect(resolution(undefined, true)).toEqual({
    outcome: "cancelled",
    wait: { outcome: "cancelled" },
  });
  expect(resolution({ step: "event:5" }, true).outcome).toBe("completed");
});
