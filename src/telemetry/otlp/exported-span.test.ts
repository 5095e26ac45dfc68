import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import { describe, expect, test } from "vitest";
import { spanRecord } from "../../../test/support/span-record.ts";
import { toReadableSpan } from "../../host/readable-span.ts";
import { resourceOf } from "../../host/resource.ts";
import { fromReadableSpan } from "./exported-span.ts";

describe("fromReadableSpan", () => {
  test("gives the record back, but for its role", () => {
    const { role: _role, seq: _seq, ...span } = spanRecord();
    expect(fromReadableSpan(toReadableSpan(spanRecord(), resourceOf({ a: "b" })))).toEqual({
      ...span,
      resource: { a: "b" },
      scope: { name: "durascope", version: expect.any(String) },
    });
  });

  test("reads a span of the application's SDK, with its lists", () => {
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
      attributes: { rows: [1, 2] },
      status: { code: "UNSET" },
      scope: { name: "app", version: "1.2" },
    });
  });
});
