import { describe, expect, test } from "vitest";
import { bar } from "./bar.ts";
import { palette } from "./palette.ts";
import type { BarPart } from "./run-report.ts";
import { timeScale, timesOf } from "./time-scale.ts";

const HOUR = 3_600_000;
const worked = (start: number, end: number): BarPart => ({ start, end, state: "worked" });
const waited = (start: number, end: number): BarPart => ({ start, end, state: "waited" });
const plain = palette(false);

describe("timeScale", () => {
  test("is linear where nothing idle is much longer than the work", () => {
    const scale = timeScale(0, 100, [worked(0, 20), worked(80, 100)]);
    expect(scale.folded).toEqual([]);
    expect([0, 25, 50, 100].map((time) => scale.place(time))).toEqual([0, 0.25, 0.5, 1]);
  });

  test("draws a long wait as long as all work", () => {
    const end = 200 + 72 * HOUR;
    const scale = timeScale(0, end, [
      worked(0, 100),
      worked(end - 100, end),
      waited(100, end - 100),
    ]);
    expect(scale.folded).toEqual([{ start: 100, end: end - 100 }]);
    expect(scale.place(100)).toBeCloseTo(0.25);
    expect(scale.place(end - 100)).toBeCloseTo(0.75);
  });

  test("never runs backwards, and stays between 0 and 1", () => {
    const end = 300 + 5 * HOUR;
    const scale = timeScale(0, end, [
      worked(0, 100),
      worked(100 + HOUR, 150 + HOUR),
      worked(end - 100, end),
    ]);
    const times = Array.from({ length: 200 }, (_, i) => -100 + (i * (end + 200)) / 199);
    const places = times.map((time) => scale.place(time));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(Math.min(...places)).toBe(0);
    expect(Math.max(...places)).toBe(1);
  });

  test("a run without work or without length has places too", () => {
    expect(timeScale(5, 5, []).place(5)).toBe(0);
    expect(timeScale(0, 10, [waited(0, 10)]).place(5)).toBe(0.5);
  });
});

test("work that happens at the same time counts once", () => {
  expect(timesOf(0, 100, [worked(0, 50), worked(25, 60), waited(60, 100)])).toEqual({
    worked: 60,
    waited: 40,
  });
});

describe("bar", () => {
  const scale = timeScale(0, 100, [worked(0, 100)]);

  test("has a sign for each state, and one column at least for the shortest part", () => {
    expect(
      bar(
        [worked(0, 50), waited(50, 80), { start: 80, end: 80, state: "failed" }],
        scale,
        10,
        plain,
      ),
    ).toBe("█████░░░▓ ");
  });

  test("shows a failure that shares its column with work", () => {
    expect(bar([{ start: 1, end: 2, state: "failed" }, worked(0, 20)], scale, 5, plain)).toBe(
      "▓    ",
    );
  });

  test("marks the fold in what runs through it", () => {
    const end = 200 + 72 * HOUR;
    const folded = timeScale(0, end, [worked(0, 100), worked(end - 100, end)]);
    expect(bar([waited(100, end - 100)], folded, 20, plain)).toBe("     ░░░░░⋯░░░░     ");
    expect(bar([worked(0, 100)], folded, 20, plain)).not.toContain("⋯");
  });
});
