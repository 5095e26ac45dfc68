import { createTraceState } from "@opentelemetry/api";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { fakeTiming } from "../../test/doubles/fake-timing.ts";
import {
  type ScriptedCollector,
  startScriptedCollector,
} from "../../test/doubles/scripted-collector.ts";
import { readableSpan, readableSpans } from "../../test/support/readable-spans.ts";
import { spanRecord } from "../../test/support/span-record.ts";
import type { ReadableSpan } from "../host/readable-span.ts";
import { PROCESS_TIMING } from "./otlp/retrying.ts";
import {
  type CountingExporter,
  type OtlpExporterOptions,
  otlpSpanExporter,
} from "./otlp-exporter.ts";
import type { ExportResult } from "./span-exporter.ts";

let collector: ScriptedCollector;
let warnings: string[];
beforeEach(async () => {
  collector = await startScriptedCollector();
  warnings = [];
});
afterEach(() => collector.stop());

function exporterWith(options: OtlpExporterOptions = {}): Promise<CountingExporter> {
  return otlpSpanExporter({
    url: `${collector.origin}/v1/traces`,
    environment: {},
    onWarning: (message) => void warnings.push(message),
    ...options,
  });
}

function exported(
  exporter: CountingExporter,
  spans: readonly ReadableSpan[],
): Promise<ExportResult> {
  return new Promise((resolve) => exporter.export(spans, resolve));
}

const names = (request = 0): string[] =>
  collector.requests[request]?.spans.map(({ name }) => name) ?? [];

