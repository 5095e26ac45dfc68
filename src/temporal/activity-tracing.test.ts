import { describe, expect, it } from "vitest";
import { runIds } from "../core/ids.ts";
import type { TraceOptions } from "../core/trace-options.ts";
import { activeIdentity } from "../correlation/active-identity.ts";
import { nodeSha256 } from "../correlation/node-sha256.ts";
import type { SpanRecord } from "../projection/span-record.ts";
import { type ActivityInfo, activityAttempt } from "./activity-tracing.ts";

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

async function traced(
  execute: () => Promise<unknown>,
  over: Partial<ActivityInfo> = {},
  options: TraceOptions = {},
): Promise<{ spans: SpanRecord[]; error?: unknown; value?: unknown }> {
  const spans: SpanRecord[] = [];
  let clock = 5000;
  const attempt = activityAttempt(
    { ...info, ...over },
    options,
    (some) => spans.push(...some),
    () => (clock += 10),
  );
  try {
    return { spans, value: await attempt?.run(execute) };
  } catch (error) {
    return { spans, error };
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
    const attempt = activityAttempt(info, {}, (some) => spans.push(...some));
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
    const attempt = activityAttempt(info, {}, () => {
      throw new Error("exporter");
    });
    await expect(attempt?.run(() => Promise.resolve("result"))).resolves.toBe("result");
  });

  it("is none where no workflow started the activity", () => {
    const { workflowExecution: _, ...standalone } = info;
    expect(activityAttempt(standalone, {}, () => undefined)).toBeUndefined();
  });
});
