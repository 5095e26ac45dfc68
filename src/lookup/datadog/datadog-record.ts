import type { OtlpAttributes, OtlpValue } from "../../telemetry/otlp/otlp-model.ts";
import { isJson, type Json, objects } from "../otlp-decode.ts";
import type { RecordedLog, RecordedSpan } from "../recorded-run.ts";
import { wholeSpan } from "../whole-span.ts";
import { type KnownTraces, spanIdOfDatadog, traceIdOfDatadog } from "./datadog-ids.ts";

/** Deeper objects and more attributes than these are passed over. */
const DEEPEST = 12;
const MOST_ATTRIBUTES = 500;

const KINDS: readonly RecordedSpan["kind"][] = [
  "INTERNAL",
  "SERVER",
  "CLIENT",
  "PRODUCER",
  "CONSUMER",
];

/**
 * A span of Datadog's spans API as a recorded span; undefined when it lacks its ids.
 *
 * Datadog answers with the attributes as a tree under `custom`, numbers as numbers, everything else as text, those of the
 * resource among them (https://docs.datadoghq.com/api/latest/spans/). What the Agent adds to a span that came by OTLP
 * (https://github.com/DataDog/datadog-agent/blob/main/pkg/trace/transform/transform.go) is put back where it was: status,
 * kind, events, links.
 */
export function spanOfDatadog(data: Json, known: KnownTraces): RecordedSpan | undefined {
  const span = isJson(data["attributes"]) ? data["attributes"] : {};
  const fields = { ...flat(span["attributes"]), ...flat(span["custom"]) };
  const traceId = traceIdOfDatadog(
    span["trace_id"],
    fields["otel.trace_id"],
    fields["_dd.p.tid"],
    known,
  );
  const spanId = spanIdOfDatadog(span["span_id"]);
  if (traceId === undefined || spanId === undefined) return undefined;
  const parentSpanId = spanIdOfDatadog(span["parent_id"]);
  const startTime = timeOf(span["start_timestamp"]);
  const duration = fields["duration"];
  const endTime =
    typeof duration === "number" ? startTime + duration / 1e6 : timeOf(span["end_timestamp"]);
  return wholeSpan({
    traceId,
    spanId,
    ...(parentSpanId !== undefined && { parentSpanId }),
    name: textOf(span["resource_name"]) || textOf(span["operation_name"]),
    kind: KINDS.find((kind) => kind.toLowerCase() === fields["span.kind"]) ?? "INTERNAL",
    startTime,
    endTime: Math.max(startTime, Math.round(endTime * 1000) / 1000),
    attributes: attributesOf(fields),
    status: statusOf(span, fields),
    links: linksOf(raw(span["custom"], "_dd.span_links") ?? raw(span["custom"], "span_links")),
    events: eventsOf(raw(span["custom"], "events")),
    resource: resourceOf(span, fields),
  });
}

/** A log line of Datadog's logs API as a recorded log line (https://docs.datadoghq.com/api/latest/logs/). */
export function logOfDatadog(data: Json, known: KnownTraces): RecordedLog {
  const log = isJson(data["attributes"]) ? data["attributes"] : {};
  const fields = flat(log["attributes"]);
  const traceId = traceIdOfDatadog(
    log["trace_id"] ??
      fields["otel.trace_id"] ??
      fields["trace_id"] ??
      textOfId(fields["dd.trace_id"]),
    fields["otel.trace_id"],
    undefined,
    known,
  );
  const spanId = spanIdOfLog(log, fields);
  const level = textOf(log["status"]);
  return {
    time: nanosecondsOf(fields["otel.timestamp"]) ?? timeOf(log["timestamp"]),
    severityNumber: Number(fields["otel.severity_number"]) || (SEVERITIES[level] ?? 0),
    severityText: textOf(fields["otel.severity_text"]) || level,
    body: textOf(log["message"]),
    attributes: attributesOf(fields),
    ...(traceId !== undefined && { traceId }),
    ...(spanId !== undefined && { spanId }),
    resource: resourceOf(log, fields),
  };
}

/** Datadog's statuses (https://docs.datadoghq.com/logs/log_configuration/processors/#log-status-remapper) as severities. */
const SEVERITIES: Readonly<Record<string, number>> = {
  trace: 1,
  debug: 5,
  info: 9,
  ok: 9,
  notice: 10,
  warn: 13,
  warning: 13,
  error: 17,
  critical: 21,
  alert: 22,
  emergency: 24,
};

/** OpenTelemetry's span id is hex digits, which may all be decimal ones; Datadog's own is a decimal number. */
function spanIdOfLog(log: Json, fields: OtlpAttributes): string | undefined {
  const hex = fields["otel.span_id"] ?? fields["span_id"];
  if (typeof hex === "string" && /^[0-9a-f]{16}$/i.test(hex)) return hex.toLowerCase();
  return spanIdOfDatadog(log["span_id"] ?? textOfId(fields["dd.span_id"]));
}

