import { describe, expect, it } from "vitest";
import { attributesName, jsonPayload } from "../../test/generators/temporal-history.ts";
import { type Step, stepsOf, type WorkflowTrace } from "../core/model.ts";
import type { TraceOptions } from "../core/trace-options.ts";
import { traceFromHistory } from "./history.ts";
import { TRACE_HEADER } from "./workflow/trace-header.ts";

/** An event by its type and attributes; its id is its place, and each is a second after the one before. */
type Told = readonly [type: string, attributes?: object, userMetadata?: object];

const started: Told = ["WorkflowExecutionStarted", { workflowType: { name: "orderSaga" } }];

function traceOf(events: readonly Told[], options: TraceOptions = {}): WorkflowTrace {
  const history = events.map(([eventType, attributes = {}, userMetadata], index) => ({
    eventId: String(index + 1),
    eventTime: new Date(Date.UTC(2026, 0, 1) + index * 1000).toISOString(),
    eventType,
    [attributesName(eventType)]: attributes,
    userMetadata,
  }));
  const result = traceFromHistory(history, { workflowId: "order-1", runId: "run-1" }, options);
  if (!result.ok) throw new Error(result.error.message);
  expect(result.warnings).toEqual([]);
  return result.value;
}

/** The only step of a history that begins with the run's start. */
function stepOf(...events: readonly Told[]): Step {
  return stepNamed(undefined, traceOf([started, ...events]));
}

function stepNamed(key: string | undefined, trace: WorkflowTrace): Step {
  const found = [...stepsOf(trace)].filter((step) => key === undefined || step.key === key);
  if (found[0] === undefined || found.length > 1) throw new Error(`${found.length} steps`);
  return found[0];
}

const declined = { message: "no", applicationFailureInfo: { type: "CardDeclined" } };
const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const header = { fields: { [TRACE_HEADER]: jsonPayload({ traceparent }) } };
const caller = { traceId: "4bf92f3577b34da6a3ce929d0e0e4736", spanId: "00f067aa0ba902b7" };

