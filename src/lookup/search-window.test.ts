import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { searchWindows } from "./search-window.ts";

describe("search windows", () => {
  test("cover the time without a gap, the newest first, none too long", () => {
    const time = fc.integer({ min: 0, max: 2e12 });
    fc.assert(
      fc.property(time, time, fc.integer({ min: 1, max: 1e6 }), (a, b, longest) => {
        const [since, now] = [Math.min(a, b), Math.max(a, b)];
        const { windows, cutAt } = searchWindows(since, now, longest, 50);
        expect(windows[0]?.end).toBeGreaterThanOrEqual(now / 1000);
        const oldest = windows.at(-1)?.start ?? Number.NaN;
        expect(oldest * 1000 <= since || cutAt === oldest * 1000).toBe(true);
        expect(windows.length).toBeLessThanOrEqual(50);
        expect(windows.every(({ start, end }) => start < end && end - start <= longest)).toBe(true);
        expect(windows.slice(1).map(({ end }) => end)).toEqual(
          windows.slice(0, -1).map(({ start }) => start),
        );
      }),
    );
  });

  test("of one moment are one second or two", () => {
    expect(searchWindows(5000, 5000, 60, 5)).toEqual({ windows: [{ start: 5, end: 6 }] });
  });
});
