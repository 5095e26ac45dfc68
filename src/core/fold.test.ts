import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyWorkflowEvents } from "../../test/generators/workflow-events.ts";
import { closed, type ToldEvent as Told } from "../../test/support/told-event.ts";
import { createFold, type FoldOptions } from "./fold.ts";
import type { RunIdentity } from "./identity.ts";
import { checkGrowth, checkLaws } from "./laws.ts";
import { type RunLink, type Step, stepsOf, type WorkflowTrace } from "./model.ts";
import { warningLog } from "./result.ts";

const identity: RunIdentity = {
  engine: "temporal",
  workflowId: "order-1",
  runId: "run-1",
  namespace: "default",
};
const options: FoldOptions = { compensates: { refund: ["reserve", "charge"] } };

const started: Told = { type: "run.started", workflowType: "saga" };
const opened = (key: string, more: object = {}): Told => ({
  type: "step.opened",
  key,
  kind: "activity",
  name: key,
  id: key,
  ...more,
});
const scheduled = (step: string): Told => ({ type: "attempt.scheduled", step });
const taken = (step: string, more: object = {}): Told => ({
  type: "attempt.started",
  step,
  ...more,
});
const over = (step: string, outcome: "completed" | "failed" = "completed", more = {}): Told => ({
  type: "attempt.closed",
  step,
  outcome,
  ...more,
});
const ended = (outcome: "completed" | "failed" | "aborted" = "completed"): Told => ({
  type: "run.closed",
  outcome,
});
const redriven: Told = { type: "run.redriven" };

function folded(...events: readonly Told[]): {
  trace: WorkflowTrace;
  step: (key: string) => Step;
  warnings: readonly string[];
} {
  const warnings = warningLog();
  const fold = createFold(identity, options, warnings);
  for (const [index, event] of events.entries())
    fold.apply({ at: (index + 1) * 1000, ...event, seq: index + 1 });
  const trace = fold.trace();
  if (trace === undefined) throw new Error("no run was started");
  const step = (key: string): Step => {
    const found = [...stepsOf(trace)].find((candidate) => candidate.key === key);
    if (found === undefined) throw new Error(`no step ${key}`);
    return found;
  };
  return { trace, step, warnings: warnings.list().map((warning) => warning.code) };
}

describe("a run", () => {
  it("has no trace before it starts", () => {
    const warnings = warningLog();
    const fold = createFold(identity, options, warnings);
    fold.apply({ type: "run.closed", outcome: "completed", at: 0, seq: 1 });
    expect(fold.trace()).toBeUndefined();
    expect(warnings.list()).toMatchObject([{ code: "event_before_start" }]);
  });

  it("is of its identity, and takes over what its start tells", () => {
    const { trace } = folded({
      type: "run.started",
      workflowType: "saga",
      firstRunId: "run-0",
      taskQueue: "orders",
      parentWorkflowId: "parent",
      rootWorkflowId: "root",
      links: [{ relation: "previous_run", engine: "temporal", runId: "run-0" }],
      attributes: { "order.id": "1" },
      degraded: true,
    });
    expect(trace).toMatchObject({
      ...identity,
      type: "saga",
      firstRunId: "run-0",
      taskQueue: "orders",
      parentWorkflowId: "parent",
      rootWorkflowId: "root",
      links: [{ runId: "run-0" }],
      attributes: { "order.id": "1" },
      degraded: true,
      started: 1000,
    });
  });

  it("is its own first run, with nothing around it, where its start tells nothing", () => {
    const { trace } = folded(started);
    expect(trace).toMatchObject({
      firstRunId: "run-1",
      links: [],
      attributes: {},
      degraded: false,
    });
    expect(trace).not.toHaveProperty("parentWorkflowId");
    expect(trace).not.toHaveProperty("taskQueue");
  });

  it("ends with its outcome, its failure and its forward links", () => {
    const { trace } = folded(started, {
      type: "run.closed",
      outcome: "failed",
      failure: { type: "Declined" },
      links: [{ relation: "next_run", engine: "temporal", runId: "run-2" }],
    });
    expect(trace).toMatchObject({
      ended: 2000,
      outcome: "failed",
      failure: { type: "Declined" },
      segments: [{ ended: 2000, outcome: "failed", failure: { type: "Declined" }, closedBy: 2 }],
      links: [{ runId: "run-2" }],
    });
  });

  it("goes on from the trace that an earlier fold gave", () => {
    const before = folded(started, opened("a", { kind: "parallel" }), opened("b", { parent: "a" }));
    const fold = createFold(identity, options, warningLog(), structuredClone(before.trace));
    fold.apply({ type: "step.closed", key: "b", outcome: "completed", at: 9000, seq: 9 });
    expect(fold.trace()?.steps[0]?.children[0]).toMatchObject({ key: "b", ended: 9000 });
  });

  it("is started once: a second start is counted and left out", () => {
    const { trace, warnings } = folded(started, { ...started, workflowType: "other" });
    expect(trace.type).toBe("saga");
    expect(warnings).toEqual(["run_started_twice"]);
  });

  it("takes nothing after its end but a redrive", () => {
    const { trace, warnings } = folded(started, ended(), opened("a"), ended("failed"));
    expect(trace).toMatchObject({ outcome: "completed", steps: [] });
    expect(warnings).toEqual(["event_after_end", "event_after_end"]);
  });

  it("keeps at most 100 faults of workflow tasks", () => {
    const faults = Array.from({ length: 120 }, (): Told => ({ type: "task.faulted", cause: "x" }));
    expect(folded(started, ...faults).trace.taskFaults).toHaveLength(100);
  });
});

