import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  type ScriptedCollector,
  startScriptedCollector,
} from "../../test/doubles/scripted-collector.ts";
import { spanRecord } from "../../test/support/span-record.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { type SpanSink, spanSink } from "./span-sink.ts";

const folder = temporaryFolder();
let collector: ScriptedCollector;
let warnings: string[];
beforeEach(async () => {
  collector = await startScriptedCollector();
  warnings = [];
});
afterEach(() => collector.stop());

function sinkWith(environment: Record<string, string>): SpanSink {
  return spanSink({
    environment: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.origin, ...environment },
    onWarning: (message) => void warnings.push(message),
    now: () => spanRecord().endTime,
  });
}

describe("a process without an SDK", () => {
  test("sends as the variables say", async () => {
    const sink = sinkWith({
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
      OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: "gzip",
      OTEL_EXPORTER_OTLP_HEADERS: "x-tenant=a%20b",
      OTEL_SERVICE_NAME: "orders",
    });
    sink.emit([spanRecord({ name: "one" })]);
    expect(await sink.flush()).toBe("exported");
    await sink.shutdown();
    expect(collector.taken()).toEqual(["one"]);
    expect(collector.requests[0]?.headers).toMatchObject({
      "content-type": "application/x-protobuf",
      "content-encoding": "gzip",
      "x-tenant": "a b",
    });
    expect(sink.counts()).toMatchObject({ handed: 1, exported: 1, dropped: 0, failures: 0 });
    expect(warnings).toEqual([]);
  });

  test.each([
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }, /"grpc" was asked for.*http\/protobuf/],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4318" }, /no http or https URL/],
    [{ DURASCOPE_SPOOL_DIR: "/dev/null/spool" }, /spool \/dev\/null\/spool cannot be written/],
    [{ DURASCOPE_SPOOL_DIR: "x", DURASCOPE_SPOOL_MAX_BYTES: "much" }, /bytes above 0/],
  ])("that asks for %j drops its spans, and says why once", async (environment, text) => {
    const sink = sinkWith(environment);
    sink.emit([spanRecord()]);
    expect(await sink.flush()).toBe("no_receiver");
    sink.emit([spanRecord()]);
    await sink.flush();
    expect(sink.counts()).toMatchObject({ exported: 0, dropped: 2 });
    expect(warnings).toEqual([expect.stringMatching(text)]);
  });

  test("with DURASCOPE_SPOOL_DIR keeps what the backend does not take, and the next one sends it", async () => {
    const environment = { DURASCOPE_SPOOL_DIR: folder.path("spool") };
    collector.always({ status: 503 });
    const sink = sinkWith(environment);
    sink.emit([spanRecord({ name: "one" })]);
    // In safe hands: a checkpoint may follow.
    expect(await sink.flush()).toBe("exported");
    expect(sink.counts()).toMatchObject({ handed: 1, exported: 0, dropped: 0, failures: 0 });
    await sink.shutdown();
    collector.always({ status: 200 });
    const next = sinkWith(environment);
    next.emit([spanRecord({ name: "two" })]);
    expect(await next.flush()).toBe("exported");
    await next.shutdown();
    expect(collector.taken()).toEqual(["one", "two"]);
  });

  test("what a backend rejects counts as dropped", async () => {
    collector.always({ status: 200, body: '{"partialSuccess":{"rejectedSpans":1}}' });
    const sink = sinkWith({});
    sink.emit([spanRecord(), spanRecord()]);
    await sink.flush();
    expect(sink.counts()).toMatchObject({ handed: 2, exported: 1, dropped: 1 });
    expect(warnings).toHaveLength(1);
  });
});
