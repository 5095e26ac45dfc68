import { BatchSpanProcessor, InMemorySpanExporter } from "@opentelemetry/sdk-trace";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { memoryMetrics } from "../../test/doubles/memory-metrics.ts";
import { stepFunctionsFixture } from "../../test/support/saga-fixtures.ts";
import { closed, opened } from "../../test/support/told-event.ts";
import { traceOf } from "../../test/support/told-trace.ts";
import type { WorkflowTrace } from "../core/model.ts";
import { nodeSha256 } from "../host/node-sha256.ts";
import type { SpanProcessor } from "../host/readable-span.ts";
import { projectSpans } from "../projection/spans.ts";
import { traceFromHistory } from "../stepfunctions/history.ts";
import { workflowMeter } from "./meter.ts";
import type { FlushOutcome, SpanSink } from "./span-sink.ts";
import { defaultTraceSink } from "./trace-sink.ts";

const executionArn = "arn:aws:states:us-east-1:123456789012:execution:OrderSaga:order-1001";
let trace: WorkflowTrace;

beforeAll(() => {
  const result = traceFromHistory(stepFunctionsFixture("approved"), { executionArn });
  if (!result.ok) throw new Error(result.error.message);
  trace = result.value;
});

/** A sink whose flushes end when the test says so. */
function slowSink(): SpanSink & {
  readonly flushes: ((outcome: FlushOutcome) => void)[];
  emitted: number;
} {
  const flushes: ((outcome: FlushOutcome) => void)[] = [];
  const sink = {
    flushes,
    emitted: 0,
    emit(spans: readonly unknown[]) {
      sink.emitted += spans.length;
    },
    flush: () => new Promise<FlushOutcome>((resolve) => void flushes.push(resolve)),
    shutdown: () => Promise.resolve(),
    counts: () => ({ handed: 0, exported: 0, dropped: 0, failed: 0, failures: 0, late: 0 }),
  };
  return sink;
}

describe("defaultTraceSink", () => {
  test("accept resolves when all new spans of the trace are exported", async () => {
    const exporter = new InMemorySpanExporter();
    const sink = defaultTraceSink({ spanProcessor: new BatchSpanProcessor({ exporter }) });
    await sink.accept(trace, 0);
    const expected = projectSpans(trace, nodeSha256).map((span) => span.spanId);
    expect(expected.length).toBeGreaterThan(5);
    expect(exporter.getFinishedSpans().map((span) => span.spanContext().spanId)).toEqual(expected);
    await sink.shutdown();
  });

  test("what was final before is not exported again", async () => {
    const exporter = new InMemorySpanExporter();
    const sink = defaultTraceSink({ spanProcessor: new BatchSpanProcessor({ exporter }) });
    const last = Math.max(...projectSpans(trace, nodeSha256).map((span) => span.seq));
    await sink.accept(trace, last);
    expect(exporter.getFinishedSpans()).toEqual([]);
  });

  test("attempts: false leaves them to the worker that ran them", async () => {
    const exporter = new InMemorySpanExporter();
    const spanProcessor = new BatchSpanProcessor({ exporter });
    await defaultTraceSink({ spanProcessor, attempts: false }).accept(trace, 0);
    expect(exporter.getFinishedSpans().filter((span) => / attempt \d/.test(span.name))).toEqual([]);
  });

  test("accept rejects when the processor says that the export failed, so that it is given again", async () => {
    const spanProcessor: SpanProcessor = {
      onEnd: () => undefined,
      forceFlush: () => Promise.reject(new Error("503")),
    };
    const sink = defaultTraceSink({ spanProcessor });
    await expect(sink.accept(trace, 0)).rejects.toThrow(/could not export/);
    expect(sink.counts().failures).toBe(1);
  });

  test("a flush that failed loses nothing, since the trace is given again; a span that the processor threw at is lost", async () => {
    const metrics = memoryMetrics();
    let failing = true;
    const taken: string[] = [];
    const spanProcessor: SpanProcessor = {
      onEnd(span) {
        if (span.name === "chargeCard") throw new Error("full");
        taken.push(span.name);
      },
      forceFlush: () => (failing ? Promise.reject(new Error("503")) : Promise.resolve()),
    };
    const meter = workflowMeter({ meterProvider: metrics.provider, environment: {} });
    const sink = defaultTraceSink({ spanProcessor, meter });
    await expect(sink.accept(trace, 0)).rejects.toThrow(/could not export/);
    const lost = (await metrics.values())["durascope.spans.dropped"] ?? 0;
    failing = false;
    await sink.accept(trace, 0);
    expect(taken.length).toBeGreaterThan(0);
    // Those that were thrown at, at each of the two times, and none for the flush.
    const thrownAt = (await metrics.values())["durascope.spans.dropped"];
    expect(thrownAt).toBe(2 * lost);
    expect(sink.counts()).toMatchObject({ dropped: thrownAt, failures: 1 });
  });

  test("without a receiver accept resolves: giving it again would not help", async () => {
    const onWarning = vi.fn<(message: string) => void>();
    const sink = defaultTraceSink({ environment: {}, onWarning });
    await sink.accept(trace, 0);
    expect(sink.counts()).toMatchObject({ handed: 0 });
    expect(sink.counts().dropped).toBeGreaterThan(0);
    expect(onWarning).toHaveBeenCalledOnce();
  });

  test("traces that are accepted at the same time share a flush, one that began after their spans", async () => {
    const spans = slowSink();
    const sink = defaultTraceSink({ spans });
    const first = sink.accept(trace, 0);
    const others = [sink.accept(trace, 0), sink.accept(trace, 0), sink.accept(trace, 0)];
    expect(spans.flushes).toHaveLength(1);
    spans.flushes[0]?.("exported");
    await first;
    await vi.waitFor(() => expect(spans.flushes).toHaveLength(2));
    spans.flushes[1]?.("exported");
    await Promise.all(others);
    expect(spans.flushes).toHaveLength(2);
  });

  test("large traces that are accepted at the same time fit into the queue of OpenTelemetry's processor", async () => {
    const steps = Array.from({ length: 900 }, (_, i) => [opened(`step${i}`), closed(`step${i}`)]);
    const large = traceOf([{ type: "run.started", workflowType: "saga" }, ...steps.flat()]);
    const exporter = new InMemorySpanExporter();
    const sink = defaultTraceSink({ spanProcessor: new BatchSpanProcessor({ exporter }) });
    await Promise.all(Array.from({ length: 6 }, () => sink.accept(large, 0)));
    expect(exporter.getFinishedSpans()).toHaveLength(sink.counts().handed);
    expect(sink.counts().handed).toBeGreaterThan(5000);
  });
});
