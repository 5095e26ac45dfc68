import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runIds } from "../core/ids.ts";
import { nodeSha256 } from "../host/node-sha256.ts";
import type { SpanRecord } from "../projection/span-record.ts";
import { clientInterceptor } from "./client-tracing.ts";
import { headerLink, TRACE_HEADER } from "./workflow/trace-header.ts";

const caller = { traceId: "a".repeat(32), spanId: "b".repeat(16), traceFlags: 1 };
const ids = runIds("temporal", "run-1", nodeSha256);
const input = { workflowType: "saga", headers: {}, options: { workflowId: "order-1" } };

const asCaller = <Value>(run: () => Promise<Value>): Promise<Value> =>
  context.with(trace.setSpan(context.active(), trace.wrapSpanContext(caller)), run);

describe("the client interceptor", () => {
  beforeAll(
    () => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()),
  );
  afterAll(() => context.disable());

  it("emits a PRODUCER span in the caller's trace, linked to the run, and tells the run of its caller", async () => {
    const spans: SpanRecord[] = [];
    const client = clientInterceptor(
      () => "shop",
      (some) => spans.push(...some),
    );
    let headers: Readonly<Record<string, unknown>> = {};
    const output = await asCaller(() =>
      client.startWithDetails(input, (sent) => {
        ({ headers } = sent);
        return Promise.resolve({ runId: "run-1", eagerlyStarted: false });
      }),
    );
    expect(output).toEqual({ runId: "run-1", eagerlyStarted: false });
    expect(spans).toMatchObject([
      {
        name: "start saga",
        kind: "PRODUCER",
        traceId: caller.traceId,
        parentSpanId: caller.spanId,
        spanId: ids.span("start"),
        links: [{ traceId: ids.traceId, spanId: ids.span("run") }],
        attributes: {
          "workflow.id": "order-1",
          "workflow.run_id": "run-1",
          "workflow.namespace": "shop",
        },
      },
    ]);
    expect(headerLink(headers, "caller")).toEqual({
      relation: "caller",
      traceId: caller.traceId,
      spanId: caller.spanId,
    });
  });

  it("takes an active span with ids of zeros for none", async () => {
    const spans: SpanRecord[] = [];
    const client = clientInterceptor(
      () => "shop",
      (some) => spans.push(...some),
    );
    const empty = trace.wrapSpanContext({
      traceId: "0".repeat(32),
      spanId: "0".repeat(16),
      traceFlags: 0,
    });
    await context.with(trace.setSpan(context.active(), empty), () =>
      client.startWithDetails(input, () => Promise.resolve({ runId: "run-1" })),
    );
    expect(spans).toMatchObject([{ traceId: ids.traceId, parentSpanId: ids.span("run") }]);
  });

  it("without an active span puts the start below the run, and no header on", async () => {
    const spans: SpanRecord[] = [];
    const client = clientInterceptor(
      () => "shop",
      (some) => spans.push(...some),
    );
    await client.signalWithStart(input, (sent) => {
      expect(sent).toBe(input);
      return Promise.resolve("run-1");
    });
    expect(spans).toMatchObject([
      { traceId: ids.traceId, parentSpanId: ids.span("run"), links: [] },
    ]);
  });

  it("puts the caller's span on signals and updates, unless something has put one on", async () => {
    const client = clientInterceptor(
      () => "shop",
      () => undefined,
    );
    const sent: Readonly<Record<string, unknown>>[] = [];
    const next = (given: { headers: Readonly<Record<string, unknown>> }): Promise<void> => {
      sent.push(given.headers);
      return Promise.resolve();
    };
    const theirs = { [TRACE_HEADER]: "theirs" };
    await asCaller(() => client.signal({ headers: {} }, next));
    await asCaller(() => client.startUpdate({ headers: {} }, next));
    await asCaller(() => client.signal({ headers: theirs }, next));
    expect(sent.map((headers) => headerLink(headers, "signal_sender")?.spanId)).toEqual([
      caller.spanId,
      caller.spanId,
      undefined,
    ]);
    expect(sent[2]).toEqual(theirs);
  });

  it("tells of an update with start as of a start, and puts the caller's span on both", async () => {
    const spans: SpanRecord[] = [];
    const client = clientInterceptor(
      () => "shop",
      (some) => spans.push(...some),
    );
    const given = {
      workflowType: "saga",
      workflowStartOptions: { workflowId: "order-1" },
      workflowStartHeaders: { theirs: 1 },
      updateHeaders: {},
    };
    const workflowExecution = { workflowId: "order-1", runId: "run-1" };
    await asCaller(() =>
      client.startUpdateWithStart(given, (sent) => {
        expect(sent.workflowStartHeaders).toHaveProperty("theirs");
        for (const headers of [sent.workflowStartHeaders, sent.updateHeaders])
          expect(headerLink(headers, "caller")?.spanId).toBe(caller.spanId);
        return Promise.resolve({ workflowExecution, updateId: "u" });
      }),
    );
    expect(spans).toMatchObject([
      { name: "start saga", spanId: ids.span("start"), traceId: caller.traceId },
    ]);
  });

  it("tells once of a run that further calls find running", async () => {
    const spans: SpanRecord[] = [];
    const client = clientInterceptor(
      () => "shop",
      (some) => spans.push(...some),
    );
    const workflowExecution = { runId: "run-1" };
    const update = {
      workflowType: "saga",
      workflowStartOptions: {},
      workflowStartHeaders: {},
      updateHeaders: {},
    };
    await client.signalWithStart(input, () => Promise.resolve("run-1"));
    await client.signalWithStart(input, () => Promise.resolve("run-1"));
    await client.startUpdateWithStart(update, () => Promise.resolve({ workflowExecution }));
    await client.startWithDetails(input, () => Promise.resolve({ runId: "run-2" }));
    expect(spans.map((span) => span.attributes["workflow.run_id"])).toEqual(["run-1", "run-2"]);
  });

  it("remembers no more than 10,000 runs that it has told of", async () => {
    let told = 0;
    const client = clientInterceptor(
      () => "shop",
      () => (told += 1),
    );
    const start = (run: number): Promise<unknown> =>
      client.signalWithStart(input, () => Promise.resolve(`run-${run}`));
    await Promise.all(Array.from({ length: 10_001 }, (_, run) => start(run)));
    await start(0);
    expect(told).toBe(10_002);
  });

  it("gives on what the start throws, and does not fail a start when its span does", async () => {
    const client = clientInterceptor(
      () => "shop",
      () => {
        throw new Error("exporter");
      },
    );
    const refused = new Error("already started");
    await expect(client.startWithDetails(input, () => Promise.reject(refused))).rejects.toBe(
      refused,
    );
    await expect(
      client.startWithDetails(input, () => Promise.resolve({ runId: "run-1" })),
    ).resolves.toEqual({ runId: "run-1" });
  });
});
