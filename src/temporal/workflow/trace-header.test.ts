import { expect, it } from "vitest";
import { headerLink, TRACE_HEADER } from "./trace-header.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const spanId = "00f067aa0ba902b7";

function fields(carrier: unknown): object {
  return {
    [TRACE_HEADER]: {
      metadata: { encoding: btoa("json/plain") },
      data: btoa(JSON.stringify(carrier)),
    },
  };
}

it("points at the span of the W3C trace context in Temporal's own header", () => {
  const traceparent = `00-${traceId}-${spanId}-01`;
  expect(headerLink(fields({ traceparent }), "caller")).toEqual({
    relation: "caller",
    traceId,
    spanId,
  });
});

it.each([
  undefined,
  {},
  fields({}),
  fields(null),
  fields("text"),
  fields({ traceparent: 5 }),
  fields({ traceparent: "00-short-ids-01" }),
  fields({ traceparent: `00-${"0".repeat(32)}-${spanId}-01` }),
  fields({ traceparent: `00-${traceId}-${"0".repeat(16)}-01` }),
  fields({ traceparent: `01-${traceId}-${spanId}-01` }),
  fields({ traceparent: `00-${traceId.toUpperCase()}-${spanId}-01` }),
  { [TRACE_HEADER]: { metadata: { encoding: btoa("binary/encrypted") }, data: "x" } },
])("points at nothing when the header's fields are %j", (value) => {
  expect(headerLink(value, "caller")).toBeUndefined();
});
