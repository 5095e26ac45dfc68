import type { AttributeValue } from "../projection/span-record.ts";
import type { OtlpAttributes, OtlpLog, OtlpOrigin, OtlpSpan, OtlpValue } from "./otlp-model.ts";

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
  return `{"resource":{${attributeList(group.resource)}},"scopeSpans":[{"scope":${scope(group)},"spans":[${spans}]}]}`;
}

function resourceLogs(group: LogGroup): string {
  const logs = group.logs.map(encodeLog).join(",");
  return `{"resource":{${attributeList(group.resource)}},"scopeLogs":[{"scope":${scope(group)},"logRecords":[${logs}]}]}`;
}

function scope(group: OtlpOrigin): string {
  const { name, version } = group.scope ?? { name: "durascope", version: undefined };
  return version === undefined
    ? `{"name":${quote(name)}}`
    : `{"name":${quote(name)},"version":${quote(version)}}`;
}

function encodeSpan(span: OtlpSpan): string {
  const { traceId, spanId, parentSpanId, status } = span;
  let text = `{"traceId":${id(traceId)},"spanId":${id(spanId)}`;
  if (parentSpanId !== undefined) text += `,"parentSpanId":${id(parentSpanId)}`;
  text += `,"name":${quote(span.name)},"kind":${KINDS[span.kind]}`;
  text += `,"startTimeUnixNano":"${nanoseconds(span.startTime)}","endTimeUnixNano":"${nanoseconds(span.endTime)}",`;
  text += attributeList(span.attributes);
  if (span.events.length > 0) text += `,"events":[${span.events.map(encodeEvent).join(",")}]`;
  if (span.links.length > 0) text += `,"links":[${span.links.map(encodeLink).join(",")}]`;
  return `${text},"status":${encodeStatus(status)}}`;
}

function encodeStatus(status: OtlpSpan["status"]): string {
  if (status.code === "UNSET") return "{}";
  const code = status.code === "OK" ? 1 : 2;
  return status.message === undefined
    ? `{"code":${code}}`
    : `{"code":${code},"message":${quote(status.message)}}`;
}

function encodeEvent(event: OtlpSpan["events"][number]): string {
  return `{"timeUnixNano":"${nanoseconds(event.time)}","name":${quote(event.name)},${attributeList(event.attributes)}}`;
}

function encodeLink(link: OtlpSpan["links"][number]): string {
  return `{"traceId":${id(link.traceId)},"spanId":${id(link.spanId)},${attributeList(link.attributes)}}`;
}

function encodeLog(log: OtlpLog): string {
  const time = nanoseconds(log.time);
  let text = `{"timeUnixNano":"${time}","observedTimeUnixNano":"${time}"`;
  text += `,"severityNumber":${log.severityNumber},"severityText":${quote(log.severityText)}`;
  text += `,"body":{"stringValue":${quote(log.body)}},${attributeList(log.attributes)}`;
  if (log.traceId !== undefined) text += `,"traceId":${id(log.traceId)}`;
  if (log.spanId !== undefined) text += `,"spanId":${id(log.spanId)}`;
  return `${text}}`;
}

/** An encoded key with the value that was met last under it: the spans of one run repeat most of their attributes. */
interface KnownKey {
  readonly head: string;
  value: OtlpValue | undefined;
  text: string;
}

const MOST_KNOWN_KEYS = 1000;
const LONGEST_KNOWN_TEXT = 2000;
const knownKeys = new Map<string, KnownKey>();

function attributeList(attributes: OtlpAttributes): string {
  let list = "";
  for (const key in attributes) {
    const value = attributes[key];
    if (value === undefined) continue;
    const text = encodeAttribute(key, value);
    list += list === "" ? text : `,${text}`;
  }
  return `"attributes":[${list}]`;
}

function encodeAttribute(key: string, value: OtlpValue): string {
  let known = knownKeys.get(key);
  if (known === undefined) {
    known = { head: `{"key":${quote(key)},"value":`, value: undefined, text: "" };
    if (knownKeys.size < MOST_KNOWN_KEYS) knownKeys.set(key, known);
  }
  if (known.value !== value) {
    known.text = `${known.head}${encodeValue(value)}}`;
    // A list may be changed by its owner, and what is long should not be held on to.
    known.value =
      typeof value === "object" || known.text.length > LONGEST_KNOWN_TEXT ? undefined : value;
  }
  return known.text;
}

function encodeValue(value: OtlpValue): string {
  if (typeof value === "object")
    return `{"arrayValue":{"values":[${value.map(encodeScalar).join(",")}]}}`;
  return encodeScalar(value);
}

function encodeScalar(value: AttributeValue): string {
  if (typeof value === "string") return `{"stringValue":${quote(value)}}`;
  if (typeof value === "boolean") return `{"boolValue":${value}}`;
  if (Number.isSafeInteger(value)) return `{"intValue":"${value}"}`;
  // Protobuf's JSON mapping has words for what JSON has no number for.
  return Number.isFinite(value) ? `{"doubleValue":${value}}` : `{"doubleValue":"${value}"}`;
}

/** Nanoseconds since the epoch as decimal digits, exact to the microsecond; `0` for what is no time. */
function nanoseconds(ms: number): string {
  const microseconds = Math.round(ms * 1000);
  if (!(microseconds > 0 && Number.isSafeInteger(microseconds))) return "0";
  // Small integers become text several times faster than one of sixteen digits.
  const seconds = Math.floor(microseconds / 1e6);
  return `${seconds}${String(1e6 + (microseconds - seconds * 1e6)).slice(1)}000`;
}

/** An id of ours is hex digits already; one of a foreign context is not trusted to be. */
function id(hex: string): string {
  return hex.length === 16 || hex.length === 32 ? quote(hex) : '""';
}

/** Text that JSON takes between quotes as it is: most names, ids and values are such. */
const PLAIN = /^[\w .:/#~@+=,;()-]*$/;

function quote(text: string): string {
  return text.length < 200 && PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}
