/** durascope's instruments as PromQL selects them. */
import {
  INSTRUMENTS,
  type InstrumentName,
  METRIC_KEYS,
  prometheusLabel,
  prometheusName,
} from "../../src/core/instruments.ts";
import { VOCABULARY } from "../../src/core/vocabulary.ts";

/** How the code calls the labels of the series. */
export type LabelName =
  | "engine"
  | "type"
  | "outcome"
  | "step"
  | "stepKind"
  | "waitKind"
  | "waitOutcome"
  | "taskQueue"
  | "errorType"
  | "api"
  | "callOutcome"
  | "job";

/** Labels as Prometheus has them. `job` is Prometheus' own: the scrape's job, or by OTLP the service's name. */
export const LABEL: Readonly<Record<LabelName, string>> = {
  engine: prometheusLabel(VOCABULARY.engine.key),
  type: prometheusLabel(VOCABULARY.type.key),
  outcome: prometheusLabel(VOCABULARY.outcome.key),
  step: prometheusLabel(VOCABULARY.stepName.key),
  stepKind: prometheusLabel(VOCABULARY.stepKind.key),
  waitKind: prometheusLabel(VOCABULARY.waitKind.key),
  waitOutcome: prometheusLabel(VOCABULARY.waitOutcome.key),
  taskQueue: prometheusLabel(VOCABULARY.taskQueue.key),
  errorType: prometheusLabel(METRIC_KEYS.errorType),
  api: prometheusLabel(METRIC_KEYS.api),
  callOutcome: prometheusLabel(METRIC_KEYS.callOutcome),
  job: "job",
};

/** Which of the series of a histogram. */
export type HistogramPart = "bucket" | "sum" | "count";

/** The name of an instrument's series, with the part's ending where it is a histogram. */
export function seriesName(instrument: InstrumentName, part?: HistogramPart): string {
  const name = prometheusName(INSTRUMENTS[instrument]);
  return part === undefined ? name : `${name}_${part}`;
}

/** A condition on a label, e.g. `workflow_outcome=~"failed|timed_out"`. */
export type Matcher = string;

/** The label has the value. */
export function is(label: LabelName, value: string): Matcher {
  return `${LABEL[label]}="${value}"`;
}

/** The label has another value. */
export function isNot(label: LabelName, value: string): Matcher {
  return `${LABEL[label]}!="${value}"`;
}

/** The label has one of the values. */
function isOneOf(label: LabelName, values: readonly string[]): Matcher {
  return `${LABEL[label]}=~"${values.join("|")}"`;
}

/** The label has none of the values; series without the label have none of them either. */
export function isNoneOf(label: LabelName, values: readonly string[]): Matcher {
  return `${LABEL[label]}!~"${values.join("|")}"`;
}

/** Selects an instrument's series. */
export function select(
  instrument: InstrumentName,
  matchers: readonly Matcher[] = [],
  part?: HistogramPart,
): string {
  const conditions = matchers.length === 0 ? "" : `{${matchers.join(", ")}}`;
  return `${seriesName(instrument, part)}${conditions}`;
}

/** Outcomes with which a run came to grief; `cancelled` was asked for, `continued_as_new` goes on. */
export const BAD_ENDS: Matcher = isOneOf("outcome", [
  "failed",
  "timed_out",
  "terminated",
  "aborted",
]);

/**
 * Waits that something from outside may end. Not only signals and task tokens: on Temporal an approval with a deadline is a
 * `condition` with a timeout, which is a timer in its history. The name of the step says what is waited for.
 */
export const FOR_AN_ANSWER: Matcher = isNot("waitKind", "child");
