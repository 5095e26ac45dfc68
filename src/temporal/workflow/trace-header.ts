import type { RunLink } from "../../core/model.ts";
import { message, payloadValue } from "./proto-value.ts";

/** Header in which Temporal's own OpenTelemetry interceptors (TypeScript, Go, Python) carry the W3C trace context. */
export const TRACE_HEADER = "_tracer-data";

/** Version 00 of https://www.w3.org/TR/trace-context/#traceparent-header; ids of zeros are invalid. */
const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}$/;

/** The span that a header's fields point at; undefined when they hold none. */
export function headerLink(fields: unknown, relation: RunLink["relation"]): RunLink | undefined {
  const carrier = message(payloadValue(message(fields)[TRACE_HEADER]));
  const { traceparent } = carrier;
  const match = typeof traceparent === "string" ? TRACEPARENT.exec(traceparent) : null;
  const [, traceId, spanId] = match ?? [];
  return traceId === undefined || spanId === undefined ? undefined : { relation, traceId, spanId };
}
