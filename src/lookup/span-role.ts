import { VOCABULARY } from "../core/vocabulary.ts";
import { attributeText } from "./attribute-text.ts";
import type { RecordedSpan } from "./recorded-run.ts";

/**
 * What a recorded span tells of. `started` and `waiting` are the 0 ms markers, `start` is the client's span of a start;
 * `user` is everything that durascope did not make, also when it carries a step's attributes.
 */
export type SpanRole =
  | "run"
  | "started"
  | "step"
  | "wait"
  | "waiting"
  | "attempt"
  | "start"
  | "user";

/** The role of a span, by its name and attributes as the vocabulary sets them. */
export function roleOf(span: RecordedSpan): SpanRole {
  const { attributes, name } = span;
  const type = attributeText(attributes, VOCABULARY.type.key);
  const step = attributeText(attributes, VOCABULARY.stepName.key);
  const ended = attributes[VOCABULARY.outcome.key] !== undefined;
  if (attributes[VOCABULARY.runId.key] === undefined) return "user";
  if (step === undefined) {
    if (type === undefined) return "user";
    if (ended && name === type) return "run";
    if (span.kind === "PRODUCER" && name === `start ${type}`) return "start";
    return name === `${type} started` || name === `${type} redriven` ? "started" : "user";
  }
  if (attributes[VOCABULARY.waitKind.key] !== undefined) {
    if (name === `waiting for ${step}`) return "waiting";
    return ended && name === `wait ${step}` ? "wait" : "user";
  }
  const attempt = attributeText(attributes, VOCABULARY.stepAttempt.key);
  if (attempt !== undefined) return name === `${step} attempt ${attempt}` ? "attempt" : "user";
  return ended && name === step ? "step" : "user";
}
