import type { IncomingMessage } from "node:http";
import { gunzipSync } from "node:zlib";

/** An attribute as OTLP/JSON writes it. */
export interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}

/** A value as OTLP/JSON writes it. */
export interface AnyValue {
  readonly stringValue?: string;
  readonly intValue?: string | number;
  readonly doubleValue?: number;
  readonly boolValue?: boolean;
  readonly arrayValue?: { readonly values?: readonly AnyValue[] };
}

/** A span as it came by OTLP/JSON. */
export interface SentSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind?: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes?: readonly KeyValue[];
  readonly status?: { readonly code?: number; readonly message?: string };
  readonly links?: readonly {
    readonly traceId: string;
    readonly spanId: string;
    readonly attributes?: readonly KeyValue[];
  }[];
  readonly events?: readonly {
    readonly name: string;
    readonly timeUnixNano: string;
    readonly attributes?: readonly KeyValue[];
  }[];
}

/** A log record as it came by OTLP/JSON. */
export interface SentLog {
  readonly timeUnixNano?: string;
  readonly observedTimeUnixNano?: string;
  readonly severityNumber?: number;
  readonly severityText?: string;
  readonly body?: AnyValue;
  readonly attributes?: readonly KeyValue[];
  readonly traceId?: string;
  readonly spanId?: string;
}

/** What came, with the resource that it came with. */
export interface Sent<Record> {
  readonly resource: readonly KeyValue[];
  readonly scope: { readonly name?: string; readonly version?: string };
  readonly record: Record;
}

interface Group {
  readonly resource?: { readonly attributes?: readonly KeyValue[] };
  readonly scopeSpans?: readonly {
    readonly scope?: Sent<never>["scope"];
    readonly spans?: readonly SentSpan[];
  }[];
  readonly scopeLogs?: readonly {
    readonly scope?: Sent<never>["scope"];
    readonly logRecords?: readonly SentLog[];
  }[];
}

/** The spans of an OTLP/JSON message. */
export function sentSpans(json: unknown): Sent<SentSpan>[] {
  const { resourceSpans = [] } = json as { readonly resourceSpans?: readonly Group[] };
  return resourceSpans.flatMap(({ resource, scopeSpans = [] }) =>
    scopeSpans.flatMap(({ scope = {}, spans = [] }) =>
      spans.map((record) => ({ resource: resource?.attributes ?? [], scope, record })),
    ),
  );
}

/** The log records of an OTLP/JSON message. */
export function sentLogs(json: unknown): Sent<SentLog>[] {
  const { resourceLogs = [] } = json as { readonly resourceLogs?: readonly Group[] };
  return resourceLogs.flatMap(({ resource, scopeLogs = [] }) =>
    scopeLogs.flatMap(({ scope = {}, logRecords = [] }) =>
      logRecords.map((record) => ({ resource: resource?.attributes ?? [], scope, record })),
    ),
  );
}

/** An attribute's value as JavaScript holds it; lists as lists. */
export function plainValue(value: AnyValue): string | number | boolean | readonly unknown[] {
  if (value.stringValue !== undefined) return value.stringValue;
  if (value.boolValue !== undefined) return value.boolValue;
  if (value.arrayValue !== undefined) return (value.arrayValue.values ?? []).map(plainValue);
  return Number(value.intValue ?? value.doubleValue ?? 0);
}

/** The body of a request, unzipped. */
export async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  return (request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body).toString();
}

/** Sends OTLP/JSON export requests of spans or log records, as texts, to `<url>/v1/traces` and `<url>/v1/logs`. */
export async function sendOtlp(url: string, requests: readonly string[]): Promise<void> {
  for (const body of requests) {
    const path = body.startsWith('{"resourceLogs"') ? "v1/logs" : "v1/traces";
    // oxlint-disable-next-line no-await-in-loop -- in the order that they are given
    const response = await fetch(`${url}/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
    if (!response.ok) throw new Error(`${path} was answered with ${response.status}`);
  }
}
