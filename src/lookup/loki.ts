import { VOCABULARY } from "../core/vocabulary.ts";
import { createBackendHttp } from "./backend-http.ts";
import { boundedMap } from "./bounded-map.ts";
import { logqlByTraces } from "./logql.ts";
import { isJson, objects } from "./otlp-decode.ts";
import type { RecordedLog, RecordedSpan } from "./recorded-run.ts";

/** Log lines of traces, as Loki keeps what came by OTLP. */
export interface Loki {
  /** The log lines of the spans' traces, written while the spans ran. */
  linesOf(
    spans: readonly RecordedSpan[],
    signal: AbortSignal,
  ): Promise<{ readonly logs: readonly RecordedLog[]; readonly notes: readonly string[] }>;
}

/** Traces in one question: their ids stand in its URL. */
const MOST_TRACES = 50;
/** Most lines of one answer: Loki's own limit by default, `limits_config.max_entries_limit_per_query`. */
const MOST_LINES = 5000;
/** Lines are looked for before and after the spans for so long, in ms. */
const BEFORE = 5 * 60_000;
const AFTER = 60 * 60_000;
/** Longest time of one question, in ms; Loki's own limit is 30 days and an hour, `limits_config.max_query_length`. */
const LONGEST = 30 * 24 * 3600 * 1000;

/**
 * Reads log lines by trace id (https://grafana.com/docs/loki/latest/reference/loki-http-api/#query-logs-within-a-range-of-time).
 * Throws `LOOKUP_BAD_ADDRESS` or `LOOKUP_BAD_CREDENTIALS` when the address or a header cannot be used.
 */
export function createLoki(options: {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
}): Loki {
  const http = createBackendHttp({
    product: "Loki",
    baseUrl: options.url,
    ...(options.headers !== undefined && { headers: options.headers }),
    addressBy: "LOKI_URL",
    credentialsBy: "LOKI_AUTHORIZATION and LOKI_ORG_ID",
  });

  async function ask(
    traceIds: readonly string[],
    window: readonly [start: number, end: number],
    signal: AbortSignal,
  ): Promise<readonly RecordedLog[]> {
    const query = {
      query: logqlByTraces(traceIds),
      start: `${Math.floor(window[0])}000000`,
      end: `${Math.ceil(window[1])}000000`,
      limit: String(MOST_LINES),
      direction: "forward",
    };
    const path = "loki/api/v1/query_range";
    const { json } = await http.askJson({ path, query: Object.entries(query) }, signal);
    const data = isJson(json) && isJson(json["data"]) ? json["data"] : undefined;
    if (data === undefined || !Array.isArray(data["result"]))
      throw http.badAnswer("answered without data.result. Check that LOKI_URL names Loki itself");
    return objects(data["result"]).flatMap(linesOfStream);
  }

  return {
    async linesOf(spans, signal) {
      const start =
        spans.reduce((first, span) => Math.min(first, span.startTime), Infinity) - BEFORE;
      const last = spans.reduce((end, span) => Math.max(end, span.endTime), 0) + AFTER;
      const end = Math.min(last, start + LONGEST);
      const traceIds = [...new Set(spans.map((span) => span.traceId))];
      const groups = Array.from({ length: Math.ceil(traceIds.length / MOST_TRACES) }, (_none, i) =>
        traceIds.slice(i * MOST_TRACES, (i + 1) * MOST_TRACES),
      );
      const answers = await boundedMap(groups, 2, (group) => ask(group, [start, end], signal));
      const notes: string[] = [];
      if (answers.some((lines) => lines.length >= MOST_LINES))
        notes.push(`Loki gives ${MOST_LINES} log lines at most: later ones are left out.`);
      if (end < last) notes.push("Loki was asked for the log lines of the first 30 days only.");
      return { logs: answers.flat(), notes };
    },
  };
}

/** Loki writes the dots of attribute names as underscores: the vocabulary's are put back. */
const KEYS: ReadonlyMap<string, string> = new Map(
  Object.values(VOCABULARY).map(({ key }) => [key.replaceAll(".", "_"), key]),
);
const RESOURCE: Readonly<Record<string, string>> = {
  service_name: "service.name",
  service_namespace: "service.namespace",
  deployment_environment_name: "deployment.environment.name",
};

/** `{ stream: labels and structured metadata, values: [[ns, line, metadata?]] }`. */
function linesOfStream(stream: Readonly<Record<string, unknown>>): RecordedLog[] {
  const labels = isJson(stream["stream"]) ? stream["stream"] : {};
  const values: unknown[] = Array.isArray(stream["values"]) ? stream["values"] : [];
  return values.flatMap((value) => {
    if (!Array.isArray(value)) return [];
    const [time, line, own]: unknown[] = value;
    if (typeof time !== "string" || !/^\d{1,20}$/.test(time) || typeof line !== "string") return [];
    return [lineOf(Number(time) / 1e6, line, isJson(own) ? { ...labels, ...own } : labels)];
  });
}

function lineOf(
  time: number,
  body: string,
  fields: Readonly<Record<string, unknown>>,
): RecordedLog {
  const resource: Record<string, string> = {};
  const attributes: Record<string, string> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value !== "string" || TAKEN.has(name)) continue;
    const ofResource = RESOURCE[name];
    if (ofResource === undefined) attributes[KEYS.get(name) ?? name] = value;
    else resource[ofResource] = value;
  }
  const text = (name: string): string => (typeof fields[name] === "string" ? fields[name] : "");
  const traceId = /^[0-9a-f]{32}$/.test(text("trace_id")) ? text("trace_id") : undefined;
  const spanId = /^[0-9a-f]{16}$/.test(text("span_id")) ? text("span_id") : undefined;
  return {
    time: Math.round(time * 1000) / 1000,
    severityNumber: Number(text("severity_number")) || 0,
    severityText: text("severity_text") || text("detected_level") || text("level"),
    body,
    attributes,
    ...(traceId !== undefined && { traceId }),
    ...(spanId !== undefined && { spanId }),
    resource,
  };
}

const TAKEN: ReadonlySet<string> = new Set([
  "trace_id",
  "span_id",
  "severity_text",
  "severity_number",
  "detected_level",
  "level",
  "observed_timestamp",
  "flags",
]);
