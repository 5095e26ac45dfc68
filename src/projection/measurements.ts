import { runKey } from "../core/ids.ts";
import { type InstrumentName, METRIC_KEYS } from "../core/instruments.ts";
import type { Attempt, Failure, Step, StepKind, WorkflowTrace } from "../core/model.ts";
import { stepsOf } from "../core/model.ts";
import { VOCABULARY } from "../core/vocabulary.ts";
import { retriesOf } from "./retries.ts";
import { taskOf } from "./task.ts";

/** One value for one instrument, with the labels of its point. No id is ever among them. */
export interface Measurement {
  readonly instrument: InstrumentName;
  /** 1 for counters; seconds for histograms. */
  readonly value: number;
  readonly labels: Readonly<Record<string, string>>;
  /** With the instrument's name its identity inside the run: what is told again has the same. */
  readonly key: string;
}

/** What {@link measurementsOf} may leave out or add. */
export interface MeasurementOptions {
  /** Only what an event after this one made final. @default 0, everything */
  readonly after?: number;
  /** Leave attempts out (retries, schedule to start), since the worker that ran them tells of them. @default true */
  readonly attempts?: boolean;
  /** Keys of business attributes that become labels of what is measured of whole runs. @default none */
  readonly runLabels?: readonly string[];
}

type Labels = Record<string, string>;

/** OpenTelemetry's word for a failure of a type that is not known (https://opentelemetry.io/docs/specs/semconv/registry/attributes/error/). */
const UNKNOWN_TYPE = "_OTHER";

/** Steps whose duration is measured: not waits, which have an instrument of their own, and not what takes no time. */
const MEASURED: Readonly<Record<StepKind, boolean>> = {
  activity: true,
  lambda: true,
  child_workflow: true,
  nexus: true,
  update: true,
  parallel: true,
  map: true,
  iteration: true,
  group: true,
  wait: false,
  signal: false,
  query: false,
  choice: false,
  pass: false,
};

/**
 * What a trace's growth adds to the metrics: everything that an event after `after` began or ended, each thing once.
 *
 * Growth is told by the numbers of events, so a trace that is folded page by page, or again from a checkpoint, gives
 * in all what it gives in one go; what is given twice with the same `after` is measured twice, as its spans are
 * exported twice. Each run of a chain (continue-as-new, retry, cron) is a run of its own. A redrive begins the run
 * again: it counts as started, and later as closed, once more, and a step that it reopens is measured again when it
 * ends.
 */
export function measurementsOf(
  trace: WorkflowTrace,
  options: MeasurementOptions = {},
): Measurement[] {
  const { after = 0, attempts = true, runLabels = [] } = options;
  const found: Measurement[] = [];
  const base: Labels = {};
  base[VOCABULARY.engine.key] = trace.engine;
  base[VOCABULARY.type.key] = trace.type;
  measureRun(trace, { ...base, ...picked(trace, runLabels) }, after, found);
  for (const step of stepsOf(trace)) {
    if (step.closedBy !== undefined && step.closedBy > after) measureStep(step, base, found);
    if (attempts) measureAttempts(trace, step, base, after, found);
  }
  return found;
}

/** The retry of a failed attempt, for whoever sees attempts one by one. */
export function retryMeasurement(
  trace: Pick<WorkflowTrace, "engine" | "type">,
  step: Pick<Step, "name">,
  attempt: Pick<Attempt, "key" | "failure">,
): Measurement {
  return {
    instrument: "stepRetries",
    value: 1,
    labels: {
      [VOCABULARY.engine.key]: trace.engine,
      [VOCABULARY.type.key]: trace.type,
      [VOCABULARY.stepName.key]: step.name,
      [METRIC_KEYS.errorType]: typeOf(attempt.failure),
    },
    key: attempt.key,
  };
}

function picked(trace: WorkflowTrace, keys: readonly string[]): Labels {
  const labels: Labels = {};
  for (const key of keys) {
    const value = Object.hasOwn(trace.attributes, key) ? trace.attributes[key] : undefined;
    if (value !== undefined) labels[key] = String(value);
  }
  return labels;
}

function measureRun(trace: WorkflowTrace, base: Labels, after: number, found: Measurement[]): void {
  for (const [index, segment] of trace.segments.entries()) {
    const key = runKey(index);
    if (segment.openedBy > after) {
      found.push({ instrument: "started", value: 1, labels: base, key });
    }
    if (segment.closedBy === undefined || segment.closedBy <= after) continue;
    const labels = { ...base };
    if (segment.outcome !== undefined) labels[VOCABULARY.outcome.key] = segment.outcome;
    found.push({ instrument: "closed", value: 1, labels, key });
    const value = seconds(segment.started, segment.ended);
    found.push({ instrument: "duration", value, labels, key });
  }
}

function measureStep(step: Step, base: Labels, found: Measurement[]): void {
  const { key } = step;
  const named = { ...base, [VOCABULARY.stepName.key]: step.name };
  if (step.wait !== undefined) {
    const labels: Labels = { ...named, [VOCABULARY.waitKind.key]: step.wait.kind };
    if (step.wait.outcome !== undefined) labels[VOCABULARY.waitOutcome.key] = step.wait.outcome;
    const value = seconds(step.scheduled, step.ended);
    found.push({ instrument: "waitDuration", value, labels, key });
    return;
  }
  if (!MEASURED[step.kind]) return;
  const { scheduled, ended, outcome } = taskOf(step);
  const labels: Labels = { ...named };
  if (outcome !== undefined) labels[VOCABULARY.outcome.key] = outcome;
  if (step.compensates !== undefined) {
    found.push({ instrument: "compensations", value: 1, labels, key });
  }
  found.push({
    instrument: "stepDuration",
    value: seconds(scheduled, ended),
    labels: { ...labels, [VOCABULARY.stepKind.key]: step.kind },
    key,
  });
}

/** What attempts tell when they end: how long they waited to be taken up, and what they were the retry of. */
function measureAttempts(
  trace: WorkflowTrace,
  step: Step,
  base: Labels,
  after: number,
  found: Measurement[],
): void {
  for (const attempt of retriesOf(step, after)) found.push(retryMeasurement(trace, step, attempt));
  for (const { key, scheduled, started, closedBy } of step.attempts) {
    if (closedBy === undefined || closedBy <= after) continue;
    if (scheduled === undefined || started === undefined) continue;
    const labels = { ...base };
    if (trace.taskQueue !== undefined) labels[VOCABULARY.taskQueue.key] = trace.taskQueue;
    found.push({
      instrument: "scheduleToStart",
      value: seconds(scheduled, started),
      labels,
      key,
    });
  }
}

function typeOf(failure: Failure | undefined): string {
  return failure?.innermost ?? failure?.type ?? UNKNOWN_TYPE;
}

/** Seconds between two times in milliseconds, never negative: recorded times may step backwards. */
function seconds(from: number, to: number | undefined): number {
  return Math.max(0, (to ?? from) - from) / 1000;
}
