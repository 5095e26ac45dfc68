import { INSTRUMENTATION_SCOPE } from "../host/instrumentation-scope.ts";
import type { FinishedSpan } from "../host/readable-span.ts";

type Attributes = Readonly<Record<string, string | number | boolean>>;

/**
 * The body of an OTLP/HTTP request in JSON (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding) with the SERVER
 * span of an invocation. Joined by hand, since it stands in the way of a response: objects for JSON.stringify take twice as long.
 * The flags say: sampled, and the parent is in another process. Times are text: a number cannot hold nanoseconds since the epoch.
 */
export function otlpRequest(resource: Attributes, span: FinishedSpan): string {
  const status = JSON.stringify({
    ...span.status,
    code: span.status.code === "ERROR" ? 2 : 0,
  });
  const links = span.links.map((link) => `{${idsOf(link)},${attributesOf(link.attributes)}}`);
  return (
    `{"resourceSpans":[{"resource":{${attributesOf(resource)}},"scopeSpans":[{"scope":${SCOPE},"spans":[` +
    `{${idsOf(span)},"parentSpanId":"${span.parentSpanId ?? ""}","flags":769,"kind":2,` +
    `"name":${JSON.stringify(span.name)},"status":${status},"links":[${links.join()}],` +
    `"startTimeUnixNano":"${nanoseconds(span.startTime)}","endTimeUnixNano":"${nanoseconds(span.endTime)}",` +
    `${attributesOf(span.attributes)}}]}]}]}`
  );
}

const SCOPE = JSON.stringify(INSTRUMENTATION_SCOPE);

function idsOf({ traceId, spanId }: { readonly traceId: string; readonly spanId: string }): string {
  return `"traceId":"${traceId}","spanId":"${spanId}"`;
}

function nanoseconds(ms: number): string {
  return `${Math.round(ms * 1000)}000`;
}

function attributesOf(attributes: Attributes): string {
  let list = "";
  for (const [key, value] of Object.entries(attributes)) {
    const type =
      typeof value === "number"
        ? Number.isInteger(value)
          ? "int"
          : "double"
        : typeof value === "string"
          ? "string"
          : "bool";
    list += `${list && ","}{"key":${JSON.stringify(key)},"value":{"${type}Value":${JSON.stringify(value)}}}`;
  }
  return `"attributes":[${list}]`;
}
