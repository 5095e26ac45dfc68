/** Trace ids that were asked for, by their lower halves: spans that came with 64 bits are parts of those traces. */
export type KnownTraces = ReadonlyMap<string, string>;

/** Trace ids by their lower 16 hex digits. */
export function knownTraces(traceIds: readonly string[]): KnownTraces {
  return new Map(traceIds.map((traceId) => [traceId.slice(-16), traceId]));
}

/**
 * A trace id as Datadog gives it, as 32 hex digits: hex digits, or a decimal number, of 64 or 128 bits. An upper half that
 * is missing is taken from what else is known of the span: the id that OpenTelemetry gave, the upper half that dd-trace
 * keeps apart, the traces that were asked for. Undefined when it is no id.
 */
export function traceIdOfDatadog(
  id: unknown,
  openTelemetryId: unknown,
  upperHalf: unknown,
  known: KnownTraces,
): string | undefined {
  const hex = hexOf(id, 32);
  if (hex === undefined) return undefined;
  if (!hex.startsWith("0".repeat(16))) return hex;
  const lower = hex.slice(16);
  const whole = hexOf(openTelemetryId, 32);
  if (whole?.endsWith(lower) === true) return whole;
  if (typeof upperHalf === "string" && /^[0-9a-f]{16}$/i.test(upperHalf))
    return `${upperHalf.toLowerCase()}${lower}`;
  return known.get(lower) ?? hex;
}

/** A span id as Datadog gives it, as 16 hex digits; undefined for 0, which says that there is none. */
export function spanIdOfDatadog(id: unknown): string | undefined {
  const hex = hexOf(id, 16);
  return hex === "0".repeat(16) ? undefined : hex;
}

/** Digits alone are a decimal number, unless there are as many as the hex digits of a trace id. */
function hexOf(id: unknown, digits: 16 | 32): string | undefined {
  if (typeof id !== "string") return undefined;
  if (/^\d{1,39}$/.test(id) && id.length !== 32) {
    const hex = BigInt(id).toString(16);
    return hex.length <= digits ? hex.padStart(digits, "0") : undefined;
  }
  return /^[0-9a-f]{1,32}$/i.test(id) && id.length <= digits
    ? id.toLowerCase().padStart(digits, "0")
    : undefined;
}
