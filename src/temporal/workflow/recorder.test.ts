import { describe, expect, it } from "vitest";
import { stepsOf } from "../../core/model.ts";
import { createRecorder, type Recorder } from "./recorder.ts";
import type { RecorderOptions, RunFacts } from "./run-facts.ts";

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

  it("does not tell of a timer that is begun and cancelled in one activation", () => {
    const isolate = new Isolate();
    const facts = isolate.activate(3, [start], [timer(1), cancelTimer(1), activity(2, "next")]);
    expect(told(facts)).toEqual({ opened: ["activity:2"], closed: [] });
    expect(facts?.discarded).toEqual([]);
  });

  it("takes back a timer that a later activation of the same workflow task cancels", () => {
    const isolate = new Isolate();
    expect(told(isolate.activate(3, [start], [timer(1)]))).toEqual({
      opened: ["timer:1"],
      closed: [],
    });
    const facts = isolate.activate(3, [], [cancelTimer(1)]);
    expect(facts?.discarded).toEqual(["timer:1"]);
    expect(told(facts)).toEqual({ opened: [], closed: [] });
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

  it("tells of an update once it is accepted, and never of a rejected one", () => {
    const isolate = new Isolate();
    isolate.activate(3, [start], []);
    const update = (id: string): object => ({
      doUpdate: { id, protocolInstanceId: `i-${id}`, name: "setPrice" },
    });
    const answer = (id: string, kind: string): object => ({
      updateResponse: { protocolInstanceId: `i-${id}`, [kind]: {} },
    });
    expect(isolate.activate(6, [update("bad")], [answer("bad", "rejected")])).toBeUndefined();
    expect(told(isolate.activate(9, [update("good")], [answer("good", "accepted")]))).toEqual({
      opened: ["update:good"],
      closed: [],
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
