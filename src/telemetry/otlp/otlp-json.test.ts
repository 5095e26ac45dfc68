import { SpanKind, SpanStatusCode } from "@opentelemetry/api";
import { JsonTraceSerializer } from "@opentelemetry/otlp-transformer";
import { resourceFromAttributes } from "@opentelemetry/resources";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sagaTrace } from "../../../test/support/saga-runs.ts";
import { spansOf } from "../../index.ts";
import { decodeLine } from "../../lookup/otlp-decode.ts";
import { encodeLogs, encodeSpans } from "./otlp-json.ts";
import type { OtlpSpan } from "./otlp-model.ts";

const RESOURCE = { "service.name": "orders", "process.pid": 42 };
const STATUS = { UNSET: SpanStatusCode.UNSET, OK: SpanStatusCode.OK, ERROR: SpanStatusCode.ERROR };

const span: OtlpSpan = {
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  parentSpanId: "00f067aa0ba902b7",
  name: 'charge "card"\n',
  kind: "CLIENT",
  startTime: 1_700_000_000_123.456,
  endTime: 1_700_000_000_999.001,
  attributes: {
    text: "ä\u2028\\",
    int: 3,
    negative: -7,
    fraction: 0.5,
    yes: true,
    list: ["a", 1, false],
  },
  status: { code: "ERROR", message: "declined" },
  links: [
    {
      traceId: "1af7651916cd43dd8448eb211c80319c",
      spanId: "c7ad6b7169203331",
      attributes: { "link.relation": "caller" },
    },
  ],
  events: [{ name: "started", time: 1_700_000_000_200.002, attributes: { n: 1 } }],
};

function hrTime(ms: number): [number, number] {
  const microseconds = Math.round(ms * 1000);
  return [Math.floor(microseconds / 1e6), (microseconds % 1e6) * 1000];
}

