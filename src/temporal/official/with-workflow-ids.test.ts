import { expect, test, vi } from "vitest";
import { runWithActivity } from "../../../test/doubles/running-activity.ts";
import { property } from "../../host/property.ts";
import { type WorkflowIdsOptions, withWorkflowIds } from "./with-workflow-ids.ts";

type Fields = Record<string, unknown>;

const CONTEXT = { traceId: "a".repeat(32), spanId: "b".repeat(16), traceFlags: 1 };

/** What the worker's side of the interceptors puts on every span of the isolate, secrets among it. */
const INFO = {
  workflowId: "order-1",
  runId: "run-1",
  workflowType: "orderSaga",
  namespace: "default",
  taskQueue: "orders",
  firstExecutionRunId: "run-0",
  attempt: 1,
  memo: { note: "SECRET" },
  searchAttributes: { customer: ["SECRET"] },
  lastResult: "SECRET",
  cronSchedule: "SECRET",
  parent: { workflowId: "parent-1", runId: "run-p" },
  root: { workflowId: "root-1", runId: "run-r" },
  unsafe: { isReplaying: false },
};

const SCOPES = ["instrumentationLibrary", "instrumentationScope"] as const;

function span(name: string, attributes: Fields = {}, more: Fields = {}): Fields {
  const where = /^(?:Run|Start)Activity:/.test(name) ? "activity" : "workflow";
  return {
    name,
    kind: 0,
    spanContext: () => CONTEXT,
    startTime: [1, 0],
    endTime: [2, 0],
    duration: [1, 0],
    status: { code: 1 },
    attributes,
    links: [],
    events: [],
    ended: true,
    resource: { attributes: { "service.name": "orders" } },
    instrumentationLibrary: {
      name: `@temporalio/interceptor-${name.startsWith("StartActivity") ? "workflow" : where}`,
    },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
    ...more,
  };
}

/** Hands spans over as an SDK does, begun and ended, and gives what reaches the processor inside. */
function through(spans: readonly unknown[], options?: WorkflowIdsOptions): unknown[] {
  const ended: unknown[] = [];
  const processor = withWorkflowIds(
    {
      onStart: () => undefined,
      onEnd: (given: unknown) => void ended.push(given),
      forceFlush: () => Promise.resolve(),
      shutdown: () => Promise.resolve(),
    },
    options,
  );
  for (const each of spans) {
    processor.onStart(each, undefined);
    processor.onEnd(each);
  }
  return ended;
}

const one = (each: unknown, options?: WorkflowIdsOptions): Fields =>
  Object(through([each], options)[0]);

test("three spellings of the ids become the vocabulary's", () => {
  const client = one(
    span(
      "StartWorkflow:orderSaga",
      { temporalWorkflowId: "order-1", run_id: "run-1" },
      { instrumentationLibrary: { name: "@temporalio/interceptor-client" } },
    ),
  );
  const workflow = one(span("RunWorkflow:orderSaga", INFO));
  const logs = one(span("RunActivity:chargeCard", { workflowRunId: "run-1" }));
  for (const { attributes } of [client, workflow, logs]) {
    expect(attributes).toMatchObject({ "workflow.run_id": "run-1", temporalRunID: "run-1" });
    for (const old of ["run_id", "runId", "workflowRunId", "workflowId", "temporalWorkflowId"])
      expect(attributes).not.toHaveProperty(old);
  }
  expect(client).toMatchObject({ name: "start orderSaga", kind: 3 });
  expect(client["attributes"]).toEqual({
    "workflow.engine": "temporal",
    "workflow.id": "order-1",
    "workflow.run_id": "run-1",
    "workflow.type": "orderSaga",
    temporalWorkflowID: "order-1",
    temporalRunID: "run-1",
  });
});

/** What is told of {@link INFO}. */
const IDS_OF_INFO = {
  "workflow.engine": "temporal",
  "workflow.id": "order-1",
  "workflow.run_id": "run-1",
  "workflow.first_run_id": "run-0",
  "workflow.type": "orderSaga",
  "workflow.namespace": "default",
  "workflow.task_queue": "orders",
  "workflow.parent.id": "parent-1",
  "workflow.root.id": "root-1",
  temporalWorkflowID: "order-1",
  temporalRunID: "run-1",
};

