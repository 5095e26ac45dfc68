import { expect, it, vi } from "vitest";
import { memoryMetrics } from "../../test/doubles/memory-metrics.ts";
import { spanRecord } from "../../test/support/span-record.ts";
import { countedSpans } from "./counted-spans.ts";
import { noExportCounts } from "./export-counts.ts";
import { workflowMeter } from "./meter.ts";
import { type SpanCounts, type SpanSink, spanSink } from "./span-sink.ts";

const DAY_MS = 86_400_000;

it("what becomes of spans is counted: handed over, late, lost", async () => {
  const metrics = memoryMetrics();
  const meter = workflowMeter({ meterProvider: metrics.provider });
  let broken = false;
  const spanProcessor = {
    onEnd() {
      if (broken) throw new Error("exporter");
    },
  };
  const now = 10 * DAY_MS;
  const sink = countedSpans(
    spanSink({ spanProcessor, environment: {}, now: () => now }),
    meter,
    "given again",
  );
  const recent = spanRecord({ startTime: now, endTime: now });
  sink.emit([recent, spanRecord({ startTime: 0, endTime: now - DAY_MS })]);
  broken = true;
  sink.emit([recent]);
  await sink.flush();
  expect(sink.counts()).toMatchObject({ handed: 2, late: 1, dropped: 1 });
  expect(await metrics.values()).toEqual({
    "durascope.spans.exported": 2,
    "durascope.spans.late": 1,
    "durascope.spans.dropped": 1,
  });
  await sink.shutdown();
});

it("counts that fall, as when an exporter is found that counts by itself, take nothing back", async () => {
  const metrics = memoryMetrics();
  const none: SpanCounts = { handed: 0, exported: 0, late: 0, dropped: 0, failed: 0, failures: 0 };
  let counts = none;
  const inner: SpanSink = {
    emit: () => undefined,
    flush: () => Promise.resolve("exported"),
    shutdown: () => Promise.resolve(),
    counts: () => counts,
  };
  const sink = countedSpans(inner, workflowMeter({ meterProvider: metrics.provider }), "lost");
  for (const exported of [5, 2, 6]) {
    counts = { ...none, exported };
    sink.emit([]);
  }
  await sink.shutdown();
  expect(await metrics.values()).toEqual({ "durascope.spans.exported": 6 });
});

it.each([
  ["given again", undefined],
  ["lost", 4],
] as const)(
  "spans that an exporter could not deliver, and that are %s, count so",
  async (after, lost) => {
    const metrics = memoryMetrics();
    const spanProcessor = {
      onEnd: () => undefined,
      forceFlush: () => Promise.reject(new Error("503")),
      counts: () => ({ ...noExportCounts(), failed: 4 }),
    };
    const meter = workflowMeter({ meterProvider: metrics.provider });
    const sink = countedSpans(spanSink({ spanProcessor, environment: {} }), meter, after);
    sink.emit([spanRecord()]);
    await sink.flush();
    await sink.flush();
    expect((await metrics.values())["durascope.spans.dropped"]).toBe(lost);
  },
);

it("what a spool sends, or loses, by itself is told though no spans come", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  try {
    const metrics = memoryMetrics();
    let counts = noExportCounts();
    const spanProcessor = { onEnd: () => undefined, counts: () => counts };
    const meter = workflowMeter({ meterProvider: metrics.provider });
    const sink = countedSpans(spanSink({ spanProcessor, environment: {} }), meter, "given again");
    sink.emit([spanRecord()]);
    counts = { ...counts, exported: 5, late: 3, dropped: 2 };
    await vi.advanceTimersByTimeAsync(15_000);
    expect(await metrics.values()).toMatchObject({
      "durascope.spans.exported": 5,
      "durascope.spans.dropped": 2,
    });
    const timers = vi.getTimerCount();
    await sink.shutdown();
    expect(vi.getTimerCount()).toBe(timers - 1);
  } finally {
    vi.useRealTimers();
  }
});
