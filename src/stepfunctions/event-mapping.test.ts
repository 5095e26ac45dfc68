// Claim: each pairing rule of ARCHITECTURE.md holds, also for what no engine on a desk gives (redrives, runs that time
// out or are stopped): those histories are named synthetic fixtures, written as AWS writes them.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  checkLaws,
  neutralTree,
  renderNeutralTree,
  type Step,
  spansOf,
  stepsOf,
  type TraceOptions,
  type WorkflowTrace,
} from "../index.ts";
import { traceFromHistory } from "./history.ts";

const executionArn = "arn:aws:states:us-east-1:123456789012:execution:orderSaga:order-1";

type Row = readonly [type: string, previousEventId: number, details?: object];

/** A history of these events: ids from 1, a second apart, details under the name that AWS gives them. */
function history(rows: readonly Row[]): object[] {
  return rows.map(([type, previousEventId, details], index) => {
    const name = /State(?:Entered|Exited)$/.exec(type)?.[0] ?? type;
    return {
      id: index + 1,
      previousEventId,
      type,
      timestamp: new Date(Date.UTC(2026, 2, 2, 9, 30, index)).toISOString(),
      [`${name.charAt(0).toLowerCase()}${name.slice(1)}EventDetails`]: details,
    };
  });
}

function traceOf(
  events: readonly unknown[],
  options: TraceOptions = {},
  arn = executionArn,
): WorkflowTrace {
  const result = traceFromHistory({ events }, { executionArn: arn }, options);
  if (!result.ok) throw new Error(result.error.message);
  expect(result.warnings).toEqual([]);
  expect(checkLaws(result.value)).toEqual([]);
  return result.value;
}

function synthetic(name: string, options: TraceOptions = {}): WorkflowTrace {
  const file = new URL(`../../test/fixtures/stepfunctions-synthetic/${name}.json`, import.meta.url);
  const recording = JSON.parse(readFileSync(file, "utf8"));
  return traceOf(recording.events, options, recording.executionArn);
}

function tree(trace: WorkflowTrace): string[] {
  return renderNeutralTree(neutralTree(trace)).split("\n");
}

function step(trace: WorkflowTrace, name: string): Step {
  const found = [...stepsOf(trace)].find((one) => one.name === name);
  if (found === undefined) throw new Error(`no step ${name}`);
  return found;
}

const lambda = { resourceType: "lambda", resource: "invoke" };
const token = { resourceType: "lambda", resource: "invoke.waitForTaskToken" };

