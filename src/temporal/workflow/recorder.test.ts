import { describe, expect, it } from "vitest";
import { stepsOf } from "../../core/model.ts";
import { jsonPayload } from "./proto-value.ts";
import { createRecorder, type Recorder } from "./recorder.ts";
import type { RecorderOptions, RunFacts } from "./run-facts.ts";
import { stepHeader } from "./step-header.ts";
import { TRACE_HEADER } from "./trace-header.ts";

const identity = {
  engine: "temporal" as const,
  workflowId: "order-1",
  runId: "run-1",
  namespace: "default",
};

interface Told {
  readonly opened: string[];
  readonly closed: string[];
}

/** Drives a recorder by hand, as the SDK's isolate would. */
class Isolate {
  readonly recorder: Recorder;
  #seconds = 1000;

  constructor(options: RecorderOptions = {}) {
    this.recorder = createRecorder(identity, options);
  }

  activate(
    historyLength: number,
    jobs: object[],
    commands: object[],
    isReplaying = false,
  ): RunFacts | undefined {
    this.#seconds += 1;
    this.recorder.activate({
      historyLength,
      isReplaying,
      timestamp: { seconds: this.#seconds, nanos: 0 },
      jobs,
    });
    return this.recorder.conclude(commands);
  }
}

const start = {
  initializeWorkflow: {
    workflowType: "saga",
    startTime: { seconds: 1000, nanos: 0 },
    firstExecutionRunId: "run-0",
  },
};
const activity = (seq: number, activityType: string): object => ({
  scheduleActivity: { seq, activityId: String(seq), activityType },
});
const done = (seq: number): object => ({ resolveActivity: { seq, result: { completed: {} } } });
const failed = (seq: number, type: string): object => ({
  resolveActivity: {
    seq,
    result: {
      failed: {
        failure: {
          activityFailureInfo: {},
          cause: { message: "no", applicationFailureInfo: { type } },
        },
      },
    },
  },
});
const timer = (seq: number): object => ({
  startTimer: { seq, startToFireTimeout: { seconds: 60 } },
});
const cancelTimer = (seq: number): object => ({ cancelTimer: { seq } });

function told(facts: RunFacts | undefined): Told {
  const steps = facts === undefined ? [] : [...stepsOf(facts.trace)];
  return {
    opened: steps.filter((step) => step.openedBy > (facts?.after ?? 0)).map((step) => step.key),
    closed: steps
      .filter((step) => (step.closedBy ?? 0) > (facts?.after ?? 0))
      .map((step) => step.key),
  };
}

describe("the recorder", () => {
  it("tells of a run, of each step, and of the end, each once", () => {
    const isolate = new Isolate();
    const first = isolate.activate(3, [start], [activity(1, "reserve")]);
    expect(first?.trace).toMatchObject({ type: "saga", firstRunId: "run-0", started: 1_000_000 });
    expect(told(first)).toEqual({ opened: ["activity:1"], closed: [] });
    expect(told(isolate.activate(9, [done(1)], [activity(2, "charge")]))).toEqual({
      opened: ["activity:2"],
      closed: ["activity:1"],
    });
    const last = isolate.activate(15, [done(2)], [{ completeWorkflowExecution: {} }]);
    expect(told(last)).toEqual({ opened: [], closed: ["activity:2"] });
    expect(last?.trace.outcome).toBe("completed");
  });

  it("tells nothing of what is replayed, and goes on from there", () => {
    const isolate = new Isolate({ compensates: { refund: ["reserve"] } });
    expect(isolate.activate(3, [start], [activity(1, "reserve")], true)).toBeUndefined();
    expect(isolate.activate(9, [done(1)], [activity(2, "charge")], true)).toBeUndefined();
    const facts = isolate.activate(15, [failed(2, "CardDeclined")], [activity(3, "refund")]);
    expect(told(facts)).toEqual({ opened: ["activity:3"], closed: ["activity:2"] });
    // What a compensation refers to comes along, though it is not new.
    const refund = facts?.trace.steps.find((step) => step.name === "refund");
    expect(refund).toMatchObject({ compensates: ["activity:1"], compensationOf: "activity:2" });
    expect(facts?.trace.steps.map((step) => step.name)).toEqual(["reserve", "charge", "refund"]);
  });

  it("gives the same keys when it begins again from the start", () => {
    const jobs: [number, object[], object[]][] = [
      [
        3,
        [start],
        [
          activity(1, "a"),
          { scheduleActivity: { seq: 2, activityId: "1", activityType: "again" } },
        ],
      ],
      [9, [done(1), done(2)], [timer(3)]],
    ];
    const keys = (replayed: number): string[] => {
      const isolate = new Isolate();
      return jobs.flatMap(
        ([length, ins, outs], i) => told(isolate.activate(length, ins, outs, i < replayed)).opened,
      );
    };
    expect(keys(0)).toEqual(["activity:1", "activity:1~2", "timer:3"]);
    expect(keys(1)).toEqual(["timer:3"]);
  });

  describe.each<[string, object, object, key: string]>([
    ["a timer", { startTimer: { seq: 1 } }, { cancelTimer: { seq: 1 } }, "timer:1"],
    [
      "an activity",
      { scheduleActivity: { seq: 1, activityId: "1", activityType: "a" } },
      { requestCancelActivity: { seq: 1 } },
      "activity:1",
    ],
    [
      "a child",
      { startChildWorkflowExecution: { seq: 1, workflowId: "c", workflowType: "child" } },
      { cancelChildWorkflowExecution: { childWorkflowSeq: 1 } },
      "child:c",
    ],
    [
      "a signal to another workflow",
      { signalExternalWorkflowExecution: { seq: 1, signalName: "go" } },
      { cancelSignalWorkflow: { seq: 1 } },
      "signal-external:1",
    ],
    [
      "a Nexus operation",
      { scheduleNexusOperation: { seq: 1, service: "s", operation: "o" } },
      { requestCancelNexusOperation: { seq: 1 } },
      "nexus:1",
    ],
  ])("%s that its own workflow task cancels is never sent", (_name, begin, cancel, key) => {
    const again = JSON.parse(JSON.stringify(begin).replace('"seq":1', '"seq":2')) as object;

    it("is not told of, and uses up no key, in one activation", () => {
      const isolate = new Isolate();
      const facts = isolate.activate(3, [start], [begin, cancel]);
      expect(told(facts)).toEqual({ opened: [], closed: [] });
      expect(facts?.discarded).toEqual([]);
      const next = told(isolate.activate(9, [], [again])).opened;
      expect(next).toEqual([key.replace("timer:1", "timer:2")]);
    });

    it("is taken back in a later activation, whatever job says of it then", () => {
      const isolate = new Isolate();
      const unheard = [
        { resolveActivity: { seq: 1, result: { cancelled: {} } } },
        { resolveChildWorkflowExecutionStart: { seq: 1, cancelled: {} } },
        { resolveSignalExternalWorkflow: { seq: 1, failure: { canceledFailureInfo: {} } } },
        { resolveNexusOperationStart: { seq: 1, failed: { canceledFailureInfo: {} } } },
      ];
      expect(told(isolate.activate(3, [start], [begin])).opened).toEqual([key]);
      expect(isolate.activate(3, [], [cancel])?.discarded).toEqual([key]);
      expect(isolate.activate(3, unheard, [])).toBeUndefined();
      // The next one gets the key, as it does in the history.
      const next = isolate.activate(9, [], [again, { completeWorkflowExecution: {} }]);
      expect(next?.trace.steps.map((step) => step.key)).toEqual([
        key.replace("timer:1", "timer:2"),
      ]);
    });

    it("stays what it is when a later workflow task cancels it", () => {
      const isolate = new Isolate();
      isolate.activate(3, [start], [begin]);
      const facts = isolate.activate(9, [], [cancel]);
      expect(facts?.discarded ?? []).toEqual([]);
      const end = isolate.activate(15, [], [{ completeWorkflowExecution: {} }]);
      const closed = [...told(facts).closed, ...told(end).closed];
      expect(closed).toEqual([key]);
    });
  });

  it("tells of a local activity that its own workflow task cancels: its marker is written", () => {
    const local = { scheduleLocalActivity: { seq: 1, activityId: "1", activityType: "l" } };
    const cancel = { requestCancelLocalActivity: { seq: 1 } };
    const cancelled = { resolveActivity: { seq: 1, result: { cancelled: {} } } };
    const isolate = new Isolate();
    isolate.activate(3, [start], [local]);
    expect(isolate.activate(3, [], [cancel])?.discarded ?? []).toEqual([]);
    expect(told(isolate.activate(3, [cancelled], [])).closed).toEqual(["local:1"]);
    const facts = new Isolate().activate(3, [start], [local, cancel]);
    expect(told(facts)).toEqual({ opened: ["local:1"], closed: [] });
  });

  it("takes commands that it does not know beside those that it knows", () => {
    const isolate = new Isolate();
    const unknown = [{ setPatchMarker: { patchId: "p" } }, { respondToQuery: {} }];
    const facts = isolate.activate(3, [start], [...unknown, { completeWorkflowExecution: {} }]);
    expect(facts?.trace.outcome).toBe("completed");
  });

  it("closes a Nexus operation that fails before it has started: no other job follows", () => {
    const isolate = new Isolate();
    isolate.activate(3, [start], [{ scheduleNexusOperation: { seq: 1 } }]);
    const failure = {
      nexusOperationExecutionFailureInfo: {},
      cause: { applicationFailureInfo: { type: "Refused" }, message: "no" },
    };
    const facts = isolate.activate(
      9,
      [{ resolveNexusOperationStart: { seq: 1, failed: failure } }],
      [],
    );
    expect(facts?.trace.steps[0]).toMatchObject({
      outcome: "failed",
      failure: { type: "Refused", message: "no" },
    });
  });

  it("says what ended a wait: a signal of the same task, a cancel request, its time", () => {
    const wait = (jobs: object[], commands: object[]): object | undefined => {
      const isolate = new Isolate();
      isolate.activate(3, [start], [timer(1)]);
      return isolate.activate(9, jobs, commands)?.trace.steps.find((step) => step.key === "timer:1")
        ?.wait;
    };
    const signal = {
      signalWorkflow: { signalName: "approve", identity: "alice", originatingEventId: 7 },
    };
    expect(wait([signal], [cancelTimer(1)])).toMatchObject({
      outcome: "resolved",
      resolvedBy: "alice",
      resolvedByStep: "event:7",
    });
    expect(wait([{ cancelWorkflow: {} }], [cancelTimer(1)])).toMatchObject({
      outcome: "cancelled",
    });
    expect(wait([{ fireTimer: { seq: 1 } }], [])).toMatchObject({ outcome: "elapsed" });
    expect(wait([], [{ completeWorkflowExecution: {} }])).toMatchObject({ outcome: "abandoned" });
  });

  it("does not say that a signal ended a wait which a later task cancels", () => {
    const isolate = new Isolate();
    isolate.activate(3, [start], [timer(1)]);
    isolate.activate(9, [{ signalWorkflow: { signalName: "go", originatingEventId: 7 } }], []);
    const facts = isolate.activate(15, [], [cancelTimer(1)]);
    expect(facts?.trace.steps.find((step) => step.key === "timer:1")?.wait).toEqual({
      kind: "timer",
      deadline: 1_061_000,
      outcome: "resolved",
    });
  });

  it("begins a run at the time of its activation where none is told, and names a root that is another", () => {
    const begun = (job: object): object | undefined =>
      new Isolate().activate(3, [{ initializeWorkflow: job }], [])?.trace;
    expect(begun({})).toMatchObject({ started: 1_001_000, type: "workflow" });
    expect(begun({ rootWorkflow: { workflowId: "order-1" } })).not.toHaveProperty("rootWorkflowId");
    expect(begun({ rootWorkflow: { workflowId: "root-1" } })).toMatchObject({
      rootWorkflowId: "root-1",
    });
  });

  it.each<[string, object, object]>([
    ["completed", { completed: {} }, { outcome: "completed" }],
    ["cancelled", { cancelled: {} }, { outcome: "cancelled" }],
    [
      "terminated",
      { failed: { childWorkflowExecutionFailureInfo: {}, cause: { terminatedFailureInfo: {} } } },
      { outcome: "terminated", failure: { type: "Terminated" } },
    ],
    [
      "timed out",
      { failed: { childWorkflowExecutionFailureInfo: {}, cause: { timeoutFailureInfo: {} } } },
      { outcome: "timed_out", failure: { type: "Timeout" } },
    ],
  ])("tells of a child that %s, linked to its run", (_name, result, ending) => {
    const isolate = new Isolate();
    const child = { seq: 1, workflowId: "c", workflowType: "shipping" };
    isolate.activate(3, [start], [{ startChildWorkflowExecution: child }]);
    const begun = { resolveChildWorkflowExecutionStart: { seq: 1, succeeded: { runId: "run-c" } } };
    const ended = { resolveChildWorkflowExecution: { seq: 1, result } };
    const [step] = isolate.activate(9, [begun, ended], [])?.trace.steps ?? [];
    expect(step).toMatchObject({
      key: "child:c",
      links: [{ relation: "child", runId: "run-c" }],
      ...ending,
    });
  });

  it("tells of a child that was not started", () => {
    const isolate = new Isolate();
    isolate.activate(3, [start], [{ startChildWorkflowExecution: { seq: 1, workflowId: "c" } }]);
    const refused = { resolveChildWorkflowExecutionStart: { seq: 1, failed: { cause: 1 } } };
    const [step] = isolate.activate(9, [refused], [])?.trace.steps ?? [];
    expect(step).toMatchObject({
      outcome: "failed",
      failure: { type: "ChildWorkflowNotStarted" },
    });
  });

  it("ends a local activity whose back-off is long, without a failure that nobody told", () => {
    const isolate = new Isolate();
    const local = { seq: 1, activityId: "1", activityType: "l" };
    isolate.activate(3, [start], [{ scheduleLocalActivity: local }]);
    const job = { resolveActivity: { seq: 1, result: { backoff: { attempt: 2 } } } };
    const [step] = isolate.activate(9, [job], [])?.trace.steps ?? [];
    expect(step).toMatchObject({ key: "local:1", outcome: "failed" });
    expect(step).not.toHaveProperty("failure");
  });

  it("puts the key of its step on the command of an activity whose id was used before, beside its headers", () => {
    const reused = (seq: number): object => ({ seq, activityId: "mine", activityType: "a" });
    const command = (seq: number): { headers: object } => ({
      ...reused(seq),
      headers: { theirs: 1 },
    });
    const [first, second] = [command(1), command(2)];
    new Isolate().activate(3, [start], [{ scheduleActivity: first }, { scheduleActivity: second }]);
    expect(first.headers).toEqual({ theirs: 1 });
    expect(second.headers).toHaveProperty("theirs");
    expect(stepHeader(second.headers)).toBe("activity:mine~2");
  });

  it("tells of an update once it is accepted, and never of a rejected one", () => {
    const isolate = new Isolate();
    isolate.activate(3, [start], []);
    const traceparent = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
    const sender = { [TRACE_HEADER]: jsonPayload({ traceparent }) };
    const update = (id: string): object => ({
      doUpdate: { id, protocolInstanceId: `i-${id}`, name: "setPrice", headers: sender },
    });
    const answer = (id: string, kind: string): object => ({
      updateResponse: { protocolInstanceId: `i-${id}`, [kind]: {} },
    });
    expect(isolate.activate(6, [update("bad")], [answer("bad", "rejected")])).toBeUndefined();
    const accepted = isolate.activate(9, [update("good")], [answer("good", "accepted")]);
    expect(told(accepted)).toEqual({ opened: ["update:good"], closed: [] });
    expect(accepted?.trace.steps[0]).toMatchObject({
      name: "setPrice",
      links: [{ relation: "update_sender", traceId: "a".repeat(32), spanId: "b".repeat(16) }],
    });
    expect(told(isolate.activate(12, [], [answer("good", "completed")]))).toEqual({
      opened: [],
      closed: ["update:good"],
    });
  });

  it("says nothing for a query", () => {
    const isolate = new Isolate();
    isolate.activate(3, [start], [activity(1, "a")]);
    expect(
      isolate.activate(3, [{ queryWorkflow: { queryId: "q" } }], [{ respondToQuery: {} }]),
    ).toBeUndefined();
  });

  it("keeps failures' messages inside when they are dropped, and hands the input on only when it is asked for", () => {
    const payload = {
      metadata: { encoding: new TextEncoder().encode("json/plain") },
      data: new TextEncoder().encode('{"orderId":"1"}'),
    };
    const begin = { initializeWorkflow: { ...start.initializeWorkflow, arguments: [payload] } };
    const failure = (options: RecorderOptions): RunFacts | undefined => {
      const isolate = new Isolate(options);
      isolate.activate(3, [begin], [activity(1, "a")]);
      return isolate.activate(9, [failed(1, "Bad")], []);
    };
    expect(failure({})?.trace.steps[0]?.failure).toEqual({ type: "Bad", message: "no" });
    expect(failure({})).not.toHaveProperty("input");
    expect(failure({ dropFailureMessages: true })?.trace.steps[0]?.failure).toEqual({
      type: "Bad",
    });
    expect(failure({ sendInput: true })?.input).toEqual({ orderId: "1" });
  });

  it("forgets closed steps, but for those that a compensation may refer to", () => {
    const isolate = new Isolate({ compensates: { refund: ["reserve"] } });
    isolate.activate(3, [start], [activity(1, "reserve")]);
    isolate.activate(6, [done(1)], [activity(2, "step")]);
    let length = 9;
    for (let seq = 2; seq < 1000; seq += 1)
      isolate.activate((length += 3), [done(seq)], [activity(seq + 1, "step")]);
    const facts = isolate.activate(length + 3, [done(1000)], [activity(1001, "refund")]);
    expect(facts?.trace.steps.find((step) => step.name === "refund")?.compensates).toEqual([
      "activity:1",
    ]);
    // The whole of what the recorder holds is what the next telling is cut from.
    const held = isolate.recorder.conclude([]);
    expect(held).toBeUndefined();
    expect(facts?.trace.steps.length).toBeLessThan(5);
  });

  it("forgets all but the newest that a compensation may undo, and the newest failure, in a loop without an end", () => {
    const isolate = new Isolate({ compensates: { refund: ["reserve"] } });
    isolate.activate(3, [start], [activity(1, "reserve")]);
    let length = 3;
    for (let seq = 1; seq < 1000; seq += 1) {
      const job = seq % 3 === 0 ? failed(seq, "No") : done(seq);
      isolate.activate((length += 3), [job], [activity(seq + 1, "reserve")]);
    }
    const facts = isolate.activate(length + 3, [done(1000)], [activity(1001, "refund")]);
    const refund = facts?.trace.steps.find((step) => step.name === "refund");
    // Portions of 64 are forgotten at a time.
    expect(refund?.compensates?.length).toBeLessThan(100 + 64);
    expect(refund?.compensates?.at(-1)).toBe("activity:1000");
    expect(refund?.compensationOf).toBe("activity:999");
  });

  it.each([
    ["an unknown job", [{ somethingNew: {} }], []],
    [
      "a result for a step that it does not know",
      [done(99), { resolveChildWorkflowExecution: { seq: 9 } }],
      [],
    ],
    ["a cancelled timer that it does not know", [], [cancelTimer(42)]],
    ["an unknown command", [], [{ somethingNew: {} }, {}]],
  ])("passes over %s", (_name, jobs, commands) => {
    const isolate = new Isolate();
    isolate.activate(3, [start], [activity(1, "a")]);
    expect(() => isolate.activate(6, jobs, commands)).not.toThrow();
    expect(told(isolate.activate(9, [done(1)], []))).toEqual({
      opened: [],
      closed: ["activity:1"],
    });
  });
});
