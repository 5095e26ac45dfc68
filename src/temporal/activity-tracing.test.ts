import { CancelledFailure } from "@temporalio/common";
import { describe, expect, it, vi } from "vitest";
import { runWithActivity } from "../../test/doubles/running-activity.ts";
import { runIds } from "../core/ids.ts";
import type { TraceOptions } from "../core/trace-options.ts";
import { activeIdentity } from "../correlation/active-identity.ts";
import { nodeSha256 } from "../host/node-sha256.ts";
import type { SpanRecord } from "../projection/span-record.ts";
import { type AttemptTelemetry, activityAttempt } from "./activity-tracing.ts";
import type { Notes, WantedNotes } from "./notes.ts";
import type { Emit } from "./provisional-spans.ts";
import type { ActivityInfo } from "./running-activity.ts";
import { servers } from "./server-questions.ts";
import { timedOutAttempts } from "./timed-out-attempts.ts";

const info: ActivityInfo = {
  activityId: "7",
  activityType: "chargeCard",
  attempt: 2,
  isLocal: false,
  taskQueue: "orders",
  currentAttemptScheduledTimestampMs: 1000,
  workflowExecution: { workflowId: "order-1", runId: "run-1" },
  workflowNamespace: "shop",
  workflowType: "saga",
};
const ids = runIds("temporal", "run-1", nodeSha256);

const BOTH: WantedNotes = { measurements: true, events: true };

const telemetry = (emit: Emit, wanted = BOTH): AttemptTelemetry => ({
  emit,
  wanted: () => wanted,
  timedOut: timedOutAttempts(servers()),
});

async function traced(
  execute: () => Promise<unknown>,
  over: Partial<ActivityInfo> = {},
  options: TraceOptions = {},
  wanted: WantedNotes = BOTH,
): Promise<{ spans: SpanRecord[]; error?: unknown; value?: unknown; notes: Notes[] }> {
  const spans: SpanRecord[] = [];
  const notes: Notes[] = [];
  let clock = 5000;
  const attempt = activityAttempt(
    { ...info, ...over },
    options,
    telemetry((some, more) => {
      spans.push(...some);
      notes.push(more);
    }, wanted),
    () => (clock += 10),
  );
  try {
    return { spans, notes, value: await attempt?.run(execute) };
  } catch (error) {
    return { spans, notes, error };
  }
}

const withType = (type: string, more: object = {}): Error =>
  Object.assign(new Error("no"), { name: "ApplicationFailure", type, ...more });