describe("attempts", () => {
  test("the key is what a handler can compute from its payload: state, entry, retry, redrive, innermost index", () => {
    const trace = traceOf(
      history([
        ["ExecutionStarted", 0],
        ["MapStateEntered", 0, { name: "each" }],
        ["MapStateStarted", 2, { length: 1 }],
        ["MapIterationStarted", 3, { name: "each", index: 4 }],
        ["TaskStateEntered", 4, { name: "charge" }],
        ["TaskScheduled", 5, lambda],
        ["TaskStarted", 6, lambda],
        ["TaskFailed", 7, { ...lambda, error: "Oops" }],
        ["TaskScheduled", 8, lambda],
      ]),
    );
    expect(step(trace, "charge").attempts).toMatchObject([
      { key: "charge#2026-03-02T09:30:04.000Z#4", number: 1, outcome: "failed" },
      { key: "charge#2026-03-02T09:30:04.000Z#1#0#4", number: 2, backoff: 1000 },
    ]);
  });

  test("the ids are those of the vocabulary's recipe, with the top bit of an attempt's cleared", () => {
    // By sha256sum: the ARN alone begins 2b56…, with "#charge#2026-03-02T09:30:01.000Z" ace6…, with "#state/2" b2c6….
    const trace = traceOf(
      history([
        ["ExecutionStarted", 0],
        ["TaskStateEntered", 0, { name: "charge" }],
        ["TaskScheduled", 2, lambda],
        ["TaskStarted", 3, lambda],
        ["TaskSucceeded", 4, lambda],
        ["TaskStateExited", 5, { name: "charge" }],
      ]),
    );
    const spans = spansOf(trace);
    expect(spans.find(({ name }) => name === "charge attempt 1")).toMatchObject({
      traceId: "2b56460100f7e6655b4361b15c434033",
      spanId: "2ce61ead7423db2c",
    });
    expect(spans.find(({ name }) => name === "charge")).toMatchObject({
      spanId: "b2c663236c0ec70f",
    });
  });

  test("two attempts that want one key (nested Maps, one millisecond): the later one takes a number", () => {
    const events = history([
      ["ExecutionStarted", 0],
      ["MapStateEntered", 0, { name: "outer" }],
      ["MapStateStarted", 2],
      ["MapIterationStarted", 3, { name: "outer", index: 0 }],
      ["MapStateEntered", 4, { name: "inner" }],
      ["MapStateStarted", 5],
      ["MapIterationStarted", 6, { name: "inner", index: 0 }],
      ["MapIterationStarted", 3, { name: "outer", index: 1 }],
      ["MapStateEntered", 8, { name: "inner" }],
      ["MapStateStarted", 9],
      ["MapIterationStarted", 10, { name: "inner", index: 0 }],
      ["TaskStateEntered", 7, { name: "work" }],
      ["TaskStateEntered", 11, { name: "work" }],
      ["TaskScheduled", 12, lambda],
      ["TaskScheduled", 13, lambda],
    ]).map((event) => Object.assign(event, { timestamp: "2026-03-02T09:30:00.000Z" }));
    const keys = [...stepsOf(traceOf(events))].flatMap(({ attempts }) =>
      attempts.map(({ key }) => key),
    );
    expect(keys.filter((key) => key.startsWith("work#"))).toEqual([
      "work#2026-03-02T09:30:00.000Z#0",
      "work#2026-03-02T09:30:00.000Z#0#~2",
    ]);
  });

  test("the request id of an invocation is taken from its output, and nothing else of it", () => {
    const output =
      '{"ExecutedVersion":"$LATEST","Payload":{"secret":"s"},"SdkResponseMetadata":{"RequestId":"7a-1"}}';
    const trace = traceOf(
      history([
        ["ExecutionStarted", 0],
        ["TaskStateEntered", 0, { name: "charge" }],
        ["TaskScheduled", 2, lambda],
        ["TaskStarted", 3, lambda],
        ["TaskSucceeded", 4, { ...lambda, output }],
      ]),
    );
    expect(step(trace, "charge").attempts[0]?.requestId).toBe("7a-1");
    expect(JSON.stringify(trace)).not.toContain("secret");
  });

  test("a nested execution is linked", () => {
    const child = "arn:aws:states:us-east-1:123456789012:execution:child:1";
    const nested = { resourceType: "states", resource: "startExecution.sync:2" };
    const trace = traceOf(
      history([
        ["ExecutionStarted", 0],
        ["TaskStateEntered", 0, { name: "nest" }],
        ["TaskScheduled", 2, nested],
        ["TaskStarted", 3, nested],
        ["TaskSubmitted", 4, { ...nested, output: `{"ExecutionArn":"${child}","StartDate":1}` }],
      ]),
    );
    expect(step(trace, "nest")).toMatchObject({
      kind: "child_workflow",
      links: [{ relation: "child", runId: child }],
    });
  });
});