/** The same span as OpenTelemetry's SDK would hand it to its serialiser. */
function readable(of: OtlpSpan): ReadableSpan {
  const context = (spanId: string, traceId = of.traceId) => ({ traceId, spanId, traceFlags: 1 });
  const attributes = of.attributes as ReadableSpan["attributes"];
  return {
    name: of.name,
    kind: SpanKind[of.kind],
    spanContext: () => context(of.spanId),
    ...(of.parentSpanId !== undefined && { parentSpanContext: context(of.parentSpanId) }),
    startTime: hrTime(of.startTime),
    endTime: hrTime(of.endTime),
    duration: [0, 0],
    status: {
      code: STATUS[of.status.code],
      ...(of.status.message !== undefined && { message: of.status.message }),
    },
    attributes,
    links: of.links.map((link) => ({
      context: context(link.spanId, link.traceId),
      attributes: { ...link.attributes } as ReadableSpan["attributes"],
    })),
    events: of.events.map((event) => ({
      name: event.name,
      time: hrTime(event.time),
      attributes: { ...event.attributes } as ReadableSpan["attributes"],
    })),
    ended: true,
    resource: resourceFromAttributes(RESOURCE),
    instrumentationScope: { name: "durascope" },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

/** Without what the specification lets a writer leave out, and with 64-bit integers as it wants them. */
function normal(json: string): unknown {
  return JSON.parse(json, (key, value: unknown) => {
    if (key === "flags" || key.startsWith("dropped")) return undefined;
    if (key === "intValue") return String(value);
    if (Array.isArray(value) && value.length === 0 && key !== "attributes" && key !== "values")
      return undefined;
    if (key === "status" && JSON.stringify(value) === '{"code":0}') return {};
    return value;
  });
}

describe("encodeSpans", () => {
  test("says the same as OpenTelemetry's own JSON serialiser", () => {
    const theirs = new TextDecoder().decode(JsonTraceSerializer.serializeRequest([readable(span)]));
    expect(normal(encodeSpans([{ resource: RESOURCE, spans: [span] }]))).toEqual(normal(theirs));
  });

  test.each(["temporal", "stepfunctions"] as const)(
    "says the same of a whole run of %s",
    (engine) => {
      const spans = spansOf(sagaTrace(engine, "undeliverable"));
      const resource = resourceFromAttributes(RESOURCE);
      const theirs = JsonTraceSerializer.serializeRequest(
        spans.map((of) => ({ ...readable(of), resource })),
      );
      expect(normal(encodeSpans([{ resource: RESOURCE, spans }]))).toEqual(
        normal(new TextDecoder().decode(theirs)),
      );
    },
  );

  test("keeps times exact to the microsecond and writes 64-bit integers as strings", () => {
    const line = encodeSpans([{ resource: {}, spans: [span] }]);
    expect(line).toContain('"startTimeUnixNano":"1700000000123456000"');
    expect(line).toContain('"intValue":"3"');
    expect(line).not.toContain("\n");
  });

  test("writes what is no number in protobuf's words", () => {
    const attributes = { nan: Number.NaN, inf: Infinity, large: 2 ** 60 };
    const line = encodeSpans([
      { resource: attributes, spans: [{ ...span, startTime: Number.NaN }] },
    ]);
    expect(line).toContain('"doubleValue":"NaN"');
    expect(line).toContain('"doubleValue":"Infinity"');
    expect(line).toContain('"startTimeUnixNano":"0"');
    expect(() => JSON.parse(line)).not.toThrow();
  });

  test("leaves an id out that is none, whatever stands in it", () => {
    const line = encodeSpans([{ resource: {}, spans: [{ ...span, spanId: 'x"}' }] }]);
    expect(line).toContain('"spanId":""');
  });

  test("is read back as it was, whatever the texts are", () => {
    const texts = fc.string({ unit: "binary", maxLength: 300 });
    fc.assert(
      fc.property(
        texts,
        fc.dictionary(
          texts,
          fc.oneof(texts, fc.boolean(), fc.maxSafeInteger(), fc.double({ noNaN: true })),
        ),
        (name, values) => {
          const attributes = Object.fromEntries(
            Object.entries(values).filter(([key]) => key !== "__proto__"),
          );
          const [read] =
            decodeLine(
              encodeSpans([{ resource: RESOURCE, spans: [{ ...span, name, attributes }] }]),
            )?.spans ?? [];
          const zeros = Object.fromEntries(
            Object.entries(attributes).map(([key, value]) => [key, value === 0 ? 0 : value]),
          );
          expect(read).toEqual({ ...span, name, attributes: zeros, resource: RESOURCE });
        },
      ),
    );
  });

  test("gives each span its own attributes, whatever those before it had", () => {
    const few = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "e", "f"), { maxLength: 6 });
    const value = fc.oneof(
      fc.constantFrom("x", "y", 1, true, Number.NaN, "z".repeat(300)),
      fc.constant(["x", 1]),
    );
    const lists = fc.array(
      few.chain((keys) =>
        fc
          .array(value, { minLength: keys.length, maxLength: keys.length })
          .map((values) => Object.fromEntries(keys.map((key, i) => [key, values[i] ?? ""]))),
      ),
    );
    fc.assert(
      fc.property(lists, (all) => {
        const spans = all.map((attributes) => ({ ...span, attributes }));
        const each = spans.map((one) => encodeSpans([{ resource: {}, spans: [one] }]));
        const one = JSON.parse(encodeSpans([{ resource: {}, spans }]));
        expect(one.resourceSpans[0].scopeSpans[0].spans).toEqual(
          each.map((line) => JSON.parse(line).resourceSpans[0].scopeSpans[0].spans[0]),
        );
        expect(decodeLine(JSON.stringify(one))?.spans.map(({ attributes }) => attributes)).toEqual(
          all,
        );
      }),
    );
  });

  test("gives a changed list its new values", () => {
    const list = ["a"];
    const encode = (): string =>
      encodeSpans([{ resource: {}, spans: [{ ...span, attributes: { list } }] }]);
    const before = encode();
    list.push("b");
    expect(encode()).not.toBe(before);
  });
});

describe("encodeLogs", () => {
  test("is read back as it was", () => {
    const log = {
      time: 1_700_000_000_123.5,
      severityNumber: 17,
      severityText: "error",
      body: "card\tdeclined",
      attributes: { "workflow.id": "order-1" },
      traceId: span.traceId,
      spanId: span.spanId,
    };
    const line = encodeLogs([{ resource: RESOURCE, logs: [log] }]);
    expect(decodeLine(line)).toEqual({ spans: [], logs: [{ ...log, resource: RESOURCE }] });
  });
});
