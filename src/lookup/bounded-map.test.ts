import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { boundedMap } from "./bounded-map.ts";

test("maps in order, with no more at once than the bound", async () => {
  let running = 0;
  let most = 0;
  const results = await boundedMap([5, 1, 4, 2, 3], 2, async (item) => {
    running += 1;
    most = Math.max(most, running);
    for (let i = 0; i < item; i += 1) {
      // oxlint-disable-next-line no-await-in-loop -- lets the others run
      await setImmediate();
    }
    running -= 1;
    return item * 10;
  });
  expect([results, most]).toEqual([[50, 10, 40, 20, 30], 2]);
});

test("rejects with the first failure, and starts no more then", async () => {
  const started: number[] = [];
  const failing = boundedMap([1, 2, 3, 4, 5], 2, async (item) => {
    started.push(item);
    await setImmediate();
    if (item === 2) throw new Error("two");
    return item;
  });
  await expect(failing).rejects.toThrow("two");
  await setImmediate();
  await setImmediate();
  expect(started).not.toContain(5);
});

test("of nothing is nothing", async () => {
  expect(await boundedMap([], 3, () => Promise.resolve(1))).toEqual([]);
});
