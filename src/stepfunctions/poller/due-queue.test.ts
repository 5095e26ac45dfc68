import fc from "fast-check";
import { expect, test } from "vitest";
import { dueQueue } from "./due-queue.ts";

test("whatever is pushed and taken out in between, the first is the one that is due first", () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.nat(50)), { maxLength: 200 }), (steps) => {
      const queue = dueQueue();
      let left: number[] = [];
      for (const due of steps) {
        if (due === null) {
          queue.shift();
          left = left.slice(1);
        } else {
          queue.push({ due, key: `k${due}` });
          left = [...left, due].toSorted((a, b) => a - b);
        }
        expect(queue.first()?.due).toBe(left[0]);
      }
      queue.clear();
      expect(queue.first()).toBeUndefined();
    }),
  );
});
