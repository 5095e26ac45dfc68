import { createServer } from "node:http";
import { context, trace } from "@opentelemetry/api";
import { JsonTraceSerializer } from "@opentelemetry/otlp-transformer";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  BatchSpanProcessor,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { ReadableSpan, SpanProcessor } from "../correlation/readable-span.ts";
import { resourceOf } from "../correlation/resource.ts";
import type { SpanRecord } from "../projection/span-record.ts";
import { fromReadableSpan, toReadableSpan } from "./readable-span.ts";
import { spanSink } from "./span-sink.ts";

const record = (over: Partial<SpanRecord> = {}): SpanRecord => ({
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  parentSpanId: "00f067aa0ba902b7",
  name: "chargeCard",
  kind: "CLIENT",
  startTime: 1_767_323_045_678.123,
  endTime: 1_767_323_047_000.001,
  attributes: { "workflow.id": "order-1", "workflow.step.attempt": 2, "workflow.step.local": true },
  status: { code: "ERROR", message: "declined" },
  links: [
    { traceId: "1".repeat(32), spanId: "2".repeat(16), attributes: { "link.relation": "caller" } },
  ],
  events: [{ name: "started", time: 1_767_323_046_000.5, attributes: { a: 1 } }],
  role: "step",
  seq: 7,
  ...over,
});

function recorder(): SpanProcessor & { readonly spans: ReadableSpan[] } {
  const spans: ReadableSpan[] = [];
  return { spans, onEnd: (span) => void spans.push(span) };
}

afterEach(() => {
  trace.disable();
  context.disable();
  vi.unstubAllEnvs();
});

describe("toReadableSpan", () => {
  test("gives what OpenTelemetry's own serialiser needs, with nothing lost", () => {
    const readable = toReadableSpan(record(), resourceOf({ "service.name": "orders" }));
    const exporter = new InMemorySpanExporter();
    new SimpleSpanProcessor({ exporter }).onEnd(readable as never);
    const bytes = JsonTraceSerializer.serializeRequest(exporter.getFinishedSpans());
    const request = JSON.parse(new TextDecoder().decode(bytes));
    expect(request.resourceSpans).toMatchObject([
      {
        resource: { attributes: [{ key: "service.name", value: { stringValue: "orders" } }] },
        scopeSpans: [
          {
            scope: { name: "durascope" },
            spans: [
              {
                traceId: "0af7651916cd43dd8448eb211c80319c",
                spanId: "b7ad6b7169203331",
                parentSpanId: "00f067aa0ba902b7",
                name: "chargeCard",
                kind: 3,
                startTimeUnixNano: "1767323045678123000",
                endTimeUnixNano: "1767323047000001000",
                status: { code: 2, message: "declined" },
                attributes: [
                  { key: "workflow.id", value: { stringValue: "order-1" } },
                  { key: "workflow.step.attempt", value: { intValue: 2 } },
                  { key: "workflow.step.local", value: { boolValue: true } },
                ],
                links: [{ traceId: "1".repeat(32), spanId: "2".repeat(16) }],
                events: [{ name: "started", timeUnixNano: "1767323046000500000" }],
                droppedAttributesCount: 0,
                droppedEventsCount: 0,
                droppedLinksCount: 0,
              },
            ],
          },
        ],
      },
    ]);
  });

  test("the duration is the end less the start, in whole seconds and nanoseconds", () => {
    expect(toReadableSpan(record(), resourceOf({})).duration).toEqual([1, 321_878_000]);
    const backwards = record({ endTime: 0 });
    expect(toReadableSpan(backwards, resourceOf({})).duration).toEqual([0, 0]);
  });

  test("fromReadableSpan gives the record back, but for its role", () => {
    const { role: _role, seq: _seq, ...span } = record();
    expect(fromReadableSpan(toReadableSpan(record(), resourceOf({ a: "b" })))).toEqual({
      ...span,
      resource: { a: "b" },
      scope: { name: "durascope", version: expect.any(String) },
    });
  });

  test("fromReadableSpan reads a span of the application's SDK, and keeps what is no scalar as JSON", () => {
    const exporter = new InMemorySpanExporter();
    const provider = new TracerProvider({
      spanProcessors: [new SimpleSpanProcessor({ exporter })],
    });
    const span = provider
      .getTracer("app", "1.2")
      .startSpan("query", { attributes: { rows: [1, 2] } });
    span.end();
    const [finished] = exporter.getFinishedSpans();
    if (finished === undefined) throw new Error("no span");
    expect(fromReadableSpan(finished)).toMatchObject({
      name: "query",
      kind: "INTERNAL",
      attributes: { rows: "[1,2]" },
      status: { code: "UNSET" },
      scope: { name: "app", version: "1.2" },
    });
  });
});