test("nothing of WorkflowInfo but the ids stays on a workflow's span", () => {
  const run = one(span("RunWorkflow:orderSaga", { ...INFO, "order.id": "42", note: "SECRET" }));
  expect(run["attributes"]).toEqual({
    ...IDS_OF_INFO,
    "workflow.outcome": "completed",
    "order.id": "42",
  });
  expect(JSON.stringify(run)).not.toContain("SECRET");
});

test("a span that workflow code makes by itself keeps name and kind, and loses WorkflowInfo, too", () => {
  const mine = { instrumentationLibrary: { name: "mine" }, kind: 2 };
  const own = one(span("price: lookup", { ...INFO, "order.id": "42" }, mine));
  expect(own).toMatchObject({ name: "price: lookup", kind: 2 });
  expect(own["attributes"]).toEqual({
    ...IDS_OF_INFO,
    "order.id": "42",
  });
  expect(JSON.stringify(own)).not.toContain("SECRET");
});

test("attributes that the user names stay under their own names", () => {
  const run = one(span("RunWorkflow:orderSaga", { ...INFO, orderNote: "mine" }), {
    keepAttributes: ["orderNote", "runId"],
  });
  expect(run["attributes"]).toMatchObject({ orderNote: "mine", runId: "run-1" });
  expect(run["attributes"]).not.toHaveProperty("memo");
});

test.each([
  ["RunWorkflow:orderSaga", "orderSaga", 0],
  ["StartActivity:chargeCard", "chargeCard", 2],
  ["HandleSignal:approve", "HandleSignal:approve", 0],
  ["SignalWorkflow:approve", "SignalWorkflow:approve", 3],
  ["QueryWorkflow:state", "QueryWorkflow:state", 2],
  ["TerminateWorkflow", "TerminateWorkflow", 2],
  ["StartChildWorkflow:ship", "StartChildWorkflow:ship", 3],
  ["RunStartNexusOperation:s/o", "RunStartNexusOperation:s/o", 1],
  ["SomethingNew:x", "SomethingNew:x", 0],
])("%s is told as %s with kind %d", (name, told, kind) => {
  expect(one(span(name, INFO))).toMatchObject({ name: told, kind });
});

test("a run with a caller is a SERVER span", () => {
  const parentSpanId = "c".repeat(16);
  expect(one(span("RunWorkflow:orderSaga", INFO, { parentSpanId }))).toMatchObject({ kind: 1 });
});

test("names stay when asked", () => {
  const kept = one(span("RunWorkflow:orderSaga", INFO), { names: "keep" });
  expect(kept).toMatchObject({ name: "RunWorkflow:orderSaga" });
  expect(kept["attributes"]).toMatchObject({ "workflow.id": "order-1" });
});

test("an attempt is told by the activity that its span begins in", () => {
  const activity = {
    attempt: 3,
    workflowType: "orderSaga",
    workflowNamespace: "default",
    taskQueue: "orders",
    isLocal: true,
  };
  const ids = { temporalActivityId: "7", temporalWorkflowId: "order-1", run_id: "run-1" };
  const attempt = runWithActivity(activity, () => one(span("RunActivity:chargeCard", ids)));
  expect(attempt).toMatchObject({ name: "chargeCard attempt 3", kind: 4 });
  expect(attempt["attributes"]).toEqual({
    "workflow.engine": "temporal",
    "workflow.id": "order-1",
    "workflow.run_id": "run-1",
    "workflow.type": "orderSaga",
    "workflow.namespace": "default",
    "workflow.task_queue": "orders",
    "workflow.step.name": "chargeCard",
    "workflow.step.kind": "activity",
    "workflow.step.id": "7",
    "workflow.step.attempt": 3,
    "workflow.step.local": true,
    "workflow.outcome": "completed",
    temporalWorkflowID: "order-1",
    temporalRunID: "run-1",
    temporalActivityID: "7",
  });
});