describe("waits", () => {
  const parked: readonly Row[] = [
    ["ExecutionStarted", 0],
    ["TaskStateEntered", 0, { name: "notifyReviewer" }],
    ["TaskScheduled", 2, { ...token, timeoutInSeconds: 60 }],
    ["TaskStarted", 3, token],
    ["TaskSubmitted", 4, token],
  ];

  test("a token opens a wait once the function that hands it over has returned, with its deadline and its name", () => {
    const trace = traceOf(history(parked), { waits: { notifyReviewer: "approval" } });
    expect(step(trace, "approval")).toMatchObject({
      key: "wait/5",
      wait: { kind: "task_token", deadline: Date.UTC(2026, 2, 2, 9, 31, 2) },
    });
    expect(step(trace, "approval").outcome).toBeUndefined();
  });

  test.each<[string, Row, string, string]>([
    ["answered", ["TaskSucceeded", 5, token], "resolved", "completed"],
    ["refused", ["TaskFailed", 5, { ...token, error: "Rejected" }], "failed", "failed"],
    [
      "out of time",
      ["TaskTimedOut", 5, { ...token, error: "States.Timeout" }],
      "elapsed",
      "timed_out",
    ],
  ])("%s: the wait and the state end as they should", (_what, row, waitOutcome, outcome) => {
    const exit: Row = ["TaskStateExited", 6, { name: "notifyReviewer" }];
    const trace = traceOf(history([...parked, row, exit]), {
      waits: { notifyReviewer: "approval" },
    });
    expect(step(trace, "approval").wait?.outcome).toBe(waitOutcome);
    expect(step(trace, "notifyReviewer").outcome).toBe(outcome);
  });

  test("a token that was answered before its function returned: delivery and wait end together", () => {
    const trace = synthetic("overtaken", { waits: { notifyReviewer: "approval" } });
    expect(tree(trace)).toEqual([
      "orderSaga completed",
      "  task reserveInventory completed",
      "  task notifyReviewer completed",
      "  wait approval resolved",
    ]);
    expect(step(trace, "approval").key).toBe("wait/7");
  });

  test("a failure before the function returned is one of the delivery", () => {
    const trace = traceOf(
      history([...parked.slice(0, 4), ["TaskFailed", 4, { ...token, error: "Lambda.Unknown" }]]),
    );
    expect([...stepsOf(trace)].map(({ kind }) => kind)).toEqual(["lambda"]);
    expect(step(trace, "notifyReviewer").attempts).toMatchObject([
      { outcome: "failed", failure: { type: "Lambda.Unknown" } },
    ]);
  });

  test("a Wait state is a wait, and elapses", () => {
    const trace = traceOf(
      history([
        ["ExecutionStarted", 0],
        ["WaitStateEntered", 0, { name: "pause" }],
        ["WaitStateExited", 2, { name: "pause" }],
      ]),
    );
    expect(step(trace, "pause")).toMatchObject({
      key: "wait/2",
      wait: { kind: "timer", outcome: "elapsed" },
    });
  });
});

