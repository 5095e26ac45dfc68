import { expect, test } from "vitest";
import { parseSince } from "./since.ts";

const now = Date.UTC(2026, 10, 27, 12);

test.each([
  ["90m", now - 90 * 60_000],
  ["12h", now - 12 * 3_600_000],
  ["7d", now - 7 * 86_400_000],
  [" 2w ", now - 14 * 86_400_000],
  ["999999w", 0],
  ["2026-11-27", Date.UTC(2026, 10, 27)],
  ["2026-11-27T08:00:00Z", Date.UTC(2026, 10, 27, 8)],
  ["2026-11-27T08:00:00.5+02:00", Date.UTC(2026, 10, 27, 6, 0, 0, 500)],
])("%j is a time", (text, time) => {
  expect(parseSince(text, now)).toBe(time);
});

test.each([
  "yesterday",
  "7",
  "7x",
  "-7d",
  "1e3d",
  "2026-13-45",
  "2026-02-31",
  "2026-11-31T08:00:00Z",
  "27.11.2026",
  "d",
])("%j is none, which is a wrong call", (text) => {
  expect(() => parseSince(text, now)).toThrow(
    expect.objectContaining({ exitCode: 2, message: expect.stringContaining("--since") }),
  );
});

test("a time in the future is a wrong call", () => {
  expect(() => parseSince("2027-01-01", now)).toThrow(/in the future/);
});
