import { VOCABULARY } from "../../core/vocabulary.ts";
import { boundedMap } from "../bounded-map.ts";
import { createBackendHttp } from "../http/backend-http.ts";
import { isJson, objects } from "../otlp-decode.ts";
import type { RecordedLog, RecordedSpan } from "../recorded-run.ts";
import { logqlByTraces } from "./logql.ts";

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
    { traceIds, start, end }: Question,
    signal: AbortSignal,
  ): Promise<readonly RecordedLog[]> {
    const query = {
      query: logqlByTraces(traceIds),
      start: `${Math.floor(start)}000000`,
      end: `${Math.ceil(Math.min(end, start + LONGEST))}000000`,
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
      const questions = questionsOf(spans);
      const answers = await boundedMap(questions, 2, (question) => ask(question, signal));
      const notes: string[] = [];
      if (answers.some((lines) => lines.length >= MOST_LINES))
        notes.push(`Loki gives ${MOST_LINES} log lines at most: later ones are left out.`);
      if (questions.some(({ start, end }) => end - start > LONGEST))
        notes.push("Loki was asked for the log lines of the first 30 days only.");
      return { logs: answers.flat(), notes };
    },
  };
}

/** Traces that are asked for at once, and the time of their log lines in ms since the epoch. */
interface Question {
  readonly traceIds: readonly string[];
  readonly start: number;
  readonly end: number;
}

/** One question for traces that lie near each other in time: runs of one id may be months apart. */
function questionsOf(spans: readonly RecordedSpan[]): readonly Question[] {
  const questions: Question[] = [];
  for (const next of timesOf(spans)) {
    const last = questions.at(-1);
    const end = Math.max(last?.end ?? 0, next.end);
    if (last === undefined || last.traceIds.length === MOST_TRACES || end - last.start > LONGEST)
      questions.push(next);
    else
      questions.splice(-1, 1, {
        traceIds: [...last.traceIds, ...next.traceIds],
        start: last.start,
        end,
      });
  }
  return questions;
}

/** A question a trace, the earliest first. Spans without a readable time do not count. */
function timesOf(spans: readonly RecordedSpan[]): readonly Question[] {
  const timed = spans.filter((span) => span.startTime > 0);
  return [...Map.groupBy(timed, (span) => span.traceId)]
    .map(([traceId, own]) => ({
      traceIds: [traceId],
      start: own.reduce((first, span) => Math.min(first, span.startTime), Infinity) - BEFORE,
      end: own.reduce((last, span) => Math.max(last, span.endTime), 0) + AFTER,
    }))
    .toSorted((a, b) => a.start - b.start);
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
