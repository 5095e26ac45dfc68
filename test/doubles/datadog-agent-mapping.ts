import type { QueryFields } from "./datadog-query-parser.ts";
import {
  type AnyValue,
  type KeyValue,
  plainValue,
  type Sent,
  type SentLog,
  type SentSpan,
} from "./otlp-intake.ts";

/** A span or log line as Datadog keeps it. */
export interface DatadogEvent {
  /** What its API gives out. */
  readonly data: Readonly<Record<string, unknown>>;
  /** What queries ask for. */
  readonly fields: QueryFields;
  /** The time that a search goes by, ms since the epoch: the end of a span, the time of a log line. */
  readonly time: number;
}

/** How trace ids are given out: decimal of 64 bits as in 2023, or hex of 128. */
export type DatadogIdForm = "decimal64" | "hex128";

type Fields = Record<string, string | number>;

const KINDS = ["unspecified", "internal", "server", "client", "producer", "consumer"];
const STATUSES = ["Unset", "Ok", "Error"];

/**
 * A span as the Datadog Agent makes it of one that came by OTLP, and as the spans API gives it out
 * (https://github.com/DataDog/datadog-agent/blob/main/pkg/trace/transform/transform.go): numbers stay numbers, everything
 * else becomes text, the resource's attributes join the span's, the id that OpenTelemetry gave is kept apart.
 */
export function eventOfSpan(
  { record, resource, scope }: Sent<SentSpan>,
  ids: DatadogIdForm,
): DatadogEvent {
  const own: Fields = {};
  for (const { key, value } of record.attributes ?? []) own[key] ??= metaOrMetric(value);
  own["span.kind"] = KINDS[record.kind ?? 0] ?? "unspecified";
  own["otel.trace_id"] = record.traceId;
  if (record.events !== undefined && record.events.length > 0)
    own["events"] = JSON.stringify(record.events.map(eventJson));
  if (record.links !== undefined && record.links.length > 0)
    own["_dd.span_links"] = JSON.stringify(record.links.map(linkJson));
  if (scope.name !== undefined) own["otel.scope.name"] = own["otel.library.name"] = scope.name;
  const status = record.status?.code ?? 0;
  own["otel.status_code"] = STATUSES[status] ?? "Unset";
  if (record.status?.message) own["otel.status_description"] = record.status.message;
  if (status === 2 && record.status?.message) own["error.msg"] ??= record.status.message;
  for (const { key, value } of resource)
    if (key !== "service.name") own[key] ??= String(plainValue(value));
  const [start, end] = [BigInt(record.startTimeUnixNano), BigInt(record.endTimeUnixNano)];
  own["duration"] = Number(end - start);
  const service = textOf(resource, "service.name") ?? "otlpresourcenoservicename";
  const env = textOf(resource, "deployment.environment.name") ?? "none";
  const traceId = ids === "hex128" ? record.traceId : decimal(record.traceId.slice(16));
  const reserved = {
    env,
    host: "host-1",
    parent_id: decimal(record.parentSpanId ?? "0"),
    resource_name: record.name,
    service,
    span_id: decimal(record.spanId),
    trace_id: traceId,
  };
  const time = Number(end / 1_000_000n);
  return {
    time,
    // Both forms are parts of one trace (https://docs.datadoghq.com/opentelemetry/reference/trace_ids/): found by what is given out.
    fields: new Map<string, string | number>([
      ...Object.entries(own).map(([key, value]) => [`@${key}`, value] as const),
      ...Object.entries(reserved),
    ]),
    data: {
      id: Buffer.from(`${record.spanId}${String(time)}`)
        .toString("base64url")
        .slice(0, 24),
      type: "spans",
      attributes: {
        custom: tree(own),
        end_timestamp: new Date(time).toISOString(),
        ingestion_reason: "otel",
        resource_hash: "2c8cc8275262b3cd",
        retained_by: "retention_filter",
        single_span: false,
        start_timestamp: new Date(Number(start / 1_000_000n)).toISOString(),
        tags: [`env:${env}`, `service:${service.toLowerCase()}`, "source:apm"],
        type: "custom",
        ...reserved,
      },
    },
  };
}

