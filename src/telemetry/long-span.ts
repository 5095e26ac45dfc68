import { DurascopeError } from "../core/errors.ts";
import { formatTime } from "../core/time.ts";
import { VOCABULARY } from "../core/vocabulary.ts";
import type { Environment } from "../host/disabled.ts";
import type { OtlpSpan } from "./otlp/otlp-model.ts";

/**
 * How long a span may be, in ms: the option, else `DURASCOPE_LONGEST_SPAN_MS`, else endless.
 *
 * @throws DurascopeError `LONGEST_SPAN` for what is no number of milliseconds above 0
 */
export function longestSpan(option: number | undefined, environment: Environment): number {
  const longest =
    option ?? Number(environment["DURASCOPE_LONGEST_SPAN_MS"]?.trim() || Number.POSITIVE_INFINITY);
  if (longest > 0) return longest;
  throw new DurascopeError(
    "LONGEST_SPAN",
    "The length that spans may have must be a number of milliseconds above 0, such as 61200000 for 17 hours. Correct longestSpan or DURASCOPE_LONGEST_SPAN_MS.",
  );
}

/**
 * The span as it is, or, when it is longer than `longest` ms, a span of 0 ms at its end: of the same id, name, attributes
 * and status, with its begin as an attribute. Some backends refuse spans by their begin or their length (backend-limits.ts),
 * and the span of a run that took a week is the one that says how the run ended. Times of its events stay as recorded.
 */
export function shortened<S extends Pick<OtlpSpan, "startTime" | "endTime" | "attributes">>(
  span: S,
  longest: number,
): S {
  const { startTime, endTime, attributes } = span;
  if (endTime - startTime <= longest) return span;
  return {
    ...span,
    startTime: endTime,
    attributes: { ...attributes, [VOCABULARY.spanStart.key]: formatTime(startTime) },
  };
}