describe("runs", () => {
  test("redriven: the state goes on in its first span, attempts count anew, and each segment has a run span", () => {
    const trace = synthetic("redriven");
    expect(trace).toMatchObject({
      redrive: 1,
      outcome: "completed",
      segments: [
        { outcome: "failed", failure: { type: "CardDeclined" } },
        { outcome: "completed" },
      ],
    });
    expect(step(trace, "chargeCard")).toMatchObject({
      outcome: "completed",
      attempts: [
        { key: "chargeCard#2026-03-02T09:30:00.520Z", number: 1, redrive: 0, outcome: "failed" },
        {
          key: "chargeCard#2026-03-02T09:30:00.520Z#0#1",
          number: 1,
          redrive: 1,
          outcome: "completed",
        },
      ],
    });
    const runs = spansOf(trace).filter(({ role }) => role === "run");
    expect(runs.map(({ attributes }) => attributes["workflow.outcome"])).toEqual([
      "failed",
      "completed",
    ]);
  });

  test("redriven: a Map that had failed before it began begins in its first span", () => {
    const trace = traceOf(
      history([
        ["ExecutionStarted", 0],
        ["MapStateEntered", 0, { name: "each" }],
        ["MapStateFailed", 2, { error: "States.ItemReaderFailed" }],
        ["ExecutionFailed", 3, { error: "States.ItemReaderFailed" }],
        ["ExecutionRedriven", 4],
        ["MapStateStarted", 2, { length: 0 }],
        ["MapStateSucceeded", 6],
        ["MapStateExited", 6, { name: "each" }],
        ["ExecutionSucceeded", 8],
      ]),
    );
    expect(trace.outcome).toBe("completed");
    expect(trace.steps).toMatchObject([{ name: "each", outcome: "completed", attempts: [{}] }]);
  });

  test("timed out: what worked then is abandoned", () => {
    const trace = synthetic("timed-out");
    expect(tree(trace)).toEqual([
      "orderSaga timed_out",
      "  task reserveInventory completed",
      "  task chargeCard abandoned",
    ]);
    expect(spansOf(trace).at(-1)?.status.code).toBe("ERROR");
  });

  test("stopped: the wait is abandoned, and the words of whoever stopped it are not kept", () => {
    const trace = synthetic("stopped", { waits: { notifyReviewer: "approval" } });
    expect(tree(trace).at(-1)).toBe("  wait approval abandoned");
    expect(trace.outcome).toBe("aborted");
    expect(JSON.stringify(spansOf(trace))).not.toContain("customer");
  });

  test("a runtime error belongs to the state that its cause names, and its cause, which quotes the input, is dropped", () => {
    const cause =
      "An error occurred while executing the state 'pick' (entered at the event id #2). The JSONPath '$.x' could not be found in the input '{\"secret\":1}'";
    const trace = traceOf(
      history([
        ["ExecutionStarted", 0],
        ["PassStateEntered", 0, { name: "pick" }],
        ["ExecutionFailed", 2, { error: "States.Runtime", cause }],
      ]),
    );
    expect(step(trace, "pick")).toMatchObject({
      outcome: "failed",
      failure: { type: "States.Runtime" },
    });
    expect(JSON.stringify([trace, spansOf(trace)])).not.toContain("secret");
  });

  test("EvaluationFailed follows from the event before the state's entry, and belongs to the state that it names", () => {
    const trace = traceOf(
      history([
        ["ExecutionStarted", 0],
        ["PassStateEntered", 0, { name: "before" }],
        ["PassStateExited", 2, { name: "before" }],
        ["TaskStateEntered", 3, { name: "query" }],
        [
          "EvaluationFailed",
          3,
          { state: "query", error: "States.QueryEvaluationError", cause: "{{ secret }}" },
        ],
        ["ExecutionFailed", 5, { error: "States.QueryEvaluationError" }],
      ]),
    );
    expect(step(trace, "query")).toMatchObject({
      outcome: "failed",
      failure: { type: "States.QueryEvaluationError" },
    });
    expect(step(trace, "before").outcome).toBe("completed");
    expect(JSON.stringify(trace)).not.toContain("secret");
  });

  test("of AWS's own errors no message is kept, whatever their cause looks like", () => {
    const cause = JSON.stringify({ errorMessage: "input: secret" });
    const trace = traceOf(
      history([
        ["ExecutionStarted", 0],
        ["ExecutionFailed", 1, { error: "States.DataLimitExceeded", cause }],
      ]),
    );
    expect(trace.failure).toEqual({ type: "States.DataLimitExceeded" });
  });

  test("of a function's cause the application's message is kept, rewritten or dropped, and never the stack", () => {
    const cause = JSON.stringify({
      errorType: "CardDeclined",
      errorMessage: "card 4242 declined",
      trace: ["at secret"],
    });
    const events = history([
      ["ExecutionStarted", 0],
      ["TaskStateEntered", 0, { name: "charge" }],
      ["TaskScheduled", 2, lambda],
      ["TaskStarted", 3, lambda],
      ["TaskFailed", 4, { ...lambda, error: "CardDeclined", cause }],
      ["ExecutionFailed", 5, { error: "CardDeclined", cause }],
    ]);
    const messageOf = (options: TraceOptions): string | undefined =>
      step(traceOf(events, options), "charge").failure?.message;
    expect(messageOf({})).toBe("card 4242 declined");
    expect(messageOf({ failureMessages: "drop" })).toBeUndefined();
    expect(messageOf({ failureMessages: (text) => text.replaceAll(/\d/g, "*") })).toBe(
      "card **** declined",
    );
    expect(JSON.stringify(traceOf(events))).not.toContain("at secret");
  });
});

/** An attempt of the outer Map of which the first event is `from`: its inner Map fails. */
const attempt = (from: number, previous: number): readonly Row[] => [
  ["MapStateStarted", previous],
  ["MapIterationStarted", from, { name: "outer", index: 0 }],
  ["MapStateEntered", from + 1, { name: "inner" }],
  ["MapStateStarted", from + 2],
  ["MapIterationStarted", from + 3, { name: "inner", index: 0 }],
  ["FailStateEntered", from + 4, { name: "no" }],
  ["MapIterationFailed", from + 5, { name: "inner", index: 0 }],
  ["MapStateFailed", from + 5],
  ["MapIterationFailed", from + 7, { name: "outer", index: 0 }],
];