test("an attempt whose number nobody tells keeps its name", () => {
  expect(one(span("RunActivity:chargeCard"))).toMatchObject({ name: "RunActivity:chargeCard" });
});

const failure = (type: string): Fields => ({
  status: { code: 2, message: "no money" },
  events: [
    { name: "mark", time: [1, 0] },
    {
      name: "exception",
      time: [1, 5],
      attributes: {
        "exception.type": type,
        "exception.message": "no money",
        "exception.stacktrace": "at /home/me/secret.ts",
      },
    },
  ],
});

test("a failure keeps status, type and message, and loses its stack trace", () => {
  const failed = one(span("StartActivity:chargeCard", INFO, failure("ActivityFailure")));
  expect(failed["status"]).toEqual({ code: 2, message: "no money" });
  expect(failed["events"]).toEqual([
    { name: "mark", time: [1, 0] },
    {
      name: "exception",
      time: [1, 5],
      attributes: { "exception.type": "ActivityFailure", "exception.message": "no money" },
    },
  ]);
  expect(failed["attributes"]).toMatchObject({
    "workflow.outcome": "failed",
    "error.type": "ActivityFailure",
    "error.message": "no money",
  });
});

test("an exception that the activity handled and recorded by itself fails nothing", () => {
  const { events } = failure("GatewayTimeout");
  const handled = one(span("RunActivity:chargeCard", {}, { events, status: { code: 1 } }));
  expect(handled["attributes"]).toMatchObject({ "workflow.outcome": "completed" });
  expect(handled["attributes"]).not.toHaveProperty("error.type");
  const benign = one(span("RunActivity:chargeCard", {}, { events, status: { code: 0 } }));
  expect(benign["attributes"]).toMatchObject({ "workflow.outcome": "failed" });
});

test("messages of failures are dropped when asked", () => {
  const failed = one(span("StartActivity:chargeCard", INFO, failure("ActivityFailure")), {
    failureMessages: "drop",
  });
  expect(JSON.stringify(failed)).not.toContain("no money");
  expect(failed["status"]).toEqual({ code: 2 });
});

test("a cancelled run is told as cancelled", () => {
  const cancelled = one(span("RunWorkflow:orderSaga", INFO, failure("CancelledFailure")));
  expect(cancelled["attributes"]).toMatchObject({ "workflow.outcome": "cancelled" });
});

test("a run that continued as new is told so, once", () => {
  const outcomes = through([
    span("ContinueAsNew:orderSaga", INFO),
    span("RunWorkflow:orderSaga", INFO),
    span("RunWorkflow:orderSaga", INFO),
  ]).map((each) => property(property(each, "attributes"), "workflow.outcome"));
  expect(outcomes).toEqual([undefined, "continued_as_new", "completed"]);
});

test("spans of a tracer of the application's own are known by their ids", () => {
  const scope = { instrumentationLibrary: { name: "mine" } };
  const theirs = one(
    span("RunActivity:chargeCard", { temporalActivityId: "7", mine: "kept" }, scope),
  );
  expect(theirs["attributes"]).toMatchObject({ "workflow.step.id": "7", mine: "kept" });
});

test("an attempt of such a tracer is told though its ids come only after its begin", () => {
  const ended: unknown[] = [];
  const processor = withWorkflowIds({
    onStart: () => undefined,
    onEnd: (given: unknown) => void ended.push(given),
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  });
  const attributes: Fields = {};
  const scope = { instrumentationLibrary: { name: "mine" } };
  const given = span("RunActivity:chargeCard", attributes, scope);
  runWithActivity({ attempt: 2 }, () => processor.onStart(given, undefined));
  attributes["temporalActivityId"] = "7";
  processor.onEnd(given);
  expect(ended).toMatchObject([{ name: "chargeCard attempt 2" }]);
});