describe("a run", () => {
  it("takes type, queue, chain, parent, root and caller over from its first event", () => {
    const trace = traceOf([
      [
        "WorkflowExecutionStarted",
        {
          workflowType: { name: "orderSaga" },
          taskQueue: { name: "orders" },
          firstExecutionRunId: "run-0",
          continuedExecutionRunId: "run-0",
          parentWorkflowExecution: { workflowId: "parent", runId: "parent-run" },
          rootWorkflowExecution: { workflowId: "root", runId: "root-run" },
          header,
        },
      ],
    ]);
    expect(trace).toMatchObject({
      type: "orderSaga",
      taskQueue: "orders",
      firstRunId: "run-0",
      parentWorkflowId: "parent",
      rootWorkflowId: "root",
      links: [
        { relation: "caller", ...caller },
        { relation: "parent", runId: "parent-run", workflowId: "parent", key: "child:order-1" },
        { relation: "previous_run", runId: "run-0" },
      ],
    });
  });

  it("is not its own root", () => {
    const root = { rootWorkflowExecution: { workflowId: "order-1" } };
    expect(traceOf([["WorkflowExecutionStarted", root]])).not.toHaveProperty("rootWorkflowId");
  });

  it("may have a parent whose id is not told", () => {
    const parent = { parentWorkflowExecution: { runId: "parent-run" } };
    expect(traceOf([["WorkflowExecutionStarted", parent]]).links).toEqual([
      { relation: "parent", engine: "temporal", runId: "parent-run", key: "child:order-1" },
    ]);
  });

  it("has the business keys that are picked from its input, memo and search attributes", () => {
    const attributes = {
      input: { payloads: [jsonPayload({ orderId: "order-1" })] },
      memo: { fields: { region: jsonPayload("eu") } },
      searchAttributes: { indexedFields: { tier: jsonPayload("gold") } },
    };
    const trace = traceOf([["WorkflowExecutionStarted", attributes]], {
      businessKeys: ({ input, memo, searchAttributes }) => ({
        order: JSON.stringify(input),
        region: String(memo["region"]),
        tier: String(searchAttributes["tier"]),
      }),
    });
    expect(trace.attributes).toEqual({
      order: '{"orderId":"order-1"}',
      region: "eu",
      tier: "gold",
    });
  });

  it("has an undefined input where it was given none", () => {
    const inputs: unknown[] = [];
    traceOf([started], {
      businessKeys: ({ input }) => {
        inputs.push(input);
        return {};
      },
    });
    expect(inputs).toEqual([undefined]);
  });

  it.each([
    ["WorkflowExecutionCompleted", { outcome: "completed" }, {}],
    [
      "WorkflowExecutionFailed",
      { outcome: "failed", failure: { type: "CardDeclined" } },
      { failure: declined },
    ],
    ["WorkflowExecutionTimedOut", { outcome: "timed_out", failure: { type: "Timeout" } }, {}],
    ["WorkflowExecutionCanceled", { outcome: "cancelled" }, {}],
    ["WorkflowExecutionTerminated", { outcome: "terminated", failure: { type: "Terminated" } }, {}],
    [
      "WorkflowExecutionContinuedAsNew",
      { outcome: "continued_as_new", links: [{ relation: "next_run", runId: "run-2" }] },
      { newExecutionRunId: "run-2" },
    ],
  ])("ends by %s", (type, expected, attributes) => {
    expect(traceOf([started, [type, attributes]])).toMatchObject(expected);
  });

  it.each([
    [
      ["WorkflowTaskFailed", { cause: "WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND" }],
      "unhandled command",
    ],
    [["WorkflowTaskFailed", { cause: "ResetWorkflow" }], "reset workflow"],
    [["WorkflowTaskFailed", { cause: 5 }], "cause 5"],
    [["WorkflowTaskFailed"], "workflow task failed"],
    [["WorkflowTaskTimedOut"], "workflow task timed out"],
  ] as const)("tells of the faulted workflow task %j: %s", (event, cause) => {
    expect(traceOf([started, event]).taskFaults).toMatchObject([{ cause }]);
  });
});