describe("a step", () => {
  it("opens, is taken up and closes at the times of its events", () => {
    const { step } = folded(
      started,
      opened("a"),
      { type: "step.started", key: "a", kind: "lambda" },
      closed("a"),
    );
    expect(step("a")).toMatchObject({
      kind: "lambda",
      scheduled: 2000,
      started: 3000,
      ended: 4000,
      outcome: "completed",
      openedBy: 2,
      closedBy: 4,
    });
  });

  it("gathers the links of its opening and of its start", () => {
    const first: RunLink = { relation: "child", engine: "temporal", runId: "1" };
    const second: RunLink = { relation: "child", engine: "temporal", runId: "2" };
    const { step } = folded(started, opened("a", { links: [first], local: true }), {
      type: "step.started",
      key: "a",
      links: [second],
    });
    expect(step("a").links).toEqual([first, second]);
    expect(step("a").local).toBe(true);
  });

  it.each<[string, Told, string]>([
    ["is opened once", opened("a"), "step_opened_twice"],
    ["is closed once", closed("a", { outcome: "failed" }), "step_closed_twice"],
    ["takes no attempt after its end", scheduled("a"), "event_after_step"],
    ["is not taken up after its end", { type: "step.started", key: "a" }, "event_after_step"],
    ["must be known", closed("unheard-of"), "event_without_step"],
  ])("%s", (_, event, warning) => {
    const before = folded(started, opened("a"), closed("a"));
    const after = folded(started, opened("a"), closed("a"), event);
    expect(after.warnings).toEqual([warning]);
    expect(after.step("a")).toEqual(before.step("a"));
  });

  it("may be aborted after its failure closed it, which changes nothing", () => {
    const { step, warnings } = folded(
      started,
      opened("a"),
      closed("a", { outcome: "failed" }),
      closed("a", { outcome: "aborted" }),
    );
    expect(step("a").outcome).toBe("failed");
    expect(warnings).toEqual([]);
  });

  it("stands in its parent", () => {
    const { trace } = folded(
      started,
      opened("a", { kind: "parallel" }),
      opened("b", { parent: "a" }),
    );
    expect(trace.steps).toMatchObject([{ key: "a", children: [{ key: "b", parent: "a" }] }]);
  });

  it("stands below the run when its parent is unknown", () => {
    const { trace, warnings } = folded(started, opened("b", { parent: "a" }));
    expect(trace.steps[0]).not.toHaveProperty("parent");
    expect(warnings).toEqual(["step_without_parent"]);
  });

  it("stands in the nearest open step when its parent is over", () => {
    const { step, warnings } = folded(
      started,
      opened("a", { kind: "parallel" }),
      opened("b", { kind: "map", parent: "a" }),
      closed("b"),
      opened("c", { parent: "b" }),
    );
    expect(step("c").parent).toBe("a");
    expect(warnings).toEqual(["step_after_parent"]);
  });

  it("is nested 250 steps deep at most", () => {
    const chain = Array.from({ length: 300 }, (_, i) =>
      opened(String(i), i === 0 ? {} : { parent: String(i - 1) }),
    );
    const { step, warnings } = folded(started, ...chain);
    expect([249, 250, 299].map((i) => step(String(i)).parent)).toEqual(["248", "248", "248"]);
    expect(warnings).toEqual(["nested_too_deep"]);
  });

  it("closes with the run as abandoned, with what is in it and its attempt", () => {
    const { step } = folded(
      started,
      opened("a", { kind: "parallel" }),
      opened("b", { parent: "a" }),
      scheduled("b"),
      ended("aborted"),
    );
    expect(step("a")).toMatchObject({ outcome: "abandoned", ended: 5000, closedBy: 5 });
    expect(step("b")).toMatchObject({ outcome: "abandoned", attempts: [{ outcome: "abandoned" }] });
  });

  it("closes as failed with the run when its last attempt failed", () => {
    const { step } = folded(
      started,
      opened("a"),
      scheduled("a"),
      over("a", "failed", { failure: { type: "Declined" } }),
      ended("failed"),
    );
    expect(step("a")).toMatchObject({ outcome: "failed", failure: { type: "Declined" } });
  });

  it("aborts what is open in it when it closes itself", () => {
    const { step } = folded(started, opened("a"), opened("b", { parent: "a" }), closed("a"));
    expect(step("b")).toMatchObject({ outcome: "aborted", closedBy: 4 });
  });
});