describe("an activity's attempt", () => {
  it("is a CONSUMER span with the derived ids, below its step", async () => {
    const result = {};
    const { spans, value } = await traced(() => Promise.resolve(result));
    expect(value).toBe(result);
    expect(spans).toMatchObject([
      {
        traceId: ids.traceId,
        spanId: ids.attempt("activity:7#2"),
        parentSpanId: ids.span("activity:7"),
        name: "chargeCard attempt 2",
        kind: "CONSUMER",
        startTime: 5010,
        endTime: 5020,
        status: { code: "UNSET" },
        attributes: {
          "workflow.id": "order-1",
          "workflow.namespace": "shop",
          "workflow.type": "saga",
          "workflow.task_queue": "orders",
          "workflow.step.name": "chargeCard",
          "workflow.step.id": "7",
          "workflow.step.attempt": 2,
          "workflow.outcome": "completed",
          temporalActivityID: "7",
        },
      },
    ]);
    // The worker of an attempt does not know of the chain of runs, so it claims nothing.
    expect(spans[0]?.attributes).not.toHaveProperty("workflow.first_run_id");
  });

  it.each([
    [withType("CardDeclined"), "ERROR", "failed", "CardDeclined"],
    [new TypeError("no"), "ERROR", "failed", "TypeError"],
    ["a text", "ERROR", "failed", "Error"],
    [withType("Expected", { category: "BENIGN" }), "UNSET", "failed", "Expected"],
    [
      Object.assign(new Error("stop"), { name: "CancelledFailure" }),
      "UNSET",
      "cancelled",
      undefined,
    ],
    [
      Object.assign(new Error("later"), { name: "CompleteAsyncError" }),
      "UNSET",
      "completed",
      undefined,
    ],
  ])(
    "that throws %s has status %s, and the very same error goes on",
    async (thrown, status, outcome, type) => {
      const { spans, error } = await traced(() => Promise.reject(thrown));
      expect(error).toBe(thrown);
      expect(spans[0]?.status.code).toBe(status);
      expect(spans[0]?.attributes["workflow.outcome"]).toBe(outcome);
      expect(spans[0]?.attributes["error.type"]).toBe(type);
    },
  );

  it("keeps, drops or rewrites the message as it is told", async () => {
    const message = async (failureMessages: TraceOptions["failureMessages"]): Promise<unknown> =>
      (
        await traced(
          () => Promise.reject(withType("T")),
          {},
          { ...(failureMessages !== undefined && { failureMessages }) },
        )
      ).spans[0]?.attributes["error.message"];
    expect(await message(undefined)).toBe("no");
    expect(await message("drop")).toBeUndefined();
    expect(await message((text) => `${text}!`)).toBe("no!");
  });

  it("of a server that skips time begins when it was scheduled, not days before", async () => {
    const { spans } = await traced(() => Promise.resolve(), {
      currentAttemptScheduledTimestampMs: 90_000,
    });
    expect(spans[0]).toMatchObject({ startTime: 90_000, endTime: 90_010 });
  });

  it("of a local activity has a key of its own", async () => {
    const { spans } = await traced(() => Promise.resolve(), { isLocal: true });
    expect(spans[0]).toMatchObject({
      spanId: ids.attempt("local:7#2"),
      parentSpanId: ids.span("local:7"),
      attributes: { "workflow.step.local": true },
    });
  });

  it("of an id that was used before takes the key that the recorder put on it", async () => {
    const spans: SpanRecord[] = [];
    const attempt = activityAttempt(
      info,
      {},
      telemetry((some) => spans.push(...some)),
    );
    const active = await attempt?.run(() => Promise.resolve(activeIdentity()), "activity:7~2");
    expect(spans).toMatchObject([
      { spanId: ids.attempt("activity:7~2#2"), parentSpanId: ids.span("activity:7~2") },
    ]);
    expect(active?.spanId).toBe(spans[0]?.spanId);
  });

  it("makes its identity active for what runs in it", async () => {
    const { value } = await traced(async () => {
      await Promise.resolve();
      return activeIdentity();
    });
    expect(value).toMatchObject({
      workflowId: "order-1",
      stepName: "chargeCard",
      attempt: 2,
      spanId: ids.attempt("activity:7#2"),
    });
    expect(activeIdentity()).toBeUndefined();
  });

  it("is not harmed by an emitter that throws", async () => {
    const attempt = activityAttempt(
      info,
      {},
      telemetry(() => {
        throw new Error("exporter");
      }),
    );
    await expect(attempt?.run(() => Promise.resolve("result"))).resolves.toBe("result");
  });

  it("is none where no workflow started the activity", () => {
    const { workflowExecution: _, ...standalone } = info;
    expect(
      activityAttempt(
        standalone,
        {},
        telemetry(() => undefined),
      ),
    ).toBeUndefined();
  });
});