describe.each(["http/json", "http/protobuf"] as const)("%s", (protocol) => {
  test.each(["none", "gzip"] as const)(
    "whole spans arrive (compression: %s)",
    async (compression) => {
      const exporter = await exporterWith({ protocol, compression });
      expect(await exported(exporter, [readableSpan("one"), readableSpan("two")])).toEqual({
        code: 0,
      });
      const { role: _role, seq: _seq, ...expected } = spanRecord({ name: "one" });
      expect(collector.requests).toHaveLength(1);
      // OTLP's reader gives numbers of whole value as integers, whatever they were.
      expect(collector.requests[0]?.spans[0]).toMatchObject(expected);
      expect(names()).toEqual(["one", "two"]);
      expect(collector.requests[0]?.headers).toMatchObject({
        "content-type": protocol === "http/json" ? "application/json" : "application/x-protobuf",
        "user-agent": expect.stringMatching(/^durascope\//),
        ...(compression === "gzip" && { "content-encoding": "gzip" }),
      });
      expect(exporter.counts()).toMatchObject({ exported: 2, rejected: 0, failed: 0 });
      expect(warnings).toEqual([]);
    },
  );

  test("lists among the attributes of the application's own spans arrive as lists", async () => {
    const exporter = await exporterWith({ protocol });
    const own = { ...readableSpan("query"), attributes: { rows: ["a", "b"], none: undefined } };
    await exported(exporter, [own]);
    expect(collector.requests[0]?.spans[0]?.attributes).toEqual({ rows: ["a", "b"] });
  });

  test("what a sampler wrote into the trace state of the application's own spans arrives", async () => {
    const exporter = await exporterWith({ protocol });
    const context = readableSpan("query").spanContext();
    const traceState = createTraceState("ot=th:8,vendor=a");
    await exported(exporter, [
      { ...readableSpan("query"), spanContext: () => ({ ...context, traceState }) },
    ]);
    expect(collector.requests[0]?.text).toContain('"traceState":"ot=th:8,vendor=a"');
  });

  test("a batch that would be too long goes in several, in their order; a span that is too long alone", async () => {
    const exporter = await exporterWith({ protocol, maxBatchBytes: 2000 });
    const spans = [
      ...readableSpans("a", 5),
      readableSpan("long", { attributes: { text: "x".repeat(5000) } }),
      ...readableSpans("b", 5),
    ];
    expect(await exported(exporter, spans)).toEqual({ code: 0 });
    expect(collector.taken()).toEqual(spans.map(({ name }) => name));
    expect(collector.requests.length).toBeGreaterThan(3);
    for (const { bytes, spans: sent } of collector.requests) {
      expect(bytes <= 2000 || sent.length === 1).toBe(true);
    }
  });
});

describe("otlpSpanExporter", () => {
  test("spans that a backend rejects are counted, and said once", async () => {
    const exporter = await exporterWith();
    collector.always({
      status: 200,
      headers: { "content-type": "application/json" },
      body: '{"partialSuccess":{"rejectedSpans":"2","errorMessage":"older than 1h"}}',
    });
    expect(await exported(exporter, readableSpans("s", 5))).toEqual({ code: 0 });
    expect(await exported(exporter, readableSpans("s", 1))).toEqual({ code: 0 });
    expect(exporter.counts()).toMatchObject({ exported: 3, rejected: 3 });
    expect(warnings).toEqual([
      expect.stringMatching(/not 2 of its 5 spans: older than 1h.*durascope doctor/),
    ]);
  });

  test("a batch that is refused is lost, counted, said once, and not sent again", async () => {
    const exporter = await exporterWith();
    collector.always({ status: 400, body: "no" });
    expect(await exported(exporter, readableSpans("s", 2))).toEqual({ code: 0 });
    expect(await exported(exporter, readableSpans("s", 2))).toEqual({ code: 0 });
    expect(collector.requests).toHaveLength(2);
    expect(exporter.counts()).toMatchObject({ exported: 0, rejected: 4, failed: 0 });
    expect(warnings).toEqual([expect.stringMatching(/refused a batch of 2 spans \(HTTP 400\)/)]);
  });

  test("a backend that is busy gets the batch again when it said", async () => {
    const timing = { ...PROCESS_TIMING, pause: () => Promise.resolve() };
    const exporter = await exporterWith({ timing });
    collector.next(
      { status: 429, headers: { "retry-after": "0" } },
      { status: 503, headers: { "retry-after": "0" } },
    );
    expect(await exported(exporter, readableSpans("s", 2))).toEqual({ code: 0 });
    expect(collector.requests).toHaveLength(3);
    expect(exporter.counts()).toMatchObject({ exported: 2, failed: 0 });
    expect(warnings).toEqual([]);
  });

  test("a batch that is too long for the backend is said with what helps", async () => {
    const exporter = await exporterWith();
    collector.always({ status: 413 });
    expect(await exported(exporter, readableSpans("s", 2))).toEqual({ code: 0 });
    expect(warnings).toEqual([expect.stringMatching(/HTTP 413.*COMPRESSION=gzip.*maxBatchBytes/)]);
  });

  test("a web page is no success: the spans are given back", async () => {
    const exporter = await exporterWith();
    collector.always({
      status: 200,
      headers: { "content-type": "text/html" },
      body: "<title>Log in</title>",
    });
    expect(await exported(exporter, readableSpans("s", 2))).toMatchObject({ code: 1 });
    expect(exporter.counts()).toMatchObject({ exported: 0, failed: 2 });
    expect(warnings).toEqual([
      expect.stringMatching(/HTTP 200 with a web page.*Check the address/),
    ]);
  });

  test("after its shutdown an exporter takes nothing, and says so", async () => {
    const exporter = await exporterWith();
    await exporter.shutdown();
    expect(await exported(exporter, readableSpans("s", 2))).toMatchObject({ code: 1 });
    expect(exporter.counts()).toMatchObject({ failed: 2 });
    expect(collector.requests).toEqual([]);
  });

  test("a callback that throws is not the process's trouble", async () => {
    const unhandled = vi.fn<(reason: unknown) => void>();
    process.on("unhandledRejection", unhandled);
    const exporter = await exporterWith();
    await new Promise<void>((resolve) => {
      exporter.export([readableSpan("one")], () => {
        resolve();
        throw new Error("callback");
      });
    });
    await new Promise(setImmediate);
    process.off("unhandledRejection", unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  test("attributes of the resource that are looked for without an end cost no span", async () => {
    const exporter = await exporterWith({ timeoutMillis: 50 });
    const resource = {
      attributes: {},
      asyncAttributesPending: true,
      waitForAsyncAttributes: () => new Promise<void>(() => undefined),
    };
    await exported(exporter, [{ ...readableSpan("one"), resource }]);
    expect(collector.taken()).toEqual(["one"]);
  });

  test("a backend that stays away fails the export: whoever gave the spans may give them again", async () => {
    const exporter = await exporterWith({ timeoutMillis: 200 });
    collector.always({ status: 503 });
    expect(await exported(exporter, readableSpans("s", 2))).toMatchObject({
      code: 1,
      error: { message: "spans were not exported: HTTP 503" },
    });
    expect(exporter.counts()).toMatchObject({ exported: 0, rejected: 0, failed: 2 });
    expect(warnings).toEqual([
      expect.stringMatching(/takes no spans \(HTTP 503\).*DURASCOPE_SPOOL_DIR/),
    ]);
  });

  test("a wrong key is said once, without the key", async () => {
    const exporter = await exporterWith({ headers: { "api-key": "secret-1" } });
    collector.always({ status: 401 });
    expect(await exported(exporter, readableSpans("s", 1))).toMatchObject({ code: 1 });
    expect(await exported(exporter, readableSpans("s", 1))).toMatchObject({ code: 1 });
    expect(warnings).toEqual([expect.stringMatching(/takes nothing from here \(HTTP 401\)/)]);
    expect(warnings.join()).not.toContain("secret-1");
  });

  test("an address with a password is not said with it", async () => {
    const exporter = await exporterWith({
      url: collector.origin.replace("http://", "http://me:secret-2@"),
    });
    collector.always({ status: 404 });
    await exported(exporter, readableSpans("s", 1));
    expect(warnings.join()).toContain(collector.origin);
    expect(warnings.join()).not.toContain("secret-2");
  });

  test("attributes of the resource that are still looked for are waited for", async () => {
    const exporter = await exporterWith();
    const attributes: Record<string, unknown> = {};
    const resource = {
      attributes,
      asyncAttributesPending: true,
      waitForAsyncAttributes: () => {
        attributes["host.name"] = "found";
        return Promise.resolve();
      },
    };
    await exported(exporter, [{ ...readableSpan("one"), resource }]);
    expect(attributes).toEqual({ "host.name": "found" });
    expect(collector.taken()).toEqual(["one"]);
  });

  test("a span that cannot be written is left out, and the others arrive", async () => {
    const exporter = await exporterWith();
    const broken = { ...readableSpan("broken") };
    Object.defineProperty(broken, "attributes", {
      get() {
        throw new Error("gone");
      },
    });
    const spans = [...readableSpans("a", 2), broken, ...readableSpans("b", 2)];
    expect(await exported(exporter, spans)).toEqual({ code: 0 });
    expect(collector.taken()).toEqual(["a0", "a1", "b0", "b1"]);
    expect(exporter.counts()).toMatchObject({ exported: 4, rejected: 1 });
  });

  test("forceFlush and shutdown wait for what is on its way", async () => {
    const exporter = await exporterWith();
    const done = vi.fn<(result: ExportResult) => void>();
    exporter.export(readableSpans("s", 1), done);
    await exporter.forceFlush();
    expect(done).toHaveBeenCalledWith({ code: 0 });
    exporter.export(readableSpans("s", 1), done);
    await exporter.shutdown();
    expect(done).toHaveBeenCalledTimes(2);
  });

  test("a callback or a logger that throws harms nothing", async () => {
    const exporter = await exporterWith({
      onWarning() {
        throw new Error("logger");
      },
    });
    collector.always({ status: 400 });
    expect(await exported(exporter, readableSpans("s", 1))).toEqual({ code: 0 });
  });
});

test("when a backend is away the batches behind the first one do not wait for it, too", async () => {
  const timing = fakeTiming();
  const began = timing.now();
  const exporter = await otlpSpanExporter({
    url: "http://127.0.0.1:9/v1/traces",
    environment: {},
    onWarning: () => undefined,
    maxBatchBytes: 1,
    timing,
  });
  const done = exported(exporter, readableSpans("s", 20));
  await timing.runUntil(done);
  expect(await done).toMatchObject({ code: 1 });
  expect(exporter.counts()).toMatchObject({ failed: 20 });
  // The first one waits 1 s, 2 s, 4 s of its ten; the others none.
  expect(timing.now() - began).toBe(7000);
});