describe("spanSink", () => {
  test("does not wait for a processor that hangs longer than it is told to", async () => {
    const hanging: SpanProcessor = {
      onEnd: () => undefined,
      forceFlush: () => new Promise(() => undefined),
    };
    const sink = spanSink({ spanProcessor: hanging, flushTimeout: 20 });
    sink.emit([record()]);
    await expect(sink.flush()).resolves.toBe("failed");
    expect(sink.counts()).toEqual({ handed: 1, dropped: 0, failures: 1 });
  });

  test("hands spans to the option's processor, in order", () => {
    const spanProcessor = recorder();
    const sink = spanSink({ spanProcessor, environment: { OTEL_SERVICE_NAME: "orders" } });
    sink.emit([record({ name: "a" }), record({ name: "b" })]);
    expect(spanProcessor.spans.map((span) => span.name)).toEqual(["a", "b"]);
    expect(spanProcessor.spans[0]?.resource.attributes).toEqual({ "service.name": "orders" });
    expect(spanProcessor.spans[0]?.resource).toBe(spanProcessor.spans[1]?.resource);
    expect(sink.counts()).toEqual({ handed: 2, dropped: 0, failures: 0 });
  });

  test("finds the global SDK's processor and resource, also when it comes later", async () => {
    const onWarning = vi.fn<(message: string) => void>();
    const sink = spanSink({ environment: {}, onWarning });
    sink.emit([record({ name: "too early" })]);
    const exporter = new InMemorySpanExporter();
    const resource = resourceFromAttributes({ "service.name": "app" });
    const processor = new BatchSpanProcessor({ exporter });
    trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [processor], resource }));
    sink.emit([record({ name: "in time" })]);
    expect(await sink.flush()).toBe("exported");
    const spans = exporter.getFinishedSpans();
    expect(spans.map((span) => span.name)).toEqual(["in time"]);
    expect(spans[0]?.resource).toBe(resource);
    expect(sink.counts()).toEqual({ handed: 1, dropped: 1, failures: 0 });
    expect(onWarning).toHaveBeenCalledOnce();
    await sink.shutdown();
    sink.emit([record()]);
    expect(await sink.flush()).toBe("exported");
    // The application's own processor is not ours to shut down.
    expect(exporter.getFinishedSpans()).toHaveLength(2);
  });

  test("without any receiver it says so once, and what to do", async () => {
    const onWarning = vi.fn<(message: string) => void>();
    const sink = spanSink({ environment: {}, onWarning });
    sink.emit([record()]);
    sink.emit([record()]);
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
    spanSink({ environment: {}, onWarning }).emit([record()]);
    expect(onWarning.mock.calls[0]?.[0]).toMatch(/TracerProvider is registered/);
  });

  test("exports by OpenTelemetry's own exporter when only the environment names a collector", async () => {
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
    sink.emit([record({ name: "one" })]);
    sink.emit([record({ name: "two" })]);
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

  test("a processor that throws costs its span and nothing else", async () => {
    const spanProcessor: SpanProcessor = {
      onEnd() {
        throw new Error("full");
      },
      forceFlush: () => Promise.reject(new Error("down")),
    };
    const sink = spanSink({ spanProcessor });
    sink.emit([record(), record()]);
    expect(await sink.flush()).toBe("failed");
    expect(sink.counts()).toEqual({ handed: 0, dropped: 0, failures: 3 });
  });

  test.each(["DURASCOPE_DISABLED", "OTEL_SDK_DISABLED"])("%s=true takes nothing", async (name) => {
    const spanProcessor = recorder();
    const onWarning = vi.fn<(message: string) => void>();
    const sink = spanSink({ spanProcessor, onWarning, environment: { [name]: "true" } });
    sink.emit([record()]);
    expect(await sink.flush()).toBe("no_receiver");
    expect(spanProcessor.spans).toEqual([]);
    expect(onWarning).not.toHaveBeenCalled();
  });
});