function textOfId(id: OtlpValue | undefined): string | undefined {
  return typeof id === "string" ? id : undefined;
}

/** What Datadog or its Agent adds, and what has a place of its own in a recorded span. */
const ADDED =
  /^(?:duration|env|error\.msg|events|service|span\.kind|span_links|version|_dd\..*|dd\..*|otel\..*|telemetry\..*|service\..*|(?:trace|span)_id)$/;

function attributesOf(fields: OtlpAttributes): OtlpAttributes {
  return Object.fromEntries(Object.entries(fields).filter(([key]) => !ADDED.test(key)));
}

function resourceOf(record: Json, fields: OtlpAttributes): OtlpAttributes {
  const own = Object.entries(fields).filter(([key]) => /^(?:telemetry|service)\./.test(key));
  const named = {
    "service.name": record["service"],
    "service.version": fields["version"],
    "deployment.environment.name": record["env"] ?? fields["env"],
    "host.name": record["host"],
  };
  const known = Object.entries(named).flatMap(([key, value]) =>
    typeof value === "string" && value !== "" ? [[key, value] as const] : [],
  );
  return Object.fromEntries([...own, ...known]);
}

function statusOf(span: Json, fields: OtlpAttributes): RecordedSpan["status"] {
  const told = textOf(fields["otel.status_code"]).toUpperCase();
  const isError =
    told === ""
      ? span["status"] === "error" || fields["error.type"] !== undefined
      : told === "ERROR";
  const message = textOf(
    fields["otel.status_description"] ?? fields["error.msg"] ?? fields["error.message"],
  );
  if (isError) return { code: "ERROR", ...(message !== "" && { message }) };
  return { code: told === "OK" ? "OK" : "UNSET" };
}

/** Events and links are kept as JSON in a text, or as what that text holds. */
function parts(value: unknown): Json[] {
  if (typeof value !== "string") return objects(value);
  try {
    return objects(JSON.parse(value));
  } catch {
    return [];
  }
}

function eventsOf(value: unknown): RecordedSpan["events"] {
  return parts(value).map((event) => ({
    name: textOf(event["name"]),
    time: nanosecondsOf(event["time_unix_nano"]) ?? 0,
    attributes: flat(event["attributes"]),
  }));
}

function linksOf(value: unknown): RecordedSpan["links"] {
  return parts(value).map((link) => ({
    traceId: traceIdOfDatadog(link["trace_id"], undefined, undefined, new Map()) ?? "",
    spanId: hexSpanId(link["span_id"]),
    attributes: flat(link["attributes"]),
  }));
}

function hexSpanId(id: unknown): string {
  return typeof id === "string" && /^[0-9a-f]{16}$/i.test(id)
    ? id.toLowerCase()
    : (spanIdOfDatadog(id) ?? "");
}

/** The value under a dotted key that may stand in a tree as a whole or in parts. */
function raw(tree: unknown, key: string): unknown {
  if (!isJson(tree)) return undefined;
  if (tree[key] !== undefined) return tree[key];
  const dot = key.indexOf(".");
  return dot < 0 ? undefined : raw(tree[key.slice(0, dot)], key.slice(dot + 1));
}

/** A tree of attributes with dotted keys. */
function flat(tree: unknown): OtlpAttributes {
  const found: Record<string, OtlpValue> = {};
  let count = 0;
  const walk = (value: unknown, key: string, depth: number): void => {
    if (count >= MOST_ATTRIBUTES || depth > DEEPEST || key === "__proto__") return;
    if (isJson(value)) {
      for (const [part, inner] of Object.entries(value))
        walk(inner, key === "" ? part : `${key}.${part}`, depth + 1);
      return;
    }
    count += 1;
    if (Array.isArray(value)) found[key] = value.filter(isScalar);
    else if (isScalar(value)) found[key] = value;
  };
  walk(isJson(tree) ? tree : {}, "", 0);
  return found;
}

function isScalar(value: unknown): value is string | number | boolean {
  return ["string", "number", "boolean"].includes(typeof value);
}

function timeOf(timestamp: unknown): number {
  const time = typeof timestamp === "string" ? Date.parse(timestamp) : Number.NaN;
  return Number.isNaN(time) ? 0 : time;
}

/** Nanoseconds since the epoch, as a number or its text, in milliseconds with a fraction down to microseconds. */
function nanosecondsOf(value: unknown): number | undefined {
  const number = typeof value === "string" && /^\d{10,20}$/.test(value) ? Number(value) : value;
  return typeof number === "number" && number > 0 ? Math.round(number / 1e3) / 1e3 : undefined;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
