import { JsonTraceSerializer } from "@opentelemetry/otlp-transformer";
import { InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace";
import { describe, expect, test } from "vitest";
import { spanRecord } from "../../test/support/span-record.ts";
import { toReadableSpan } from "./readable-span.ts";
import { resourceOf } from "./resource.ts";

describe("toReadableSpan", () => {
  test("gives what OpenTelemetry's own serialiser needs, with nothing lost", () => {
    const readable = toReadableSpan(spanRecord(), resourceOf({ "service.name": "orders" }));
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
    expect(toReadableSpan(spanRecord(), resourceOf({})).duration).toEqual([1, 321_878_000]);
    const backwards = spanRecord({ endTime: 0 });
    expect(toReadableSpan(backwards, resourceOf({})).duration).toEqual([0, 0]);
  });
});
