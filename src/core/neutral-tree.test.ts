import { describe, expect, it } from "vitest";
import { closed, type ToldEvent as Told } from "../../test/support/told-event.ts";
import type { StepOpened } from "./event.ts";
import { createFold } from "./fold.ts";
import type { Engine, WorkflowTrace } from "./model.ts";
import { neutralTree, neutralTreeWithSources, renderNeutralTree } from "./neutral-tree.ts";
import { warningLog } from "./result.ts";

function traceOf(events: readonly Told[], engine: Engine = "temporal"): WorkflowTrace {
  const identity = { engine, workflowId: "order-1", runId: `${engine}-run`, namespace: "n" };
  const fold = createFold(identity, { compensates: { refund: ["reserve"] } }, warningLog());
  const start: Told = { type: "run.started", workflowType: "saga" };
  for (const [index, event] of [start, ...events].entries())
    fold.apply({ ...event, at: index * 1000, seq: index + 1 });
  const trace = fold.trace();
  if (trace === undefined) throw new Error("no run was started");
  return trace;
}

const render = (...events: Told[]): string => renderNeutralTree(neutralTree(traceOf(events)));
const opened = (kind: StepOpened["kind"], name: string, more: Partial<StepOpened> = {}): Told => ({
  type: "step.opened",
  key: name,
  kind,
  name,
  id: name,
  ...more,
});
const completed: Told = { type: "run.closed", outcome: "completed" };

describe("the neutral tree", () => {
  it("says of a run its type, its outcome and its deepest failure", () => {
    const failure = { type: "ActivityFailure", innermost: "CardDeclined" };
    expect(render({ type: "run.closed", outcome: "failed", failure })).toBe(
      "saga failed (CardDeclined)",
    );
  });

  it("says of an open run that it is", () => {
    expect(render(opened("activity", "a"))).toBe("saga open\n  task a open");
  });

  it.each(["activity", "lambda", "nexus"] as const)("calls a %s a task", (kind) => {
    expect(render(opened(kind, "a"), closed("a"), completed)).toBe(
      "saga completed\n  task a completed",
    );
  });

  it.each(["parallel", "map", "iteration", "group"] as const)("calls a %s a group", (kind) => {
    const text = render(
      opened(kind, "a"),
      opened("activity", "b", { parent: "a" }),
      closed("b"),
      closed("a"),
      completed,
    );
    expect(text).toBe("saga completed\n  group a completed\n    task b completed");
  });

  it("calls a child run a child", () => {
    expect(render(opened("child_workflow", "c"), closed("c"), completed)).toContain(
      "child c completed",
    );
  });

  it.each(["signal", "update", "query", "choice", "pass"] as const)(
    "leaves a %s out, and keeps what stands in it",
    (kind) => {
      const text = render(
        opened(kind, "a"),
        opened("activity", "b", { parent: "a" }),
        closed("b"),
        closed("a"),
        completed,
      );
      expect(text).toBe("saga completed\n  task b completed");
    },
  );

  it("says how a wait ended instead of how its step did", () => {
    const wait = opened("wait", "approval", { wait: { kind: "timer" } });
    const failure = { type: "States.Timeout" };
    const elapsed = closed("approval", { wait: { outcome: "elapsed" }, failure });
    expect(render(wait, elapsed, completed)).toContain("wait approval elapsed");
    expect(render(wait, elapsed, completed)).not.toContain("States.Timeout");
  });

  it("says a refused wait's failure", () => {
    const wait = opened("wait", "approval", { wait: { kind: "task_token" } });
    const refused = closed("approval", { wait: { outcome: "failed" }, failure: { type: "No" } });
    expect(render(wait, refused)).toContain("wait approval failed (No)");
  });

  it("counts attempts when there was more than one", () => {
    const text = render(
      opened("activity", "a"),
      { type: "attempt.started", step: "a", number: 3 },
      closed("a", { outcome: "failed", failure: { type: "Declined" } }),
    );
    expect(text).toContain("task a failed (Declined) attempts=3");
  });

  it("counts one attempt of work whose engine counts none", () => {
    const { children } = neutralTree(traceOf([opened("child_workflow", "c")]));
    expect(children[0]?.attempts).toBe(1);
  });

  it("names the steps that a compensation undoes", () => {
    const text = render(
      opened("activity", "reserve"),
      closed("reserve"),
      opened("activity", "refund"),
    );
    expect(text).toContain("task refund open compensates=reserve");
  });

  it("keeps the key of an undone step that the trace does not hold", () => {
    const trace = traceOf([opened("activity", "refund")]);
    const steps = trace.steps.map((step) => ({ ...step, compensates: ["activity:7"] }));
    expect(neutralTree({ ...trace, steps }).children[0]?.compensates).toEqual(["activity:7"]);
  });

  it("tells a delivery and the wait that it opened apart, as an engine without task tokens does", () => {
    const oneState = traceOf(
      [
        opened("lambda", "notify"),
        { type: "attempt.scheduled", step: "notify" },
        { type: "attempt.closed", step: "notify", outcome: "completed" },
        opened("wait", "approval", { parent: "notify", wait: { kind: "task_token" } }),
        closed("approval", {
          outcome: "failed",
          failure: { type: "Rejected" },
          wait: { outcome: "failed" },
        }),
        closed("notify", { outcome: "failed", failure: { type: "Rejected" } }),
      ],
      "aws_step_functions",
    );
    expect(renderNeutralTree(neutralTree(oneState))).toBe(
      "saga open\n  task notify completed\n  wait approval failed (Rejected)",
    );
  });

  it("takes the step's own outcome when its delivery was never tried", () => {
    const text = render(
      opened("lambda", "notify"),
      opened("wait", "approval", { parent: "notify", wait: { kind: "task_token" } }),
      closed("notify", { outcome: "aborted" }),
    );
    expect(text).toContain("task notify aborted\n  wait approval abandoned");
  });

  it("is equal on two engines that did the same, but for the engine", () => {
    const events = [opened("activity", "reserve"), closed("reserve"), completed];
    const [a, b] = (["temporal", "aws_step_functions"] as const).map((engine) =>
      neutralTree(traceOf(events, engine)),
    );
    expect(a).toEqual({ ...b, engine: "temporal" });
  });

  it("knows the step of the trace that each of its own was made of", () => {
    const trace = traceOf([opened("activity", "a"), closed("a")]);
    const { tree, sources } = neutralTreeWithSources(trace);
    expect(tree.children.map((step) => sources.get(step))).toEqual(trace.steps);
  });
});
