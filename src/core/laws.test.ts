import { describe, expect, it } from "vitest";
import { checkGrowth, checkLaws } from "./laws.ts";
import type { Attempt, Segment, Step, WorkflowTrace } from "./model.ts";

const attempt = (number: number, more: Partial<Attempt> = {}): Attempt => ({
  key: `a#${number}`,
  number,
  redrive: 0,
  outcome: "completed",
  observed: "full",
  closedBy: 3,
  ...more,
});

const step = (more: Partial<Step> = {}): Step => ({
  key: "a",
  kind: "activity",
  name: "reserve",
  id: "1",
  scheduled: 0,
  ended: 1,
  outcome: "completed",
  attempts: [],
  children: [],
  links: [],
  segment: 0,
  openedBy: 2,
  closedBy: 4,
  ...more,
});

/** A copy without some of its fields. */
function without<Of extends object, Key extends keyof Of>(of: Of, ...keys: Key[]): Omit<Of, Key> {
  const copy = { ...of };
  for (const key of keys) delete copy[key];
  return copy;
}

const segment: Segment = { started: 0, ended: 9, outcome: "completed", openedBy: 1, closedBy: 9 };

const trace = (more: Partial<WorkflowTrace> = {}): WorkflowTrace => ({
  engine: "temporal",
  workflowId: "order-1",
  runId: "run-1",
  firstRunId: "run-1",
  type: "saga",
  namespace: "default",
  links: [],
  started: 0,
  ended: 9,
  outcome: "completed",
  redrive: 0,
  segments: [segment],
  steps: [],
  taskFaults: [],
  attributes: {},
  degraded: false,
  lastEvent: 9,
  ...more,
});

it("finds nothing broken in a sound trace", () => {
  const child = step({ key: "b", parent: "a", openedBy: 2, closedBy: 4 });
  const attempts = [attempt(1, { outcome: "failed" }), attempt(2)];
  expect(checkLaws(trace({ steps: [step({ children: [child], attempts })] }))).toEqual([]);
});

it("finds nothing broken in an open trace", () => {
  const open = without(segment, "ended", "outcome", "closedBy");
  const attempts = [attempt(1, { outcome: "failed" }), without(attempt(2), "outcome", "closedBy")];
  const running = { ...without(step(), "ended", "outcome", "closedBy"), attempts };
  const started = without(trace({ segments: [open], steps: [running] }), "ended", "outcome");
  expect(checkLaws(started)).toEqual([]);
});

it("finds nothing broken when attempts are numbered anew after a redrive", () => {
  const again = attempt(1, { key: "a#1#1", redrive: 1 });
  const attempts = [attempt(1, { outcome: "failed" }), again];
  const segments = [segment, { ...segment, openedBy: 10, closedBy: 12 }];
  expect(checkLaws(trace({ segments, redrive: 1, steps: [step({ attempts })] }))).toEqual([]);
});