describe("a wait", () => {
  const wait = opened("w", { kind: "wait", wait: { kind: "timer", deadline: 9000 } });

  it("keeps its deadline and what ended it", () => {
    const { step } = folded(started, wait, closed("w", { wait: { outcome: "elapsed" } }));
    expect(step("w").wait).toEqual({ kind: "timer", deadline: 9000, outcome: "elapsed" });
  });

  it("is abandoned when its step closes without a word about it", () => {
    expect(folded(started, wait, ended()).step("w").wait?.outcome).toBe("abandoned");
  });

  it("is open again after a redrive that takes it up", () => {
    const { step } = folded(
      started,
      wait,
      ended("failed"),
      redriven,
      closed("w", { wait: { outcome: "resolved", resolvedBy: "alice" } }),
    );
    expect(step("w")).toMatchObject({
      ended: 5000,
      wait: { outcome: "resolved", resolvedBy: "alice" },
    });
  });
});

describe("an attempt", () => {
  it("is numbered from 1 and keyed by its step and number", () => {
    const { step } = folded(
      started,
      opened("a"),
      scheduled("a"),
      over("a", "failed"),
      scheduled("a"),
      taken("a"),
      over("a", "completed", { requestId: "r-1" }),
    );
    expect(step("a").attempts).toMatchObject([
      { key: "a#1", number: 1, outcome: "failed", scheduled: 3000, ended: 4000 },
      {
        key: "a#2",
        number: 2,
        outcome: "completed",
        started: 6000,
        requestId: "r-1",
        backoff: 1000,
      },
    ]);
  });

  it("takes the key that the engine gives it", () => {
    const { step } = folded(started, opened("a"), {
      type: "attempt.scheduled",
      step: "a",
      key: "a#12:00",
    });
    expect(step("a").attempts[0]?.key).toBe("a#12:00");
  });

  it("has no negative back-off when the clock steps backwards", () => {
    const { step } = folded(started, opened("a"), scheduled("a"), over("a", "failed"), {
      type: "attempt.scheduled",
      step: "a",
      at: 500,
    });
    expect(step("a").attempts[1]?.backoff).toBe(0);
  });

  it("counts the ones before it that only its number tells of, the one before last with its failure", () => {
    const { step } = folded(
      started,
      opened("a"),
      scheduled("a"),
      taken("a", { number: 3, lastFailure: { type: "Timeout" } }),
      closed("a"),
    );
    expect(step("a").attempts).toMatchObject([
      { number: 1, outcome: "failed", observed: "count" },
      { number: 2, outcome: "failed", observed: "failure", failure: { type: "Timeout" } },
      { number: 3, outcome: "completed", observed: "full", started: 4000, ended: 5000 },
    ]);
  });

  it("may be told of by its start alone", () => {
    expect(folded(started, opened("a"), taken("a")).step("a").attempts).toMatchObject([
      { number: 1, started: 3000 },
    ]);
  });

  it("goes on from one that is over and known in full", () => {
    const { step } = folded(
      started,
      opened("a"),
      scheduled("a"),
      over("a", "failed"),
      taken("a", { number: 3, lastFailure: { type: "X" } }),
    );
    expect(step("a").attempts).toMatchObject([
      { observed: "full", ended: 4000 },
      { observed: "failure" },
      { observed: "full", started: 5000 },
    ]);
  });

  it("is not started again when it is over", () => {
    const { step, warnings } = folded(started, opened("a"), scheduled("a"), over("a"), taken("a"));
    expect(step("a").attempts[0]).not.toHaveProperty("started");
    expect(warnings).toEqual(["event_without_attempt"]);
  });

  it.each([
    ["none is known", []],
    ["the last one is over", [scheduled("a"), over("a")]],
  ])("is not ended when %s", (_, before) => {
    const { warnings } = folded(started, opened("a"), ...before, over("a"));
    expect(warnings).toEqual(["event_without_attempt"]);
  });

  it("abandons one before it whose end is not told", () => {
    const { step, warnings } = folded(started, opened("a"), scheduled("a"), scheduled("a"));
    expect(step("a").attempts).toMatchObject([{ outcome: "abandoned" }, { number: 2 }]);
    expect(warnings).toEqual(["attempt_scheduled_twice"]);
  });

  it("is counted up to 100,000: a forged number does not fill the memory", () => {
    const { step, warnings } = folded(started, opened("a"), taken("a", { number: 2 ** 50 }));
    expect(step("a").attempts).toHaveLength(100_000);
    expect(warnings).toEqual(["too_many_attempts"]);
  });

  it("of a container aborts what its branches left open", () => {
    const { step } = folded(
      started,
      opened("m", { kind: "map" }),
      scheduled("m"),
      opened("i", { parent: "m", kind: "iteration" }),
      over("m", "failed"),
    );
    expect(step("i").outcome).toBe("aborted");
    expect(step("m").outcome).toBeUndefined();
  });
});

