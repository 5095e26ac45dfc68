// Claim: every execution history that was recorded on AWS gives a sound trace, also while it grows and when it is read
// in pages. The recordings lie beside the repository; without them the tests are skipped.
import { beforeAll, describe, expect, test } from "vitest";
import { warningLog } from "../../src/core/result.ts";
import { checkGrowth, checkLaws, spansOf, type WorkflowTrace } from "../../src/index.ts";
import { createHistoryReader, runIdentity } from "../../src/stepfunctions/history.ts";
import { traceFromHistory } from "../../src/stepfunctions/index.ts";
import { type CorpusHistory, hasCorpus, readCorpus, skipNote } from "./recordings.ts";

const executionArn = "arn:aws:states:us-east-1:123456789012:execution:recorded:execution";
const identity = runIdentity(executionArn) ?? expect.fail("no identity");

/** Recordings that are themselves broken, by scenario, each with its reason. All 408 are sound. */
const BROKEN: Readonly<Record<string, string>> = {};

let recordings: readonly CorpusHistory[] = [];

beforeAll(() => {
  recordings = readCorpus("stepfunctions").filter(
    ({ scenario }) => !Object.hasOwn(BROKEN, scenario),
  );
});

function traceOf(events: readonly unknown[]): WorkflowTrace {
  const result = traceFromHistory(events, { executionArn });
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

function brokenIn(check: (recording: CorpusHistory) => readonly unknown[]): unknown[] {
  return recordings.flatMap((recording) =>
    check(recording).map((problem) => ({ scenario: recording.scenario, problem })),
  );
}

const isAbsent = !hasCorpus("stepfunctions");

describe.skipIf(isAbsent)(`408 histories recorded on AWS${skipNote("stepfunctions")}`, () => {
  test("all are read, none with a warning", () => {
    expect(recordings).toHaveLength(408 - Object.keys(BROKEN).length);
    expect(
      brokenIn(({ events }) => {
        const result = traceFromHistory(events, { executionArn });
        return result.ok ? result.warnings : [result.error];
      }),
    ).toEqual([]);
  });

  test("all break no law", () => {
    expect(brokenIn(({ events }) => checkLaws(traceOf(events)))).toEqual([]);
  });

  test("all have a run span with the outcome of their last event, and spans with ids of their own", () => {
    const outcomes: Readonly<Record<string, string>> = {
      ExecutionSucceeded: "completed",
      ExecutionFailed: "failed",
      ExecutionTimedOut: "timed_out",
      ExecutionAborted: "aborted",
    };
    expect(
      brokenIn(({ events }) => {
        const trace = traceOf(events);
        const ids = spansOf(trace).map(({ spanId }) => spanId);
        const expected = outcomes[(events.at(-1) as { type: string }).type];
        return [
          ...(new Set(ids).size === ids.length ? [] : ["an id twice"]),
          ...(trace.outcome === expected ? [] : [`${trace.outcome} instead of ${expected}`]),
        ];
      }),
    ).toEqual([]);
  });

  test("law 5: all, after each of their events, take nothing back that was closed", () => {
    expect(
      brokenIn((recording) => {
        const whole = traceOf(recording.events);
        let before = traceOf(recording.events.slice(0, 1));
        return recording.events.flatMap((_, index) => {
          const trace = traceOf(recording.events.slice(0, index + 1));
          const problems = [
            ...checkLaws(trace),
            ...checkGrowth(before, trace),
            ...checkGrowth(trace, whole),
          ];
          before = trace;
          return problems;
        });
      }),
    ).toEqual([]);
  });

  test("law 6: all, read in pages by readers that have only the state before, give the same trace", () => {
    expect(
      brokenIn(({ events }) => {
        let state: ReturnType<ReturnType<typeof createHistoryReader>["state"]> | undefined;
        const warnings = warningLog();
        for (let from = 0; from < events.length; from += 7) {
          const reader = createHistoryReader(identity, {}, warnings, state);
          reader.read(events.slice(from, from + 7));
          state = JSON.parse(JSON.stringify(reader.state()));
        }
        const same = JSON.stringify(state?.trace) === JSON.stringify(traceOf(events));
        return [...warnings.list(), ...(same ? [] : ["another trace"])];
      }),
    ).toEqual([]);
  });
});