describe("an activity", () => {
  const scheduled: Told = [
    "ActivityTaskScheduled",
    { activityId: "a-1", activityType: { name: "charge" } },
  ];

  it("is keyed by its id and has the attempt that the history tells in full", () => {
    const step = stepOf(
      scheduled,
      ["ActivityTaskStarted", { scheduledEventId: "2", attempt: 3, lastFailure: declined }],
      ["ActivityTaskCompleted", { scheduledEventId: "2" }],
    );
    expect(step).toMatchObject({
      key: "activity:a-1",
      kind: "activity",
      name: "charge",
      id: "a-1",
      outcome: "completed",
      attempts: [
        { number: 1, observed: "count" },
        { number: 2, observed: "failure", failure: { type: "CardDeclined" } },
        { number: 3, observed: "full", outcome: "completed" },
      ],
    });
  });

  it.each<[string, object, object]>([
    [
      "ActivityTaskFailed",
      { failure: declined },
      { outcome: "failed", failure: { type: "CardDeclined" } },
    ],
    ["ActivityTaskFailed", { failure: { canceledFailureInfo: {} } }, { outcome: "cancelled" }],
    ["ActivityTaskFailed", { failure: { timeoutFailureInfo: {} } }, { outcome: "timed_out" }],
    ["ActivityTaskFailed", {}, { outcome: "failed" }],
    ["ActivityTaskTimedOut", {}, { outcome: "timed_out", failure: { type: "Timeout" } }],
    [
      "ActivityTaskTimedOut",
      { failure: { timeoutFailureInfo: {}, cause: declined } },
      { outcome: "timed_out", failure: { type: "Timeout", innermost: "CardDeclined" } },
    ],
    ["ActivityTaskCanceled", {}, { outcome: "cancelled" }],
  ])("ends by %s with %j", (type, attributes, expected) => {
    expect(stepOf(scheduled, [type, { scheduledEventId: "2", ...attributes }])).toMatchObject(
      expected,
    );
  });

  it("takes its event's id where it has none of its own, and words where it has no name", () => {
    expect(stepOf(["ActivityTaskScheduled"])).toMatchObject({
      key: "activity:2",
      name: "activity",
    });
  });

  it("is another step when its id is used again", () => {
    const keys = traceOf([started, scheduled, scheduled]).steps.map((step) => step.key);
    expect(keys).toEqual(["activity:a-1", "activity:a-1~2"]);
  });

  it("that runs locally is a step without attempts, told by its marker", () => {
    const data = { activity_id: "l-1", activity_type: "check", attempt: 2 };
    const details = { data: { payloads: [jsonPayload(data)] } };
    const marker = { markerName: "core_local_activity", details };
    expect(stepOf(["MarkerRecorded", marker])).toMatchObject({
      key: "local:l-1",
      name: "check",
      local: true,
      outcome: "completed",
      attempts: [],
    });
    expect(stepOf(["MarkerRecorded", { ...marker, failure: declined }])).toMatchObject({
      outcome: "failed",
      failure: { type: "CardDeclined" },
    });
  });

  it("is not what any other marker tells of", () => {
    expect(traceOf([started, ["MarkerRecorded", { markerName: "core_patch" }]]).steps).toEqual([]);
  });
});

describe("a timer", () => {
  const timer: Told = ["TimerStarted", { timerId: "7", startToFireTimeout: "60s" }];
  const task: readonly Told[] = [
    ["WorkflowTaskScheduled"],
    ["WorkflowTaskStarted"],
    ["WorkflowTaskCompleted"],
  ];
  const waitOf = (...events: Told[]): Step["wait"] =>
    stepNamed("timer:7", traceOf([started, timer, ...events])).wait;

  it("is a wait with a deadline, named by its summary", () => {
    const named: Told = ["TimerStarted", timer[1] ?? {}, { summary: jsonPayload("approval") }];
    expect(stepOf(named)).toMatchObject({
      key: "timer:7",
      kind: "wait",
      name: "approval",
      wait: { kind: "timer", deadline: Date.UTC(2026, 0, 1) + 61_000 },
    });
    expect(stepOf(timer).name).toBe("timer");
  });

  it("may have no limit and no id", () => {
    expect(stepOf(["TimerStarted"])).toMatchObject({ key: "timer:2", wait: { kind: "timer" } });
  });

  it("elapses when it fires", () => {
    expect(waitOf(["TimerFired", { startedEventId: "2" }])?.outcome).toBe("elapsed");
  });

  it("is resolved by the signal that its workflow task took in, by whom and by which", () => {
    const signal: Told = [
      "WorkflowExecutionSignaled",
      { signalName: "approve", identity: "alice" },
    ];
    expect(waitOf(signal, ...task, ["TimerCanceled", { startedEventId: "2" }])).toMatchObject({
      outcome: "resolved",
      resolvedBy: "alice",
      resolvedByStep: "event:3",
    });
  });

  it("is resolved by the update that its workflow task took in", () => {
    const request = { meta: { updateId: "u-1", identity: "bob" }, input: { name: "approve" } };
    const update: Told = ["WorkflowExecutionUpdateAccepted", { acceptedRequest: request }];
    expect(waitOf(...task, update, ["TimerCanceled", { startedEventId: "2" }])).toMatchObject({
      outcome: "resolved",
      resolvedBy: "bob",
      resolvedByStep: "update:u-1",
    });
  });

  it("is not resolved by a signal that an earlier workflow task took in", () => {
    const signal: Told = ["WorkflowExecutionSignaled", { identity: "alice" }];
    const wait = waitOf(signal, ...task, ...task, ["TimerCanceled", { startedEventId: "2" }]);
    expect(wait).toEqual({ kind: "timer", deadline: expect.any(Number), outcome: "resolved" });
  });

  it("is not resolved by what came in before its own workflow task began it", () => {
    const signal: Told = ["WorkflowExecutionSignaled", { identity: "alice" }];
    const cancelled: Told = ["TimerCanceled", { startedEventId: "6" }];
    const trace = traceOf([started, signal, ...task, timer, cancelled]);
    expect(stepNamed("timer:7", trace).wait).not.toHaveProperty("resolvedBy");
  });

  it("is cancelled with its run", () => {
    const request: Told = ["WorkflowExecutionCancelRequested"];
    expect(waitOf(request, ...task, ["TimerCanceled", { startedEventId: "2" }])?.outcome).toBe(
      "cancelled",
    );
  });

  it.each([
    ["hash", /^[0-9a-f]{16}$/],
    ["drop", /^none$/],
  ] as const)("tells who resolved it as the option %s lets it", (identities, expected) => {
    const signal: Told = ["WorkflowExecutionSignaled", { identity: "alice" }];
    const trace = traceOf(
      [started, timer, signal, ...task, ["TimerCanceled", { startedEventId: "2" }]],
      {
        identities,
      },
    );
    expect(stepNamed("timer:7", trace).wait?.resolvedBy ?? "none").toMatch(expected);
  });
});

