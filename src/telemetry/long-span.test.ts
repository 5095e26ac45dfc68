import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sagaRun } from "../../test/support/saga-runs.ts";
import { wholeSpan } from "../lookup/whole-span.ts";
import { longestSpan, shortened } from "./long-span.ts";

const HOUR = 3_600_000;

describe("a span that is longer than it may be", () => {
  const span = {
    startTime: Date.UTC(2026, 0, 1),
    endTime: Date.UTC(2026, 0, 8),
    attributes: { "workflow.outcome": "failed" },
  };

  test("is sent as 0 ms at its end, with its begin as an attribute", () => {
    expect(shortened(span, 18 * HOUR)).toEqual({
      startTime: span.endTime,
      endTime: span.endTime,
      attributes: {
        "workflow.outcome": "failed",
        "durascope.span_start": "2026-01-01T00:00:00.000Z",
      },
    });
  });

  test("is left alone where it is just as long as it may be, and where nothing is asked for", () => {
    expect(shortened(span, 7 * 24 * HOUR)).toBe(span);
    expect(shortened(span, longestSpan(undefined, {}))).toBe(span);
  });

  test("reads whole again in every scenario of the saga, whatever the length", () => {
    const runs = ["approved", "expired", "undeliverable"].flatMap((scenario) => [
      sagaRun("temporal", scenario),
      sagaRun("stepfunctions", scenario),
    ]);
    fc.assert(
      fc.property(fc.constantFrom(...runs), fc.integer({ min: 1, max: 2000 }), (run, longest) => {
        for (const sent of run.spans) {
          const { attributes, ...times } = wholeSpan(shortened(sent, longest));
          // The attribute holds milliseconds; never later, so that what lies inside stays inside.
          expect(Math.floor(times.startTime)).toBe(Math.floor(sent.startTime));
          expect(times.startTime).toBeLessThanOrEqual(sent.startTime);
          expect({ ...times, startTime: sent.startTime, attributes }).toMatchObject(sent);
        }
      }),
    );
  });
});

describe("an attribute that tells of a begin", () => {
  test.each([
    ["no time", "yesterday"],
    ["a time after the span", "2031-01-01T00:00:00.000Z"],
    ["a number", 5],
  ])("changes nothing where it holds %s", (_what, value) => {
    const [span] = sagaRun("temporal", "approved").spans;
    if (span === undefined) throw new Error("no span");
    const told = { ...span, attributes: { "durascope.span_start": value } };
    expect(wholeSpan(told)).toBe(told);
  });
});

describe("the length that spans may have", () => {
  test("is the option's, else the environment's, else endless", () => {
    const environment = { DURASCOPE_LONGEST_SPAN_MS: " 5000 " };
    expect(longestSpan(7, environment)).toBe(7);
    expect(longestSpan(undefined, environment)).toBe(5000);
    expect(longestSpan(undefined, { DURASCOPE_LONGEST_SPAN_MS: " " })).toBe(Infinity);
  });

  test.each([
    ["0", "0"],
    ["below 0", "-1"],
    ["no number", "18h"],
  ])("is refused at once when it is %s", (_what, value) => {
    expect(() => longestSpan(undefined, { DURASCOPE_LONGEST_SPAN_MS: value })).toThrow(
      /longestSpan or DURASCOPE_LONGEST_SPAN_MS/,
    );
  });
});
