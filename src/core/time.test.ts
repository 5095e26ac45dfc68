import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatTime, parseTime } from "./time.ts";

describe("parseTime", () => {
  it.each([
    ["2026-11-26T20:19:15.080Z", 1795724355080],
    ["2026-11-26T20:19:15Z", 1795724355000],
    ["2026-11-26T21:19:15.080+01:00", 1795724355080],
    ["1969-12-31T23:59:59.500Z", -500],
    ["2026-11-26T20:19:15.845060778Z", 1795724355845.061],
    ["2026-11-26T20:19:15.1234564Z", 1795724355123.456],
    ["2026-11-26T20:19:15.1234565Z", 1795724355123.457],
    ["2026-11-26T20:19:15.5Z", 1795724355500],
  ])("reads %s", (text, ms) => {
    expect(parseTime(text)).toBe(ms);
  });

  it.each([
    "",
    "yesterday",
    "1",
    "2026-11-26",
    "2026-11-26T20:19Z",
    "2026-11-26T20:19:99Z",
    "2026-13-26T20:19:15Z",
    "2026-11-32T20:19:15Z",
    "2026-11-26T25:19:15Z",
    "2026-11-26T20:60:15Z",
    "0000-00-00T20:19:15Z",
    "2026-11-26T20:19:0x1Z",
    `2026-11-26T20:19:15.${"0".repeat(100)}Z`,
  ])("finds no time in %j", (text) => {
    expect(parseTime(text)).toBeNaN();
  });

  it("keeps every millisecond, whatever minute came before", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 4e12 })), (times) => {
        expect(times.map((ms) => parseTime(new Date(ms).toISOString()))).toEqual(times);
      }),
    );
  });
});

describe("formatTime", () => {
  it("writes ISO 8601 with milliseconds", () => {
    expect(formatTime(1795724355080.061)).toBe("2026-11-26T20:19:15.080Z");
  });

  it.each([Number.NaN, Infinity, -Infinity, 8.64e15 + 1])("calls %d no time", (ms) => {
    expect(formatTime(ms)).toBe("invalid time");
  });
});
