import { escaped } from "./json-text.ts";
import { encodeAttributes, encodeSpanAttributes } from "./otlp-attributes.ts";
import type { OtlpLog, OtlpOrigin, OtlpSpan } from "./otlp-model.ts";

/** Spans of one origin. */
export interface SpanGroup extends OtlpOrigin {
  readonly spans: readonly OtlpSpan[];
}

/** Log lines of one origin. */
export interface LogGroup extends OtlpOrigin {
  readonly logs: readonly OtlpLog[];
}

/** Numbers of the enum `SpanKind` of OTLP. */
const KINDS: Readonly<Record<OtlpSpan["kind"], number>> = {
  INTERNAL: 1,
  SERVER: 2,
  CLIENT: 3,
  PRODUCER: 4,
  CONSUMER: 5,
};

/**
 * Spans as one line of OTLP/JSON, `{"resourceSpans":[…]}`, without a line break
 * (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding: ids are hex, 64-bit integers are strings, enums
 * are numbers). Times are exact to the microsecond. Fields that hold protobuf's default are left out.
 */
export function encodeSpans(groups: readonly SpanGroup[]): string {
  return `{"resourceSpans":[${groups.map(resourceSpans).join(",")}]}`;
}

/** Log lines as one line of OTLP/JSON, `{"resourceLogs":[…]}`, without a line break; as {@link encodeSpans}. */
export function encodeLogs(groups: readonly LogGroup[]): string {
  return `{"resourceLogs":[${groups.map(resourceLogs).join(",")}]}`;
}

function resourceSpans(group: SpanGroup): string {
  let spans = "";
  for (const span of group.spans) spans += spans === "" ? encodeSpan(span) : `,${encodeSpan(span)}`;
  return `{"resource":{"attributes":[${encodeAttributes(group.resource)}]},"scopeSpans":[{"scope":${scope(group)},"spans":[${spans}]}]}`;
}

function resourceLogs(group: LogGroup): string {
  const logs = group.logs.map(encodeLog).join(",");
  return `{"resource":{"attributes":[${encodeAttributes(group.resource)}]},"scopeLogs":[{"scope":${scope(group)},"logRecords":[${logs}]}]}`;
}

function scope(group: OtlpOrigin): string {
  const { name, version } = group.scope ?? { name: "durascope", version: undefined };
  return version === undefined
    ? `{"name":"${escaped(name)}"}`
    : `{"name":"${escaped(name)}","version":"${escaped(version)}"}`;
}

/** What a span begins with, up to its own id: spans of one trace follow one another. */
let beginning = { traceId: "", text: `{"traceId":"","spanId":"` };

function spanBeginning(traceId: string): string {
  if (traceId !== beginning.traceId) {
    // Joined, since what is added up stays in pieces, and what a text costs is the number of its pieces.
    beginning = { traceId, text: [`{"traceId":"`, id(traceId), `","spanId":"`].join("") };
  }
  return beginning.text;
}

function encodeSpan(span: OtlpSpan): string {
  const { parentSpanId, traceState, status } = span;
  let text = `${spanBeginning(span.traceId)}${id(span.spanId)}`;
  if (traceState) text += `","traceState":"${escaped(traceState)}`;
  if (parentSpanId !== undefined) text += `","parentSpanId":"${id(parentSpanId)}`;
  text += `","name":"${escaped(span.name)}","kind":${KINDS[span.kind]}`;
  text += `,"startTimeUnixNano":"${nanoseconds(span.startTime)}","endTimeUnixNano":"${nanoseconds(span.endTime)}"`;
  text += `,"attributes":[${encodeSpanAttributes(span.attributes)}]`;
  if (span.events.length > 0) text += `,"events":[${span.events.map(encodeEvent).join(",")}]`;
  if (span.links.length > 0) text += `,"links":[${span.links.map(encodeLink).join(",")}]`;
  return status.code === "UNSET"
    ? `${text},"status":{}}`
    : `${text},"status":${encodeStatus(status)}}`;
}

function encodeStatus(status: OtlpSpan["status"]): string {
  const code = status.code === "OK" ? 1 : 2;
  return status.message === undefined
    ? `{"code":${code}}`
    : `{"code":${code},"message":"${escaped(status.message)}"}`;
}

function encodeEvent(event: OtlpSpan["events"][number]): string {
  return `{"timeUnixNano":"${nanoseconds(event.time)}","name":"${escaped(event.name)}","attributes":[${encodeAttributes(event.attributes)}]}`;
}

function encodeLink(link: OtlpSpan["links"][number]): string {
  return `{"traceId":"${id(link.traceId)}","spanId":"${id(link.spanId)}","attributes":[${encodeAttributes(link.attributes)}]}`;
}

function encodeLog(log: OtlpLog): string {
  const time = nanoseconds(log.time);
  let text = `{"timeUnixNano":"${time}","observedTimeUnixNano":"${time}"`;
  text += `,"severityNumber":${log.severityNumber},"severityText":"${escaped(log.severityText)}"`;
  text += `,"body":{"stringValue":"${escaped(log.body)}"},"attributes":[${encodeAttributes(log.attributes)}]`;
  if (log.traceId !== undefined) text += `,"traceId":"${id(log.traceId)}"`;
  if (log.spanId !== undefined) text += `,"spanId":"${id(log.spanId)}"`;
  return `${text}}`;
}

const THREE_DIGITS: readonly string[] = Array.from({ length: 1000 }, (_, n) =>
  String(n).padStart(3, "0"),
);

/** Nanoseconds since the epoch as decimal digits, exact to the microsecond; `0` for what is no time. */
function nanoseconds(ms: number): string {
  const microseconds = Math.round(ms * 1000);
  if (!(microseconds > 0 && Number.isSafeInteger(microseconds))) return "0";
  // A number of sixteen digits becomes text slowly: seconds are repeated a lot, and a table has what is below them.
  const seconds = Math.floor(microseconds / 1e6);
  const below = microseconds - seconds * 1e6;
  const digits = `${THREE_DIGITS[Math.floor(below / 1000)]}${THREE_DIGITS[below % 1000]}000`;
  return `${seconds}${digits}`;
}

/** An id of ours is hex digits already; one of a foreign context is not trusted to be. */
function id(hex: string): string {
  return hex.length === 16 || hex.length === 32 ? escaped(hex) : "";
}
