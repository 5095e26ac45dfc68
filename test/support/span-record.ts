import type { SpanRecord } from "../../src/projection/span-record.ts";

/** A span record that has a value in every field, with those of `over` in their place. */
export function spanRecord(over: Partial<SpanRecord> = {}): SpanRecord {
  return {
    traceId: "0af7651916cd43dd8448eb211c80319c",
    spanId: "b7ad6b7169203331",
    parentSpanId: "00f067aa0ba902b7",
    name: "chargeCard",
    kind: "CLIENT",
    startTime: 1_767_323_045_678.123,
    endTime: 1_767_323_047_000.001,
    attributes: {
      "workflow.id": "order-1",
      "workflow.step.attempt": 2,
      "workflow.step.local": true,
    },
    status: { code: "ERROR", message: "declined" },
    links: [
      {
        traceId: "1".repeat(32),
        spanId: "2".repeat(16),
        attributes: { "link.relation": "caller" },
      },
    ],
    events: [{ name: "started", time: 1_767_323_046_000.5, attributes: { a: 1 } }],
    role: "step",
    seq: 7,
    ...over,
  };
}
