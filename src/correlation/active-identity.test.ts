import { setTimeout as sleep } from "node:timers/promises";
import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import { afterEach, expect, test } from "vitest";
import { activeSpanContext, applicationProcessor } from "../host/opentelemetry-global.ts";
import { type ActiveIdentity, activeIdentity, runWithIdentity } from "./active-identity.ts";

const identity = (workflowId: string): ActiveIdentity => ({
  engine: "temporal",
  workflowId,
  runId: `run-${workflowId}`,
  namespace: "default",
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
});

afterEach(() => {
  trace.disable();
  context.disable();
});

test("without OpenTelemetry the identity is active inside, also after an await, and not outside", async () => {
  const seen = await runWithIdentity(identity("a"), async () => {
    await sleep(1);
    return activeIdentity()?.workflowId;
  });
  expect(seen).toBe("a");
  expect(activeIdentity()).toBeUndefined();
});

test("steps that overlap keep their own identity, and an inner one ends with its function", async () => {
  const seen = await Promise.all(
    ["a", "b"].map((name) =>
      runWithIdentity(identity(name), async () => {
        await sleep(name === "a" ? 3 : 1);
        const inner = runWithIdentity(identity("inner"), () => activeIdentity()?.workflowId);
        return [inner, activeIdentity()?.workflowId];
      }),
    ),
  );
  expect(seen).toEqual([
    ["inner", "a"],
    ["inner", "b"],
  ]);
});

test("results and errors pass through unchanged", () => {
  const error = new Error("x");
  expect(() =>
    runWithIdentity(identity("a"), () => {
      throw error;
    }),
  ).toThrow(error);
});

test("spans of the application become children of the step's span", () => {
  const exporter = new InMemorySpanExporter();
  trace.setGlobalTracerProvider(
    new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }),
  );
  context.setGlobalContextManager(new AsyncLocalStorageContextManager());
  const { traceId, spanId } = identity("a");
  runWithIdentity(identity("a"), () => {
    expect(activeSpanContext()).toMatchObject({ traceId, spanId });
    // What user code may call on the active span must be there and do nothing.
    const active = trace.getActiveSpan();
    expect(
      active?.setAttribute("a", 1).setAttributes({}).addEvent("e").setStatus({ code: 1 }),
    ).toBe(active);
    expect(active?.addLink({ context: active.spanContext() }).addLinks([]).updateName("x")).toBe(
      active,
    );
    active?.recordException(new Error("x"));
    active?.end();
    expect(active?.isRecording()).toBe(false);
    trace.getTracer("app").startSpan("query").end();
  });
  const [query] = exporter.getFinishedSpans();
  expect(query?.spanContext().traceId).toBe(traceId);
  expect(query?.parentSpanContext?.spanId).toBe(spanId);
  expect(activeSpanContext()).toBeUndefined();
});

test("a provider without a processor receives nothing, so none is found", () => {
  expect(applicationProcessor()).toBeUndefined();
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [] }));
  expect(applicationProcessor()).toBeUndefined();
});