describe("a message from outside", () => {
  it("is a step without a length for a signal, linked to its sender", () => {
    expect(stepOf(["WorkflowExecutionSignaled", { signalName: "approve", header }])).toMatchObject({
      key: "event:2",
      kind: "signal",
      name: "approve",
      scheduled: Date.UTC(2026, 0, 1) + 1000,
      ended: Date.UTC(2026, 0, 1) + 1000,
      links: [{ relation: "signal_sender", ...caller }],
    });
    expect(stepOf(["WorkflowExecutionSignaled"]).name).toBe("signal");
  });

  it("is a step for a request to cancel", () => {
    expect(stepOf(["WorkflowExecutionCancelRequested"])).toMatchObject({
      key: "cancel",
      name: "cancel",
      outcome: "completed",
    });
  });

  const accepted: Told = [
    "WorkflowExecutionUpdateAccepted",
    { acceptedRequest: { meta: { updateId: "u-1" }, input: { name: "approve", header } } },
  ];

  it("is a step from acceptance to answer for an update", () => {
    const answer: Told = ["WorkflowExecutionUpdateCompleted", { acceptedEventId: "2" }];
    expect(stepOf(accepted, answer)).toMatchObject({
      key: "update:u-1",
      kind: "update",
      name: "approve",
      outcome: "completed",
      links: [{ relation: "update_sender", ...caller }],
    });
  });

  it("fails when an update's handler does", () => {
    const outcome = { failure: declined };
    const answer: Told = ["WorkflowExecutionUpdateCompleted", { acceptedEventId: "2", outcome }];
    expect(stepOf(accepted, answer)).toMatchObject({
      outcome: "failed",
      failure: { type: "CardDeclined" },
    });
  });

  it("is found by its update id where the answer names no event", () => {
    const answer: Told = ["WorkflowExecutionUpdateCompleted", { meta: { updateId: "u-1" } }];
    expect(stepOf(accepted, answer).outcome).toBe("completed");
  });

  it("is keyed by what it has: its protocol instance, its event", () => {
    expect(
      stepOf(["WorkflowExecutionUpdateAccepted", { protocolInstanceId: "p-1" }]),
    ).toMatchObject({
      key: "update:p-1",
      name: "update",
    });
    expect(stepOf(["WorkflowExecutionUpdateAccepted"]).key).toBe("update:2");
  });
});

