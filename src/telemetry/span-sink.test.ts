import { createServer } from "node:http";
import { context, trace } from "@opentelemetry/api";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, InMemorySpanExporter, TracerProvider } from "@opentelemetry/sdk-trace";
import { afterEach, describe, expect, test, vi } from "vitest";
import { spanRecord } from "../../test/support/span-record.ts";
import type { ReadableSpan, SpanProcessor } from "../host/readable-span.ts";
import { type SpanCounts, spanSink } from "./span-sink.ts";

function recorder(): SpanProcessor & { readonly spans: ReadableSpan[] } {
  const spans: ReadableSpan[] = [];
  return { spans, onEnd: (span) => void spans.push(span) };
}

afterEach(() => {
  trace.disable();
  context.disable();
  vi.unstubAllEnvs();
});

const NOTHING: SpanCounts = {
  handed: 0,
  exported: 0,
  late: 0,
  dropped: 0,
  failed: 0,
  failures: 0,
};

describe("spanSink", () => {
  test("does not wait for a processor that hangs longer than it is told to", async () => {
    const hanging: SpanProcessor = {
      onEnd: () => undefined,
      forceFlush: () => new Promise(() => undefined),
    };
    const sink = spanSink({ spanProcessor: hanging, flushTimeout: 20 });
    sink.emit([spanRecord()]);
    await expect(sink.flush()).resolves.toBe("failed");
    expect(sink.counts()).toEqual({ ...NOTHING, handed: 1, exported: 1, late: 1, failures: 1 });
  });

  test("hands spans to the option's processor, in order", () => {
    const spanProcessor = recorder();
    const sink = spanSink({ spanProcessor, environment: { OTEL_SERVICE_NAME: "orders" } });
    sink.emit([spanRecord({ name: "a" }), spanRecord({ name: "b" })]);
    expect(spanProcessor.spans.map((span) => span.name)).toEqual(["a", "b"]);
    expect(spanProcessor.spans[0]?.resource.attributes).toEqual({ "service.name": "orders" });
    expect(spanProcessor.spans[0]?.resource).toBe(spanProcessor.spans[1]?.resource);
    expect(sink.counts()).toEqual({ ...NOTHING, handed: 2, exported: 2, late: 2 });
  });

  test("finds the global SDK's processor and resource, also when it comes later", async () => {
    const onWarning = vi.fn<(message: string) => void>();
    const sink = spanSink({ environment: {}, onWarning });
    sink.emit([spanRecord({ name: "too early" })]);
    const exporter = new InMemorySpanExporter();
    const resource = resourceFromAttributes({ "service.name": "app" });
    const processor = new BatchSpanProcessor({ exporter });
    trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [processor], resource }));
    sink.emit([spanRecord({ name: "in time" })]);
    expect(await sink.flush()).toBe("exported");
    const spans = exporter.getFinishedSpans();
    expect(spans.map((span) => span.name)).toEqual(["in time"]);
    expect(spans[0]?.resource).toBe(resource);
    expect(sink.counts()).toEqual({ ...NOTHING, handed: 1, exported: 1, late: 1, dropped: 1 });
    expect(onWarning).toHaveBeenCalledOnce();
    await sink.shutdown();
    sink.emit([spanRecord()]);
    expect(await sink.flush()).toBe("exported");
    // The application's own processor is not ours to shut down.
    expect(exporter.getFinishedSpans()).toHaveLength(2);
  });

  test("without any receiver it says so once, and what to do", async () => {
    const onWarning = vi.fn<(message: string) => void>();
    const sink = spanSink({ environment: {}, onWarning });
    sink.emit([spanRecord()]);
    sink.emit([spanRecord()]);
    expect(await sink.flush()).toBe("no_receiver");
    expect(onWarning).toHaveBeenCalledOnce();
    expect(onWarning.mock.calls[0]?.[0]).toMatch(
      /NodeSDK.*spanProcessor.*OTEL_EXPORTER_OTLP_ENDPOINT/,
    );
    expect(sink.counts()).toMatchObject({ handed: 0, dropped: 2 });
  });

  test("a provider that has no reachable processor is named in the warning", () => {
    const onWarning = vi.fn<(message: string) => void>();
    trace.setGlobalTracerProvider({ getTracer: () => trace.getTracer("x") });
    spanSink({ environment: {}, onWarning }).emit([spanRecord()]);
    expect(onWarning.mock.calls[0]?.[0]).toMatch(/TracerProvider is registered/);
  });

  test("exports over OTLP when only the environment names a collector", async () => {
    const bodies: string[] = [];
    const server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk) => {
        body += String(chunk);
      });
      request.on("end", () => {
        bodies.push(body);
        response.writeHead(200, { "content-type": "application/json" }).end("{}");
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", `http://127.0.0.1:${port}`);
    const onWarning = vi.fn<(message: string) => void>();
    const sink = spanSink({ onWarning, serviceName: "OrderSaga" });
    sink.emit([spanRecord({ name: "one" })]);
    sink.emit([spanRecord({ name: "two" })]);
    expect(await sink.flush()).toBe("exported");
    await sink.shutdown();
    server.close();
    expect(onWarning).not.toHaveBeenCalled();
    expect(bodies).toHaveLength(1);
    const [resourceSpans] = JSON.parse(bodies[0] ?? "").resourceSpans;
    expect(resourceSpans.resource.attributes).toContainEqual({
      key: "service.name",
      value: { stringValue: "OrderSaga" },
    });
    const spans: { readonly name: string }[] = resourceSpans.scopeSpans[0].spans;
    expect(spans.map((span) => span.name)).toEqual(["one", "two"]);
  });

  test("spans that ended more than an hour ago are late, or what the option says", () => {
    const now = (): number => spanRecord().endTime + 3_600_000;
    const onTime = spanSink({ spanProcessor: recorder(), now });
    onTime.emit([spanRecord(), spanRecord({ endTime: spanRecord().endTime - 1 })]);
    expect(onTime.counts()).toMatchObject({ handed: 2, late: 1 });
    const strict = spanSink({ spanProcessor: recorder(), now, lateAfter: 60_000 });
    strict.emit([spanRecord()]);
    expect(strict.counts()).toMatchObject({ late: 1 });
  });

  test("what an exporter of ours counted is told", () => {
    const spanProcessor = {
      ...recorder(),
      counts: () => ({ exported: 3, rejected: 2, dropped: 4, failed: 7, late: 1, spooled: 5 }),
    };
    const sink = spanSink({ spanProcessor, now: () => spanRecord().endTime });
    sink.emit([spanRecord()]);
    expect(sink.counts()).toEqual({
      ...NOTHING,
      handed: 1,
      exported: 3,
      dropped: 6,
      failed: 7,
      late: 1,
    });
  });

  test("a processor that throws costs its span and nothing else", async () => {
    const spanProcessor: SpanProcessor = {
      onEnd() {
        throw new Error("full");
      },
      forceFlush: () => Promise.reject(new Error("down")),
    };
    const sink = spanSink({ spanProcessor });
    sink.emit([spanRecord(), spanRecord()]);
    expect(await sink.flush()).toBe("failed");
    expect(sink.counts()).toEqual({ ...NOTHING, dropped: 2, failures: 1 });
  });

  test.each(["DURASCOPE_DISABLED", "OTEL_SDK_DISABLED"])("%s=true takes nothing", async (name) => {
    const spanProcessor = recorder();
    const onWarning = vi.fn<(message: string) => void>();
    const sink = spanSink({ spanProcessor, onWarning, environment: { [name]: "true" } });
    sink.emit([spanRecord()]);
    expect(await sink.flush()).toBe("no_receiver");
    expect(spanProcessor.spans).toEqual([]);
    expect(onWarning).not.toHaveBeenCalled();
  });
});
