import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import { readableSpan, readableSpans } from "../../test/support/readable-spans.ts";
import type { ReadableSpan } from "../host/readable-span.ts";
import { batchProcessor } from "./batch-processor.ts";
import type { ExportResult, SpanExporter } from "./span-exporter.ts";

interface HeldExport {
  readonly names: string[];
  done(code?: 0 | 1): void;
}

/** An exporter whose exports end when the test says so, or at once. */
function heldExporter(isHeld = false): SpanExporter & {
  readonly exports: HeldExport[];
  code: 0 | 1;
  isShutDown: boolean;
} {
  const exporter = {
    exports: [] as HeldExport[],
    code: 0 as 0 | 1,
    isShutDown: false,
    export(spans: readonly ReadableSpan[], resultCallback: (result: ExportResult) => void) {
      exporter.exports.push({
        names: spans.map(({ name }) => name),
        done: (code = 0) => resultCallback({ code }),
      });
      if (!isHeld) resultCallback({ code: exporter.code });
    },
    forceFlush: () => Promise.resolve(),
    shutdown() {
      exporter.isShutDown = true;
      return Promise.resolve();
    },
  };
  return exporter;
}

describe("batchProcessor", () => {
  test("gathers spans for a while, and keeps their order", async () => {
    const exporter = heldExporter();
    const processor = batchProcessor(exporter, { scheduledDelayMillis: 10 });
    for (const span of readableSpans("s", 3)) processor.onEnd(span);
    expect(exporter.exports).toEqual([]);
    while (exporter.exports.length === 0) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other: the order is part of the claim
      await sleep(5);
    }
    expect(exporter.exports.map(({ names }) => names)).toEqual([["s0", "s1", "s2"]]);
  });

  test("a full batch does not wait; the next one waits for it", async () => {
    const exporter = heldExporter(true);
    const processor = batchProcessor(exporter, { maxExportBatchSize: 2 });
    for (const span of readableSpans("s", 5)) processor.onEnd(span);
    await sleep(0);
    expect(exporter.exports.map(({ names }) => names)).toEqual([["s0", "s1"]]);
    exporter.exports[0]?.done();
    await sleep(0);
    expect(exporter.exports.map(({ names }) => names)).toEqual([
      ["s0", "s1"],
      ["s2", "s3"],
    ]);
  });

  test("what goes over the queue is dropped, counted and said once", () => {
    const warnings: string[] = [];
    const processor = batchProcessor(heldExporter(true), {
      maxQueueSize: 3,
      onWarning: (message) => void warnings.push(message),
    });
    for (const span of readableSpans("s", 10)) processor.onEnd(span);
    // Three went out at once, three wait.
    expect(processor.counts().dropped).toBe(4);
    expect(warnings).toEqual([expect.stringMatching(/3 spans wait .* dropped/)]);
  });

  test("a flush after which a span is missing rejects, once, also when the span did not fit into the queue", async () => {
    const processor = batchProcessor(heldExporter(), {
      maxQueueSize: 3,
      onWarning: () => undefined,
    });
    await processor.forceFlush();
    for (const span of readableSpans("s", 10)) processor.onEnd(span);
    expect(processor.counts().dropped).toBeGreaterThan(0);
    await expect(processor.forceFlush()).rejects.toThrow("could not be exported");
    await processor.forceFlush();
  });

  test("spans that are not sampled are left out", async () => {
    const exporter = heldExporter();
    const processor = batchProcessor(exporter);
    const context = readableSpan("a").spanContext();
    processor.onEnd({ ...readableSpan("a"), spanContext: () => ({ ...context, traceFlags: 0 }) });
    await processor.forceFlush();
    expect(exporter.exports).toEqual([]);
  });

  test("forceFlush rejects when an export failed, also one before it, and once only", async () => {
    const exporter = heldExporter();
    exporter.code = 1;
    const processor = batchProcessor(exporter, { maxExportBatchSize: 1 });
    processor.onEnd(readableSpan("a"));
    await sleep(0);
    expect(exporter.exports).toHaveLength(1);
    exporter.code = 0;
    const [one, other] = await Promise.allSettled([processor.forceFlush(), processor.forceFlush()]);
    expect([one.status, other.status]).toEqual(["rejected", "rejected"]);
    processor.onEnd(readableSpan("b"));
    await expect(processor.forceFlush()).resolves.toBeUndefined();
  });

  test("a flush tells of a failed span that the flush before had sent along", async () => {
    const exporter = heldExporter(true);
    const processor = batchProcessor(exporter, { maxExportBatchSize: 1 });
    const [first, second] = readableSpans("s", 2);
    if (first === undefined || second === undefined) throw new Error("two spans are made");
    processor.onEnd(first);
    const earlier = processor.forceFlush();
    // It comes while the flush before runs, which sends it, too.
    processor.onEnd(second);
    exporter.exports[0]?.done(1);
    await sleep(0);
    exporter.exports[1]?.done(1);
    await expect(earlier).rejects.toThrow("could not be exported");
    await expect(processor.forceFlush()).rejects.toThrow("could not be exported");
    await processor.forceFlush();
  });

  test("an exporter that throws fails its batch alone", async () => {
    const exporter = heldExporter();
    const processor = batchProcessor({
      ...exporter,
      export(spans, resultCallback) {
        if (spans[0]?.name === "bad") throw new Error("exporter");
        exporter.export(spans, resultCallback);
      },
    });
    processor.onEnd(readableSpan("bad"));
    await expect(processor.forceFlush()).rejects.toThrow(/could not be exported/);
    processor.onEnd(readableSpan("good"));
    await processor.forceFlush();
    expect(exporter.exports.map(({ names }) => names)).toEqual([["good"]]);
  });

  test("shutdown sends what waits, and takes nothing after", async () => {
    const exporter = heldExporter();
    const processor = batchProcessor(exporter);
    processor.onEnd(readableSpan("a"));
    await processor.shutdown();
    processor.onEnd(readableSpan("b"));
    await processor.forceFlush();
    await processor.shutdown();
    expect(exporter.exports.map(({ names }) => names)).toEqual([["a"]]);
    expect(exporter.isShutDown).toBe(true);
  });

  test("shutdown gives up on a backend that hangs: what waits is dropped, counted and said", async () => {
    vi.useFakeTimers();
    try {
      const warnings: string[] = [];
      const exporter = heldExporter(true);
      const processor = batchProcessor(exporter, {
        maxExportBatchSize: 2,
        onWarning: (message) => void warnings.push(message),
      });
      for (const span of readableSpans("s", 5)) processor.onEnd(span);
      const stopped = processor.shutdown();
      await vi.advanceTimersByTimeAsync(14_000);
      expect(exporter.isShutDown).toBe(false);
      await vi.advanceTimersByTimeAsync(1000);
      await stopped;
      expect(exporter.isShutDown).toBe(true);
      expect(processor.counts().dropped).toBe(3);
      expect(warnings).toEqual([expect.stringMatching(/^durascope: 3 spans were not exported/)]);
      exporter.exports[0]?.done();
      await vi.advanceTimersByTimeAsync(1000);
      expect(exporter.exports).toHaveLength(1);
    } finally {
      vi.useRealTimers();
    }
  });
});