describe("containers", () => {
  test("with limited concurrency an iteration follows from an earlier one, and still stands beside it", () => {
    const trace = traceOf(
      history([
        ["ExecutionStarted", 0],
        ["MapStateEntered", 0, { name: "each" }],
        ["MapStateStarted", 2],
        ["MapIterationStarted", 3, { name: "each", index: 0 }],
        ["PassStateEntered", 4, { name: "p" }],
        ["PassStateExited", 5, { name: "p" }],
        ["MapIterationSucceeded", 6, { name: "each", index: 0 }],
        ["MapIterationStarted", 6, { name: "each", index: 1 }],
        ["PassStateEntered", 8, { name: "p" }],
        ["PassStateExited", 9, { name: "p" }],
        ["MapIterationSucceeded", 10, { name: "each", index: 1 }],
        ["MapStateSucceeded", 10],
        ["MapStateExited", 10, { name: "each" }],
      ]),
    );
    expect(step(trace, "each").children.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual([
      "each[0] completed",
      "each[1] completed",
    ]);
  });

  test("what a failing branch aborts is aborted; the state that failed stays failed", () => {
    const trace = traceOf(
      history([
        ["ExecutionStarted", 0],
        ["ParallelStateEntered", 0, { name: "both" }],
        ["ParallelStateStarted", 2],
        ["TaskStateEntered", 3, { name: "slow" }],
        ["TaskScheduled", 4, lambda],
        ["TaskStateEntered", 3, { name: "bad" }],
        ["TaskScheduled", 6, lambda],
        ["TaskStarted", 7, lambda],
        ["TaskFailed", 8, { ...lambda, error: "Oops" }],
        ["TaskStateAborted", 9],
        ["ParallelStateFailed", 9],
        ["ParallelStateExited", 11, { name: "both" }],
        ["ExecutionSucceeded", 12],
      ]),
    );
    expect(tree(trace)).toEqual([
      "orderSaga completed",
      "  group both failed (Oops)",
      "    task slow aborted",
      "    task bad failed (Oops)",
    ]);
  });

  test("a Map that is retried around another Map that failed takes the outer one's new attempt for its own", () => {
    const trace = traceOf(
      history([
        ["ExecutionStarted", 0],
        ["MapStateEntered", 0, { name: "outer" }],
        ...attempt(3, 2),
        ...attempt(12, 10),
        ["MapStateFailed", 19],
        ["ExecutionFailed", 21, { error: "Oops" }],
      ]),
    );
    expect(step(trace, "outer")).toMatchObject({
      outcome: "failed",
      attempts: [{ number: 1 }, { number: 2 }],
    });
    expect(step(trace, "outer").children).toHaveLength(2);
  });

  test("an attempt that a retry follows ended when its branch failed, not when the retry began", () => {
    const trace = traceOf(
      history([
        ["ExecutionStarted", 0],
        ["ParallelStateEntered", 0, { name: "both" }],
        ["ParallelStateStarted", 2],
        ["TaskStateEntered", 3, { name: "charge" }],
        ["TaskScheduled", 4, lambda],
        ["TaskFailed", 5, { ...lambda, error: "Oops" }],
        ["ParallelStateStarted", 6],
      ]),
    );
    expect(step(trace, "both").attempts).toMatchObject([
      { outcome: "failed", ended: Date.UTC(2026, 2, 2, 9, 30, 5), failure: { type: "Oops" } },
      { scheduled: Date.UTC(2026, 2, 2, 9, 30, 6) },
    ]);
  });

  test("an abort without a name is not one of a state whose iteration has ended", () => {
    const iteration = (index: number): object => ({ name: "each", index });
    const trace = traceOf(
      history([
        ["ExecutionStarted", 0],
        ["MapStateEntered", 0, { name: "each" }],
        ["MapStateStarted", 2, { length: 3 }],
        ["MapIterationStarted", 3, iteration(0)],
        ["TaskStateEntered", 4, { name: "first" }],
        ["MapIterationStarted", 3, iteration(1)],
        ["TaskStateEntered", 6, { name: "second" }],
        ["MapIterationStarted", 3, iteration(2)],
        ["TaskStateEntered", 8, { name: "third" }],
        ["TaskScheduled", 9, lambda],
        ["TaskFailed", 10, { ...lambda, error: "Oops" }],
        ["MapIterationFailed", 11, iteration(2)],
        ["MapIterationAborted", 11, iteration(1)],
        ["TaskStateAborted", 11],
        ["MapIterationAborted", 11, iteration(0)],
      ]),
    );
    expect(step(trace, "second")).toMatchObject({ outcome: "aborted", closedBy: 13 });
    expect(step(trace, "first")).toMatchObject({ outcome: "aborted", closedBy: 14 });
  });
});
