import { expect, test } from "vitest";
import { batchNames, spansNamed } from "./batch-name.ts";

const NOW = Date.UTC(2026, 2, 2, 12);

test("names sort in the order in which they were given, also under a clock that is set back", () => {
  let now = NOW;
  const name = batchNames("00000000", () => now);
  const given: string[] = [];
  for (const step of [1, 0, 0, 0.4, -3_600_000, 5, 3_600_010]) {
    now += step;
    given.push(name(10));
  }
  expect(given.toSorted()).toEqual(given);
  expect(new Set(given).size).toBe(given.length);
});

test("under a clock that stands still a million names, and more, are told from other files", () => {
  const name = batchNames("00000000", () => NOW);
  let last = "";
  for (let i = 0; i < 1_000_000; i += 1) last = name(512);
  for (const next of [name(512), name(512)]) {
    expect(spansNamed(next)).toBe(512);
    expect(next > last).toBe(true);
    last = next;
  }
});

test.each(["owner.json", "x.corrupt", "000.otlp.tmp", "000001772452800000-000000-1-ffffffff.otlp"])(
  "%s is no batch",
  (name) => {
    expect(spansNamed(name)).toBeUndefined();
  },
);