test("spans of other instrumentations are handed on untouched", () => {
  const others = [
    span("GET /", { memo: "mine" }, { instrumentationLibrary: { name: "http" } }),
    span("RunActivity:mine", {}, { instrumentationLibrary: { name: "mine" } }),
    // Some of WorkflowInfo's names, and not all of them.
    span("job", { workflowId: "w", runId: "r" }, { instrumentationLibrary: { name: "ci" } }),
    { name: 7 },
    "no span",
    null,
  ];
  expect(through(others)).toEqual(others);
  expect(through(others)[0]).toBe(others[0]);
});

test.each(SCOPES)("the copy has the fields of every SDK, made of the %s shape", (scope) => {
  const parent = "c".repeat(16);
  const given = span("RunWorkflow:orderSaga", INFO, { instrumentationLibrary: undefined });
  const shape =
    scope === "instrumentationLibrary"
      ? { parentSpanId: parent }
      : { parentSpanContext: { ...CONTEXT, spanId: parent } };
  const copy = one({ ...given, ...shape, [scope]: { name: "@temporalio/interceptor-workflow" } });
  expect(copy).toMatchObject({
    parentSpanId: parent,
    parentSpanContext: { ...CONTEXT, spanId: parent },
    instrumentationScope: { name: "@temporalio/interceptor-workflow" },
    instrumentationLibrary: { name: "@temporalio/interceptor-workflow" },
    startTime: [1, 0],
    resource: { attributes: { "service.name": "orders" } },
  });
  expect(Reflect.apply(Object(copy["spanContext"]), undefined, [])).toEqual(CONTEXT);
});

test("getters of a span class are read, and the span itself is not changed", () => {
  class SdkSpan {
    readonly name = "RunWorkflow:orderSaga";
    readonly attributes = { ...INFO };
    readonly instrumentationScope = { name: "@temporalio/interceptor-workflow" };
    readonly #end = [2, 0];
    spanContext(): object {
      return this.#end && CONTEXT;
    }
    get endTime(): unknown {
      return this.#end;
    }
  }
  const given = new SdkSpan();
  const copy = one(given);
  expect(copy).toMatchObject({ name: "orderSaga", endTime: [2, 0], events: [] });
  expect(given.attributes).toEqual(INFO);
});

test("a span of theirs that cannot be read is left out, and its processor is not reached", () => {
  const broken = span("RunWorkflow:orderSaga", INFO);
  const nameless = span("RunActivity:chargeCard");
  const unreadable = {
    get(): never {
      throw new Error("no");
    },
  };
  Object.defineProperty(broken, "events", unreadable);
  Object.defineProperty(nameless, "name", unreadable);
  expect(through([broken, nameless])).toEqual([]);
});

test("calls and their results go on to the processor inside", async () => {
  const inner = {
    onStart: vi.fn<(given: object, context: string) => void>(),
    onEnding: vi.fn<(given: object) => void>(),
    onEnd: vi.fn<(given: object) => void>(),
    forceFlush: vi.fn<() => Promise<void>>(() => Promise.reject(new Error("flush"))),
    shutdown: vi.fn<() => Promise<void>>(() => Promise.resolve()),
  };
  const processor = withWorkflowIds(inner);
  const given = span("GET /", {}, { instrumentationLibrary: { name: "http" } });
  processor.onStart(given, "context");
  processor.onEnding?.(given);
  expect(inner.onStart).toHaveBeenCalledWith(given, "context");
  expect(inner.onEnding).toHaveBeenCalledWith(given);
  await expect(processor.forceFlush()).rejects.toThrow("flush");
  await processor.shutdown();
  expect(inner.shutdown).toHaveBeenCalledOnce();
});

test("set-up mistakes are said", () => {
  expect(() => withWorkflowIds(Object({}))).toThrow(/wraps a span processor/);
  const exporter = { onEnd: () => undefined, forceFlush: () => undefined };
  expect(() => withWorkflowIds(Object(exporter))).toThrow(
    expect.objectContaining({
      code: "WORKFLOW_IDS_OPTION",
      message: expect.stringContaining("this has no onStart"),
    }),
  );
  expect(() => through([], Object({ name: "keep" }))).toThrow(
    'withWorkflowIds has no option "name"; it has names, keepAttributes, failureMessages',
  );
});
