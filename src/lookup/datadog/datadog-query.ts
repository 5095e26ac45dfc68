import { type IdAttribute, idAsNumber } from "../id-attributes.ts";

/**
 * The Datadog query for spans or log lines of which any attribute is the id: `@workflow.id:"order-1001" OR …`
 * (https://docs.datadoghq.com/tracing/trace_explorer/query_syntax/,
 * https://docs.datadoghq.com/logs/explorer/search_syntax/).
 */
export function datadogById(id: string, attributes: readonly IdAttribute[]): string {
  const number = idAsNumber(id);
  return attributes
    .flatMap(({ key, mayBeNumber }) => {
      const name = datadogAttribute(key);
      const byText = `${name}:${datadogString(id)}`;
      // A business key that was recorded as a number is asked for without quotes, as numbers are.
      return mayBeNumber && number !== undefined && number >= 0
        ? [byText, `${name}:${number}`]
        : [byText];
    })
    .join(" OR ");
}

/**
 * The Datadog query for all spans, or all log lines, of some traces.
 *
 * Datadog takes the spans that came with the lower 64 bits of a trace id as parts of the same trace
 * (https://docs.datadoghq.com/opentelemetry/reference/trace_ids/), and gave ids as decimal numbers of 64 bits before it
 * knew longer ones: so each trace is asked for by its hex digits, by that number, and by the attribute that the
 * Agent keeps of OpenTelemetry's id.
 *
 * @param traceIds 32 hex digits each; anything else throws, since it would be a part of the query
 */
export function datadogByTraces(traceIds: readonly string[], of: "spans" | "logs"): string {
  for (const traceId of traceIds) {
    if (!/^[0-9a-f]{32}$/.test(traceId)) throw new TypeError("A trace id is 32 hex digits.");
  }
  const hex = traceIds.join(" OR ");
  const decimal = traceIds.map(lowerHalf).join(" OR ");
  const both = `${hex} OR ${decimal}`;
  const spans = `trace_id:(${both}) OR @otel.trace_id:(${hex})`;
  return of === "spans" ? spans : `${spans} OR @trace_id:(${both}) OR @dd.trace_id:(${both})`;
}

/** The lower 64 bits of a trace id as a decimal number. */
export function lowerHalf(traceId: string): string {
  return BigInt(`0x${traceId.slice(-16)}`).toString();
}

/** A value in double quotes: in them only the quote and the backslash are special, wildcards are not. */
function datadogString(text: string): string {
  return `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
}

/** `@workflow.id`: the name of an attribute, with what is special in names escaped. */
function datadogAttribute(key: string): string {
  return `@${key.replaceAll(/[^\w.\-/]/gu, "\\$&")}`;
}
