/** TraceQL and LogQL, with the attribute names of the vocabulary. */
import { VOCABULARY, type VocabularyName } from "../../src/core/vocabulary.ts";

/** An attribute as TraceQL names it on a span. */
export function spanAttribute(name: VocabularyName): string {
  return `span.${VOCABULARY[name].key}`;
}

/** A field of a log line as Loki names it: dots of OpenTelemetry's attributes become underscores. */
function logField(name: VocabularyName): string {
  return VOCABULARY[name].key.replaceAll(".", "_");
}

/**
 * A text box's content as a quoted string of TraceQL or LogQL; Grafana escapes the quotes in it, and no backslashes: the text
 * box says so, since no format of Grafana's does both
 * (https://grafana.com/docs/grafana/latest/dashboards/variables/variable-syntax/#doublequote).
 */
function quotedVariable(variable: string): string {
  return `\${${variable}:doublequote}`;
}

/** Attributes that may hold the id that somebody looks for. */
const IDS: readonly VocabularyName[] = ["id", "runId", "firstRunId", "parentId", "rootId"];

/**
 * Spans of the runs of an id, whichever kind of id it is.
 *
 * @param id variable that holds it
 * @param key variable that holds the name of a business key, e.g. `order.id`
 */
export function spansOfId(id: string, key: string): string {
  const text = quotedVariable(id);
  const conditions = [
    ...IDS.map((name) => `${spanAttribute(name)} = ${text}`),
    `span."\${${key}}" = ${text}`,
    `trace:id = ${text}`,
  ];
  return `{ ${conditions.join(" || ")} }`;
}

/** Log lines of an id that came as OpenTelemetry logs: their fields are Loki's structured metadata. */
export function logRecordsOfId(id: string): string {
  const text = quotedVariable(id);
  const fields = [...(["id", "runId", "rootId"] as const).map(logField), "trace_id"];
  return `{service_name=~".+"} | ${fields.map((field) => `${field} = ${text}`).join(" or ")}`;
}

/** Log lines of an id that came as JSON text, e.g. from pino's standard output. */
export function logLinesOfId(id: string): string {
  const text = quotedVariable(id);
  const fields = [...(["id", "runId", "rootId"] as const).map(logField), "trace_id"];
  const conditions = fields.map((field) => `${field} = ${text}`).join(" or ");
  return `{service_name=~".+"} |= ${text} | json | ${conditions}`;
}