describe("checkLaws reports", () => {
  const child = step({ key: "b", parent: "a" });
  it.each<[number, string, WorkflowTrace]>([
    [
      1,
      "a step opens before its parent",
      trace({ steps: [step({ children: [{ ...child, openedBy: 1 }] })] }),
    ],
    [1, "a step opens before its parent", trace({ steps: [step({ openedBy: 0 })] })],
    [
      1,
      "a step closes after its parent",
      trace({ steps: [step({ children: [{ ...child, closedBy: 5 }] })] }),
    ],
    [1, "a step closes after its parent", trace({ steps: [step({ closedBy: 10 })] })],
    [
      1,
      "a step closes after its parent",
      trace({ steps: [without(step(), "closedBy", "outcome")] }),
    ],
    [1, "a step closes before it opens", trace({ steps: [step({ openedBy: 6 })] })],
    [
      1,
      "a step stands in another step than its parent",
      trace({ steps: [step({ parent: "elsewhere" })] }),
    ],
    [
      1,
      "an attempt ends after its step",
      trace({ steps: [step({ attempts: [attempt(1, { closedBy: 5 })] })] }),
    ],
    [
      2,
      "a segment has an outcome without an end, or an end without an outcome",
      without(trace({ segments: [without(segment, "outcome")] }), "outcome"),
    ],
    [
      2,
      "a segment has an outcome without an end, or an end without an outcome",
      trace({ segments: [without(segment, "ended")] }),
    ],
    [
      2,
      "a segment other than the last is open",
      trace({ redrive: 1, segments: [without(segment, "ended", "outcome", "closedBy"), segment] }),
    ],
    [2, "there are not as many segments as redrives, and one", trace({ redrive: 1 })],
    [2, "the run's outcome is not that of its last segment", trace({ outcome: "failed" })],
    [2, "a step has an outcome without an end", trace({ steps: [without(step(), "outcome")] })],
    [
      2,
      "a wait has an outcome without an end",
      trace({ steps: [step({ wait: { kind: "timer" } })] }),
    ],
    [
      2,
      "an attempt began before the one before it ended",
      trace({ steps: [step({ attempts: [without(attempt(1), "outcome"), attempt(2)] })] }),
    ],
    [
      2,
      "a step ended and its attempt did not",
      trace({ steps: [step({ attempts: [without(attempt(1), "outcome")] })] }),
    ],
    [3, "attempt 2 stands where 1 belongs", trace({ steps: [step({ attempts: [attempt(2)] })] })],
    [
      3,
      "attempt 3 stands where 2 belongs",
      trace({ steps: [step({ attempts: [attempt(1), attempt(3)] })] }),
    ],
    [4, "a key is used twice", trace({ steps: [step(), step()] })],
    [
      4,
      "a key is used twice",
      trace({ steps: [step({ attempts: [attempt(1), attempt(2, { key: "a#1" })] })] }),
    ],
    [4, "a key is used twice", trace({ steps: [step({ attempts: [attempt(1, { key: "a" })] })] })],
  ])("law %i: %s", (law, message, broken) => {
    expect(checkLaws(broken)).toMatchObject([{ law, message }]);
  });

  it("a trace without segments, as of a checkpoint that was cut", () => {
    expect(checkLaws(trace({ segments: [], steps: [step()] }))).not.toEqual([]);
  });
});

describe("checkGrowth", () => {
  const open = without(step(), "ended", "outcome", "closedBy");
  const running = without(
    trace({ segments: [without(segment, "ended", "outcome", "closedBy")] }),
    "ended",
    "outcome",
  );

  it("lets a longer history close a step and add others", () => {
    const earlier = { ...running, steps: [open] };
    expect(checkGrowth(earlier, trace({ steps: [step(), step({ key: "b" })] }))).toEqual([]);
  });

  it.each<[string, Step, Step[]]>([
    ["a step vanished", open, []],
    ["a closed step was rewritten", step(), [step({ outcome: "failed" })]],
    ["a closed step was rewritten", step(), [step({ ended: 2 })]],
    ["an open step was rewritten", open, [step({ openedBy: 3 })]],
    ["an open step was rewritten", open, [step({ parent: "b" })]],
    ["an open step was rewritten", open, [step({ name: "charge" })]],
  ])("reports that %s", (message, before, after) => {
    const broken = checkGrowth({ ...running, steps: [before] }, { ...running, steps: after });
    expect(broken).toEqual([{ law: 5, message, step: "a" }]);
  });

  it("reports that a closed segment was rewritten", () => {
    const rewritten = trace({ outcome: "failed", segments: [{ ...segment, outcome: "failed" }] });
    expect(checkGrowth(trace(), rewritten)).toEqual([
      { law: 5, message: "a closed segment was rewritten" },
    ]);
  });

  it("lets a redrive open again what the end of the segment before it had closed", () => {
    const abandoned = step({ outcome: "abandoned", closedBy: 9 });
    const again = { ...running, redrive: 1, segments: [segment, { started: 10, openedBy: 10 }] };
    const earlier = trace({ steps: [abandoned] });
    expect(checkGrowth(earlier, { ...again, steps: [open] })).toEqual([]);
  });
});
