import { expect, test } from "vitest";
import { steadyClock } from "./steady-clock.ts";

test("it follows the clock below it, but never back", () => {
  let now = 1000;
  const clock = steadyClock(() => now);
  const seen = [clock()];
  for (now of [1010, 400, 410, 5000, 4990, 4995]) seen.push(clock());
  expect(seen).toEqual([1000, 1010, 1010, 1020, 5610, 5610, 5615]);
});
