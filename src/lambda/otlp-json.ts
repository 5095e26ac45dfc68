import { INSTRUMENTATION_SCOPE } from "../correlation/instrumentation-scope.ts";
import { type FinishedSpan, SPAN_KINDS, STATUS_CODES } from "../correlation/readable-span.ts";

type Attributes = Readonly<Record<string, string | number | boolean>>;

/** Sampled, and the parent is in another process: bits 0, 8 and 9 of OTLP's span flags. */
const FLAGS = 0x301;

/** The body of an OTLP/HTTP request in JSON (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding). */
export function otlpRequest(resource: Attributes, span: FinishedSpan): string {
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: attributeList(resource) },
        scopeSpans: [{ scope: INSTRUMENTATION_SCOPE, spans: [otlpSpan(span)] }],
      },
    ],
  });
}

function otlpSpan({ startTime, endTime, ...span }: FinishedSpan): object {
  return {
    ...span,
    flags: FLAGS,
    kind: SPAN_KINDS.indexOf(span.kind) + 1,
    // Text, since a number cannot hold nanoseconds since the epoch.
    startTimeUnixNano: `${Math.round(startTime * 1000)}000`,
    endTimeUnixNano: `${Math.round(endTime * 1000)}000`,
    attributes: attributeList(span.attributes),
    status: { ...span.status, code: STATUS_CODES.indexOf(span.status.code) },
    links: span.links.map((link) => ({ ...link, attributes: attributeList(link.attributes) })),
  };
}

const VALUE_TYPES: Readonly<Record<string, string>> = {
  string: "stringValue",
  boolean: "boolValue",
};

function attributeList(attributes: Attributes): object[] {
  return Object.entries(attributes).map(([key, value]) => {
    const numeric = Number.isInteger(value) ? "intValue" : "doubleValue";
    return { key, value: { [VALUE_TYPES[typeof value] ?? numeric]: value } };
  });
}
