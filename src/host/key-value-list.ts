/** Longest list that is read, in characters. */
const LONGEST_LIST = 16_384;

const PAIR = /([^=,]+)=([^,]*)/g;

/**
 * Reads `key=value,key=value` with percent-encoded parts, as `OTEL_RESOURCE_ATTRIBUTES` and
 * `OTEL_EXPORTER_OTLP_HEADERS` have it (https://www.w3.org/TR/baggage/#header-content without properties). A list
 * that cannot be decoded is left out whole, what goes over 16,384 characters is not read.
 */
export function parseKeyValueList(list = ""): Record<string, string> {
  const values: Record<string, string> = {};
  try {
    for (const [, key = "", value = ""] of list.slice(0, LONGEST_LIST).matchAll(PAIR)) {
      values[decodeURIComponent(key.trim())] = decodeURIComponent(value.trim());
    }
    return values;
  } catch {
    return {};
  }
}
