import { expect, it } from "vitest";
import { signalKey, stepKeys, timerKey } from "./step-keys.ts";

it("keys a step by its kind and the engine's id", () => {
  const keys = stepKeys();
  expect(keys.unique("activity", "7")).toBe("activity:7");
  expect(keys.unique("local", "7")).toBe("local:7");
  expect(timerKey("7")).toBe("timer:7");
  expect(signalKey("7")).toBe("event:7");
});

it("numbers the later uses of an id", () => {
  const keys = stepKeys();
  const used = [1, 2, 3].map(() => keys.unique("child", "order-1"));
  expect(used).toEqual(["child:order-1", "child:order-1~2", "child:order-1~3"]);
});

it("keys a step without an id by its kind alone", () => {
  const keys = stepKeys();
  expect([keys.unique("cancel", ""), keys.unique("cancel", "")]).toEqual(["cancel", "cancel~2"]);
});

it("counts the steps that have no stable id by kind", () => {
  const keys = stepKeys();
  expect(keys.ordinal("nexus")).toBe("nexus:1");
  expect(keys.ordinal("signal-external")).toBe("signal-external:1");
  expect(keys.ordinal("nexus")).toBe("nexus:2");
});

it("goes on from its counts, which are plain JSON", () => {
  const counts: Record<string, number> = {};
  stepKeys(counts).unique("update", "u");
  const restored = stepKeys(JSON.parse(JSON.stringify(counts)) as Record<string, number>);
  expect(restored.unique("update", "u")).toBe("update:u~2");
});

it("counts an id that is named like the prototype", () => {
  expect(stepKeys().unique("activity", "__proto__")).toBe("activity:__proto__");
});

it("gives a key that was taken back to the next step, where it is the newest", () => {
  const keys = stepKeys();
  keys.ordinal("nexus");
  keys.takeBack(keys.ordinal("nexus"));
  expect(keys.ordinal("nexus")).toBe("nexus:2");
  keys.takeBack(keys.unique("activity", "mine"));
  expect(keys.unique("activity", "mine")).toBe("activity:mine");
  // Others have been given since, and no key is given twice.
  keys.ordinal("nexus");
  keys.takeBack("nexus:1");
  keys.unique("activity", "mine");
  keys.takeBack("activity:mine");
  expect([keys.ordinal("nexus"), keys.unique("activity", "mine")]).toEqual([
    "nexus:4",
    "activity:mine~3",
  ]);
});