describe("a redrive", () => {
  it("opens a segment and numbers attempts anew", () => {
    const { trace, step } = folded(
      started,
      opened("a"),
      scheduled("a"),
      over("a", "failed"),
      ended("failed"),
      redriven,
      scheduled("a"),
      closed("a"),
      ended(),
    );
    expect(trace).toMatchObject({
      redrive: 1,
      outcome: "completed",
      segments: [
        { outcome: "failed", closedBy: 5 },
        { openedBy: 6, outcome: "completed" },
      ],
    });
    expect(step("a").attempts).toMatchObject([
      { key: "a#1", number: 1, redrive: 0 },
      { key: "a#1#1", number: 1, redrive: 1 },
    ]);
    expect(checkLaws(trace)).toEqual([]);
  });

  it("counts attempts anew also where only their start is told", () => {
    const { step } = folded(
      started,
      opened("a"),
      taken("a"),
      ended("failed"),
      redriven,
      taken("a"),
    );
    expect(step("a").attempts).toMatchObject([
      { redrive: 0, outcome: "abandoned" },
      { redrive: 1, number: 1 },
    ]);
  });

  it("takes up a step that failed inside of a container, before the run ended", () => {
    const before: Told[] = [
      started,
      opened("map", { kind: "map" }),
      opened("item", { kind: "iteration", parent: "map" }),
      opened("done", { parent: "item" }),
      closed("done"),
      opened("task", { parent: "item" }),
      scheduled("task"),
      over("task", "failed"),
      closed("item", { outcome: "failed" }),
      closed("map", { outcome: "failed" }),
      ended("failed"),
    ];
    const { trace, step, warnings } = folded(
      ...before,
      redriven,
      scheduled("task"),
      over("task"),
      closed("task"),
      closed("item"),
      closed("map"),
      ended(),
    );
    expect(warnings).toEqual([]);
    expect(checkLaws(trace)).toEqual([]);
    expect(checkGrowth(folded(...before).trace, trace)).toEqual([]);
    expect(["map", "item", "done", "task"].map((key) => step(key).outcome)).toEqual(
      Array(4).fill("completed"),
    );
    expect(step("task").attempts).toMatchObject([
      { redrive: 0, outcome: "failed" },
      { redrive: 1, outcome: "completed" },
    ]);
  });

  it("takes up a container with what is around it, also two redrives later", () => {
    const { step, trace } = folded(
      started,
      opened("p", { kind: "parallel" }),
      opened("m", { kind: "map", parent: "p" }),
      ended("failed"),
      redriven,
      ended("aborted"),
      redriven,
      opened("i", { parent: "m" }),
    );
    expect(step("m").closedBy).toBeUndefined();
    expect(step("p").closedBy).toBeUndefined();
    expect(step("i")).toMatchObject({ parent: "m", segment: 2 });
    expect(checkLaws(trace)).toEqual([]);
  });

  it("leaves steps closed that had ended themselves", () => {
    const { step, warnings } = folded(
      started,
      opened("a"),
      closed("a"),
      ended("failed"),
      redriven,
      scheduled("a"),
    );
    expect(step("a")).toMatchObject({ closedBy: 3, attempts: [] });
    expect(warnings).toEqual(["event_after_step"]);
  });

  it("of an open run is counted and left out", () => {
    const { trace, warnings } = folded(started, redriven);
    expect(trace.redrive).toBe(0);
    expect(warnings).toEqual(["redriven_while_open"]);
  });
});