describe("a child", () => {
  const initiated: Told = [
    "StartChildWorkflowExecutionInitiated",
    { workflowId: "ship-1", workflowType: { name: "shipping" } },
  ];
  const childStarted: Told = [
    "ChildWorkflowExecutionStarted",
    { initiatedEventId: "2", workflowExecution: { workflowId: "ship-1", runId: "ship-run" } },
  ];

  it("is a step with a link to its run", () => {
    const step = stepOf(initiated, childStarted, [
      "ChildWorkflowExecutionCompleted",
      { initiatedEventId: "2" },
    ]);
    expect(step).toMatchObject({
      key: "child:ship-1",
      kind: "child_workflow",
      name: "shipping",
      outcome: "completed",
      links: [{ relation: "child", engine: "temporal", runId: "ship-run", workflowId: "ship-1" }],
    });
    expect(step.started).toBeDefined();
  });

  it("has no link where its run is not told", () => {
    const bare: Told = ["ChildWorkflowExecutionStarted", { initiatedEventId: "2" }];
    expect(stepOf(initiated, bare).links).toEqual([]);
    const run: Told = [
      "ChildWorkflowExecutionStarted",
      { initiatedEventId: "2", workflowExecution: { runId: "ship-run" } },
    ];
    expect(stepOf(initiated, run).links).toEqual([
      { relation: "child", engine: "temporal", runId: "ship-run" },
    ]);
  });

  it.each<[string, object, object]>([
    [
      "StartChildWorkflowExecutionFailed",
      {},
      { outcome: "failed", failure: { type: "ChildWorkflowNotStarted" } },
    ],
    [
      "ChildWorkflowExecutionFailed",
      { failure: declined },
      { outcome: "failed", failure: { type: "CardDeclined" } },
    ],
    [
      // Its activity timed out; the child itself failed.
      "ChildWorkflowExecutionFailed",
      { failure: { activityFailureInfo: {}, cause: { timeoutFailureInfo: {} } } },
      { outcome: "failed", failure: { type: "Timeout" } },
    ],
    ["ChildWorkflowExecutionCanceled", {}, { outcome: "cancelled" }],
    ["ChildWorkflowExecutionTimedOut", {}, { outcome: "timed_out" }],
    ["ChildWorkflowExecutionTerminated", {}, { outcome: "terminated" }],
  ])("ends by %s with %j", (type, attributes, expected) => {
    expect(stepOf(initiated, [type, { initiatedEventId: "2", ...attributes }])).toMatchObject(
      expected,
    );
  });

  it("takes its event's id where it has none of its own", () => {
    expect(stepOf(["StartChildWorkflowExecutionInitiated"])).toMatchObject({
      key: "child:2",
      name: "child",
    });
  });
});

