import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { turnQueue } from "./turn-queue.ts";

test("what comes in one turn of the event loop is handed on together, in its order", async () => {
  const taken: (readonly number[])[] = [];
  const queue = turnQueue<number>((items) => taken.push(items));
  queue.push(1);
  queue.push(2);
  expect(taken).toEqual([]);
  await nextTurn();
  queue.push(3);
  await nextTurn();
  expect(taken).toEqual([[1, 2], [3]]);
});

test("what is drained is not handed on again, and an empty queue hands on nothing", async () => {
  const taken: (readonly number[])[] = [];
  const queue = turnQueue<number>((items) => taken.push(items));
  queue.push(1);
  queue.drain();
  queue.drain();
  await nextTurn();
  expect(taken).toEqual([[1]]);
});

test("never more than 512 items wait", () => {
  const taken: number[] = [];
  const queue = turnQueue<number>((items) => taken.push(items.length));
  for (let item = 0; item < 1100; item += 1) queue.push(item);
  expect(taken).toEqual([512, 512]);
});
