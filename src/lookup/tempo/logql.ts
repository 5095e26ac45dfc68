/**
 * The LogQL query for the log lines of some traces: `{service_name=~".+"} | trace_id=~"0af7…|1b2c…"`. Loki keeps the trace id
 * of OTLP log records as structured metadata (https://grafana.com/docs/loki/latest/send-data/otel/), and every stream
 * of theirs has a service name.
 *
 * @param traceIds hex digits alone; anything else throws, since it would be a part of the query
 */
export function logqlByTraces(traceIds: readonly string[]): string {
  for (const traceId of traceIds) {
    if (!/^[0-9a-f]{32}$/.test(traceId)) throw new TypeError("A trace id is 32 hex digits.");
  }
  const [only] = traceIds;
  return traceIds.length === 1 && only !== undefined
    ? `{service_name=~".+"} | trace_id="${only}"`
    : `{service_name=~".+"} | trace_id=~"${traceIds.join("|")}"`;
}