/**
 * A log line as the Agent makes it of one that came by OTLP
 * (https://github.com/DataDog/datadog-agent/blob/main/pkg/opentelemetry-mapping-go/otlp/logs/transform.go).
 */
export function eventOfLog({ record, resource }: Sent<SentLog>): DatadogEvent {
  const own: Fields = {};
  for (const { key, value } of record.attributes ?? []) own[key] = metaOrMetric(value);
  for (const { key, value } of resource) own[key] = String(plainValue(value));
  if (record.traceId !== undefined) {
    own["otel.trace_id"] = record.traceId;
    own["dd.trace_id"] = decimal(record.traceId.slice(16));
  }
  if (record.spanId !== undefined) {
    own["otel.span_id"] = record.spanId;
    own["dd.span_id"] = decimal(record.spanId);
  }
  if (record.severityText !== undefined) own["otel.severity_text"] = record.severityText;
  if (record.severityNumber !== undefined)
    own["otel.severity_number"] = String(record.severityNumber);
  const nanoseconds = record.timeUnixNano ?? record.observedTimeUnixNano ?? "0";
  own["otel.timestamp"] = nanoseconds;
  const time = Number(BigInt(nanoseconds) / 1_000_000n);
  return {
    time,
    fields: new Map(Object.entries(own).map(([key, value]) => [`@${key}`, value])),
    data: {
      attributes: {
        attributes: tree(own),
        status: (record.severityText ?? "info").toLowerCase(),
        timestamp: new Date(time).toISOString(),
        host: "host-1",
        service: textOf(resource, "service.name") ?? "",
        message: record.body === undefined ? "" : String(plainValue(record.body)),
        tags: ["source:otlp_log_ingestion"],
      },
      type: "log",
      id: Buffer.from(`log${nanoseconds}`).toString("base64url").slice(0, 24),
    },
  };
}

function metaOrMetric(value: AnyValue): string | number {
  const plain = plainValue(value);
  if (typeof plain === "number") return plain;
  return typeof plain === "object" ? JSON.stringify(plain) : String(plain);
}

function textOf(attributes: readonly KeyValue[], key: string): string | undefined {
  const found = attributes.find((attribute) => attribute.key === key);
  return found === undefined ? undefined : String(plainValue(found.value));
}

function decimal(hex: string): string {
  return BigInt(`0x${hex === "" ? "0" : hex}`).toString();
}

function attributesJson(attributes: readonly KeyValue[] = []): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, plainValue(value)]));
}

function eventJson(event: NonNullable<SentSpan["events"]>[number]): unknown {
  return {
    time_unix_nano: Number(event.timeUnixNano),
    name: event.name,
    attributes: attributesJson(event.attributes),
  };
}

function linkJson(link: NonNullable<SentSpan["links"]>[number]): unknown {
  const attributes = Object.entries(attributesJson(link.attributes)).map(
    ([key, value]) => [key, String(value)] as const,
  );
  return {
    trace_id: link.traceId,
    span_id: link.spanId,
    attributes: Object.fromEntries(attributes),
  };
}

/** Dotted keys as objects in objects, as the API gives them out. */
function tree(fields: Fields): unknown {
  const root = new Map<string, unknown>();
  for (const [key, value] of Object.entries(fields)) {
    const parts = key.split(".");
    let at = root;
    for (const part of parts.slice(0, -1)) {
      const inner = at.get(part);
      const next = inner instanceof Map ? (inner as Map<string, unknown>) : new Map();
      at.set(part, next);
      at = next;
    }
    at.set(parts.at(-1) ?? "", value);
  }
  const plain = (value: unknown): unknown =>
    value instanceof Map
      ? Object.fromEntries([...value].map(([key, inner]) => [String(key), plain(inner)]))
      : value;
  return plain(root);
}