describe("a compensation", () => {
  it("undoes the completed steps of its list, and points at the failure that made it necessary", () => {
    const { step } = folded(
      started,
      opened("reserve"),
      closed("reserve"),
      opened("charge"),
      closed("charge", { outcome: "failed" }),
      opened("refund"),
    );
    expect(step("refund")).toMatchObject({ compensates: ["reserve"], compensationOf: "charge" });
  });

  it("names the newest of the steps that a loop has done a thousand times", () => {
    const loop = Array.from({ length: 1000 }, (_, round): Told[] => {
      const key = `reserve ${round}`;
      return [opened(key, { name: "reserve" }), closed(key)];
    });
    const { step } = folded(started, ...loop.flat(), opened("refund"));
    const { compensates } = step("refund");
    expect(compensates).toHaveLength(100);
    expect(compensates?.at(-1)).toBe("reserve 999");
  });

  it("points at nothing when nothing failed", () => {
    const { step } = folded(started, opened("refund"));
    expect(step("refund").compensates).toEqual([]);
    expect(step("refund")).not.toHaveProperty("compensationOf");
  });

  it("is none when its name is only inherited by the list", () => {
    expect(folded(started, opened("toString")).step("toString")).not.toHaveProperty("compensates");
  });

  it("needs no list", () => {
    const fold = createFold(identity, {}, warningLog());
    fold.apply({ type: "run.started", workflowType: "saga", at: 0, seq: 1 });
    fold.apply({
      type: "step.opened",
      key: "a",
      kind: "activity",
      name: "refund",
      id: "a",
      at: 1,
      seq: 2,
    });
    expect(fold.trace()?.steps).toHaveLength(1);
  });
});

describe("whatever the events", () => {
  it("holds the laws at every moment, and never rewrites what is closed", () => {
    fc.assert(
      fc.property(anyWorkflowEvents, (events) => {
        const fold = createFold(identity, options, warningLog());
        let before: WorkflowTrace | undefined;
        for (const event of events) {
          fold.apply(event);
          const now = structuredClone(fold.trace());
          if (now === undefined) throw new Error("the run was started");
          expect(checkLaws(now)).toEqual([]);
          expect(checkGrowth(before ?? now, now)).toEqual([]);
          before = now;
        }
      }),
      { numRuns: 300 },
    );
  });

  it("gives the same trace after a restart from its JSON, at any moment", () => {
    fc.assert(
      fc.property(anyWorkflowEvents, fc.nat(80), (events, at) => {
        const whole = createFold(identity, options, warningLog());
        for (const event of events) whole.apply(event);
        const first = createFold(identity, options, warningLog());
        for (const event of events.slice(0, at + 1)) first.apply(event);
        const checkpoint = JSON.parse(JSON.stringify(first.trace())) as WorkflowTrace;
        const second = createFold(identity, options, warningLog(), checkpoint);
        for (const event of events.slice(at + 1)) second.apply(event);
        expect(second.trace()).toEqual(whole.trace());
      }),
      { numRuns: 300 },
    );
  });
});
