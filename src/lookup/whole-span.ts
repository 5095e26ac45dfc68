import { parseTime } from "../core/time.ts";
import { VOCABULARY } from "../core/vocabulary.ts";
import { attributeText } from "./attribute-text.ts";
import type { RecordedSpan } from "./recorded-run.ts";

/**
 * A span with the begin that it had before it was sent as 0 ms at its end, for a backend that refuses long spans
 * (telemetry/long-span.ts); as it is where its attribute tells of no earlier time.
 */
export function wholeSpan(span: RecordedSpan): RecordedSpan {
  const began = parseTime(attributeText(span.attributes, VOCABULARY.spanStart.key) ?? "");
  return began < span.startTime ? { ...span, startTime: began } : span;
}
