import { expect, test } from "vitest";
import { formatDuration } from "./duration.ts";

test.each([
  [0, "0 ms"],
  [-5, "0 ms"],
  [Number.NaN, "0 ms"],
  [0.04, "0.1 ms"],
  [0.5, "0.5 ms"],
  [7.4, "7 ms"],
  [999.4, "999 ms"],
  [999.6, "1 s"],
  [1500, "1.5 s"],
  [1753, "1.75 s"],
  [3060, "3.1 s"],
  [12_300, "12 s"],
  [59_600, "1 min"],
  [125_000, "2 min 5 s"],
  [3_599_900, "1 h"],
  [71 * 3_600_000 + 58 * 60_000, "71 h 58 min"],
  [259_200_011, "72 h"],
  [5 * 86_400_000 + 3 * 3_600_000, "5 d 3 h"],
])("%d ms reads %s", (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});
