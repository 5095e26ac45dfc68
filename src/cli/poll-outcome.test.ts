import { expect, test } from "vitest";
import { openOtlpFile } from "../exporters/index.ts";
import type { PollerStats } from "../stepfunctions/index.ts";
import { type PollEnding, pollFailures, pollSummary } from "./poll-outcome.ts";

const STATS: PollerStats = {
  following: 1,
  closed: 2,
  events: 30,
  apiCalls: { getExecutionHistory: 3, listExecutions: 1, describeExecution: 0 },
  throttled: 0,
  apiErrors: 0,
  sinkRejections: 0,
  checkpointErrors: 0,
  gone: 0,
  putOff: 0,
  faults: 0,
  warnings: [],
};
const PASS: PollEnding = { file: undefined, once: true, isWhole: true };

test("the summary tells what was read, and where the spans are", () => {
  const file = openOtlpFile("spans.otlp.jsonl");
  expect(pollSummary(STATS, undefined)).toBe("2 executions ended, 1 still open, 30 events read");
  expect(pollSummary(STATS, file)).toMatch(/; spans are in spans\.otlp\.jsonl$/);
  // Then there may be no file.
  expect(pollSummary({ ...STATS, events: 0 }, file)).not.toContain("spans.otlp.jsonl");
});

test("a pass without failures has none", () => {
  expect(pollFailures(STATS, PASS)).toEqual([]);
});

test.each<[Partial<PollerStats>, string]>([
  [{ apiErrors: 2 }, "2 calls of AWS failed"],
  [{ apiErrors: 1, gone: 1 }, "1 execution did not exist"],
  [{ sinkRejections: 1 }, "1 batch of spans could not be sent"],
  [{ checkpointErrors: 1 }, "1 call of the checkpoints' folder failed"],
  [{ faults: 2 }, "2 unforeseen errors"],
])("of a single pass %j is a failure; a poll that goes on tries again", (over, words) => {
  expect(pollFailures({ ...STATS, ...over }, PASS)).toEqual([words]);
  expect(pollFailures({ ...STATS, ...over }, { ...PASS, once: false })).toEqual([]);
});

test("a pass that was stopped is not whole", () => {
  expect(pollFailures(STATS, { ...PASS, isWhole: false })).toEqual([
    "it was stopped before everything was read",
  ]);
});

test("spans that a file did not take are lost in either case", () => {
  const file = { ...openOtlpFile("spans.otlp.jsonl"), lost: () => 1 };
  for (const once of [true, false])
    expect(pollFailures(STATS, { ...PASS, file, once })).toEqual([
      "1 line of spans could not be written",
    ]);
});