describe("what is sent to other workflows", () => {
  it.each<[string, object, string, string]>([
    [
      "SignalExternalWorkflowExecutionInitiated",
      { signalName: "wake" },
      "signal-external:1",
      "wake",
    ],
    ["SignalExternalWorkflowExecutionInitiated", {}, "signal-external:1", "signal"],
    ["RequestCancelExternalWorkflowExecutionInitiated", {}, "cancel-external:1", "cancel"],
  ])("is a step: %s with %j", (type, attributes, key, name) => {
    expect(stepOf([type, attributes])).toMatchObject({ key, name, kind: "signal" });
  });

  it.each([
    ["SignalExternalWorkflowExecutionInitiated", "ExternalWorkflowExecutionSignaled", "completed"],
    ["SignalExternalWorkflowExecutionInitiated", "SignalExternalWorkflowExecutionFailed", "failed"],
    [
      "RequestCancelExternalWorkflowExecutionInitiated",
      "ExternalWorkflowExecutionCancelRequested",
      "completed",
    ],
    [
      "RequestCancelExternalWorkflowExecutionInitiated",
      "RequestCancelExternalWorkflowExecutionFailed",
      "failed",
    ],
  ])("%s ends by %s", (begin, end, outcome) => {
    expect(stepOf([begin], [end, { initiatedEventId: "2" }]).outcome).toBe(outcome);
  });

  it.each([
    ["SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE_EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND"],
    ["ExternalWorkflowExecutionNotFound"],
    [1],
  ])("says why it failed: %s", (cause) => {
    const step = stepOf(
      ["SignalExternalWorkflowExecutionInitiated"],
      ["SignalExternalWorkflowExecutionFailed", { initiatedEventId: "2", cause }],
    );
    expect(step.failure).toEqual({ type: "ExternalWorkflowExecutionNotFound" });
  });

  it("is a failure without a name where its cause is new or absent", () => {
    const failureOf = (cause: unknown): unknown =>
      stepOf(
        ["RequestCancelExternalWorkflowExecutionInitiated"],
        ["RequestCancelExternalWorkflowExecutionFailed", { initiatedEventId: "2", cause }],
      ).failure;
    expect(failureOf(undefined)).toEqual({ type: "Error" });
    expect(failureOf(99)).toEqual({ type: "Error" });
    expect(failureOf("CANCEL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE_OUT_OF_LUCK")).toEqual({
      type: "OUT_OF_LUCK",
    });
  });

  it("is no step where a child is cancelled, and does not count", () => {
    const request = "RequestCancelExternalWorkflowExecutionInitiated";
    const trace = traceOf([
      started,
      [request, { childWorkflowOnly: true }],
      ["ExternalWorkflowExecutionCancelRequested", { initiatedEventId: "2" }],
      [request, { childWorkflowOnly: true }],
      ["RequestCancelExternalWorkflowExecutionFailed", { initiatedEventId: "4", cause: 1 }],
      [request, {}],
    ]);
    expect(trace.steps.map(({ key, id }) => ({ key, id }))).toEqual([
      { key: "cancel-external:1", id: "6" },
    ]);
  });
});

describe("a Nexus operation", () => {
  const scheduled: Told = ["NexusOperationScheduled", { service: "payments", operation: "charge" }];

  it("is a step, numbered since it has no stable id", () => {
    const step = stepOf(scheduled, ["NexusOperationStarted", { scheduledEventId: "2" }]);
    expect(step).toMatchObject({ key: "nexus:1", kind: "nexus", name: "payments/charge" });
    expect(step.started).toBeDefined();
    expect(stepOf(["NexusOperationScheduled"]).name).toBe("nexus operation");
  });

  it.each<[string, object, object]>([
    ["NexusOperationCompleted", {}, { outcome: "completed" }],
    [
      "NexusOperationFailed",
      { failure: { nexusOperationExecutionFailureInfo: {}, cause: declined } },
      { outcome: "failed", failure: { type: "CardDeclined" } },
    ],
    ["NexusOperationCanceled", {}, { outcome: "cancelled" }],
    ["NexusOperationTimedOut", {}, { outcome: "timed_out" }],
  ])("ends by %s with %j", (type, attributes, expected) => {
    expect(stepOf(scheduled, [type, { scheduledEventId: "2", ...attributes }])).toMatchObject(
      expected,
    );
  });
});

it("tells no failure's message when told to drop them", () => {
  const failed: Told = ["WorkflowExecutionFailed", { failure: declined }];
  expect(traceOf([started, failed]).failure).toEqual({ type: "CardDeclined", message: "no" });
  expect(traceOf([started, failed], { failureMessages: "drop" }).failure).toEqual({
    type: "CardDeclined",
  });
});

it("says nothing of events that are plumbing", () => {
  const plumbing = ["UpsertWorkflowSearchAttributes", "ActivityTaskCancelRequested"];
  expect(traceOf([started, ...plumbing.map((type): Told => [type])]).steps).toEqual([]);
});