describe("what an attempt measures", () => {
  const labels = { "workflow.engine": "temporal", "workflow.type": "saga" };
  const fails = (error: Error) => async (): Promise<never> => {
    throw error;
  };

  it("is how long it waited for its worker, by the queue", async () => {
    const { notes } = await traced(() => Promise.resolve());
    expect(notes).toEqual([
      {
        measurements: [
          {
            instrument: "scheduleToStart",
            value: 4.01,
            labels: { ...labels, "workflow.task_queue": "orders" },
            key: "activity:7#2",
          },
        ],
        events: [],
      },
    ]);
  });

  it("is nothing of that when it runs in the workflow's own worker", async () => {
    const { notes } = await traced(() => Promise.resolve(), { isLocal: true });
    expect(notes).toEqual([{ measurements: [], events: [] }]);
  });

  it("is a retry, and a line about it, when it fails and the server tries again", async () => {
    const { notes } = await traced(fails(withType("GatewayTimeout")), {
      retryPolicy: { maximumAttempts: 3 },
    });
    expect(notes[0]?.measurements.at(-1)).toEqual({
      instrument: "stepRetries",
      value: 1,
      labels: {
        ...labels,
        "workflow.step.name": "chargeCard",
        "error.type": "GatewayTimeout",
      },
      key: "activity:7#2",
    });
    expect(notes[0]?.events).toMatchObject([
      {
        name: "workflow.step.retried",
        body: "chargeCard attempt 2 failed (GatewayTimeout); it is tried again",
        spanId: ids.attempt("activity:7#2"),
      },
    ]);
  });

  it("is the retry that it is, where the server says that the attempt before timed out", async () => {
    const told: Notes[] = [];
    const late = { attempt: 3, lastFailure: { timeoutFailureInfo: {} } };
    const server = {
      describe: async (): Promise<unknown> => ({
        pendingActivities: [{ activityId: "7", ...late }],
      }),
      newestEvents: () => Promise.reject(new Error("not asked")),
    };
    const began = { currentAttemptScheduledTimestampMs: 9000, startToCloseTimeoutMs: 5000 };
    const attempt = activityAttempt(
      { ...info, ...began, attempt: 3, scheduledTimestampMs: 0 },
      {},
      { ...telemetry((_spans, notes) => told.push(notes)), timedOut: timedOutAttempts(server) },
      () => 9000,
    );
    await attempt?.run(
      () => vi.waitUntil(() => told.length === 1).then(() => undefined),
      "activity:7~2",
    );
    expect(told[0]?.measurements).toEqual([
      {
        instrument: "stepRetries",
        value: 1,
        labels: { ...labels, "workflow.step.name": "chargeCard", "error.type": "Timeout" },
        key: "activity:7~2#2",
      },
    ]);
    expect(told[0]?.events).toMatchObject([
      {
        name: "workflow.step.retried",
        time: 9000,
        body: "chargeCard attempt 2 failed (Timeout); it is tried again",
        spanId: ids.attempt("activity:7~2#2"),
      },
    ]);
  });

  it("is no retry when the attempt ended too late: its time-out is the next one's to tell", async () => {
    const late = { startToCloseTimeoutMs: 10 };
    const { notes, spans } = await traced(fails(withType("Busy")), late);
    expect(notes[0]?.measurements.map(({ instrument }) => instrument)).toEqual(["scheduleToStart"]);
    expect(spans[0]?.attributes["workflow.outcome"]).toBe("failed");
    const inTime = await traced(fails(withType("Busy")), { startToCloseTimeoutMs: 60_000 });
    expect(inTime.notes[0]?.measurements).toHaveLength(2);
  });

  it("is a time-out when the worker's end cancels what had outlived its time", async () => {
    const controller = new AbortController();
    controller.abort(new CancelledFailure("WORKER_SHUTDOWN"));
    const stopped = fails(new CancelledFailure("WORKER_SHUTDOWN"));
    const infos = [
      { startToCloseTimeoutMs: 5 },
      { startToCloseTimeoutMs: 60_000 },
      { startToCloseTimeoutMs: 60_000, isLocal: true },
    ];
    const endings = infos.map((over) =>
      runWithActivity({}, () => traced(stopped, over), controller.signal),
    );
    const types = (await Promise.all(endings)).map(({ spans, notes }) => [
      spans[0]?.attributes["error.type"],
      notes[0]?.events.length,
    ]);
    expect(types).toEqual([
      ["Timeout", 0],
      ["WorkerShutdown", 1],
      // The next worker begins a local activity anew.
      [undefined, 0],
    ]);
  });

  it.each([
    ["measurements", { measurements: false, events: true }, [0, 1]],
    ["lines", { measurements: true, events: false }, [2, 0]],
  ] as const)("has no %s where nothing takes them", async (_what, wanted, lengths) => {
    const { notes } = await traced(fails(withType("Busy")), {}, {}, wanted);
    expect(notes.map(({ measurements, events }) => [measurements.length, events.length])).toEqual([
      lengths,
    ]);
  });

  it.each([
    ["the last attempt", withType("Busy"), { retryPolicy: { maximumAttempts: 2 } }],
    ["a final failure", withType("Busy", { nonRetryable: true }), {}],
    ["a cancelled one", withType("x", { name: "CancelledFailure" }), {}],
  ])("is no retry of %s", async (_what, error, over) => {
    const { notes } = await traced(fails(error), over);
    expect(notes[0]?.measurements.map(({ instrument }) => instrument)).toEqual(["scheduleToStart"]);
    expect(notes[0]?.events).toEqual([]);
  });
});
