import { type RunIds, runIds, runKey, type Sha256 } from "../core/ids.ts";
import type { Attempt, Failure, Segment, Step, Wait, WorkflowTrace } from "../core/model.ts";
import { stepsOf } from "../core/model.ts";
import { VOCABULARY } from "../core/vocabulary.ts";
import { retriesOf } from "./retries.ts";
import {
  addCompensation,
  addFailure,
  addWait,
  addWaitBegin,
  runAttributes,
  stepAttributes,
} from "./span-attributes.ts";
import type { AttributeValue, SpanAttributes } from "./span-record.ts";
import { spanStatus } from "./span-status.ts";
import { isPlumbing } from "./step-spans.ts";
import { taskOf } from "./task.ts";

/** What a {@link LogEvent} says; the event name of the log record. */
export type LogEventName =
  | "workflow.run.started"
  | "workflow.run.closed"
  | "workflow.step.failed"
  | "workflow.step.retried"
  | "workflow.wait.begun"
  | "workflow.wait.ended"
  | "workflow.compensated";

/** One log line about a run, as plain data. Holds no payload. */
export interface LogEvent {
  readonly name: LogEventName;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly severity: "INFO" | "WARN" | "ERROR";
  /** One sentence for people. */
  readonly body: string;
  /** By the vocabulary's names, as on the span. */
  readonly attributes: SpanAttributes;
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits: the span of the run, the step, the wait or the attempt that the line is about. */
  readonly spanId: string;
  /** With the name its identity inside the run: what is told again has the same. */
  readonly key: string;
}

/** What {@link logEventsOf} may leave out. */
export interface LogEventOptions {
  /** Only what an event after this one made final. @default 0, everything */
  readonly after?: number;
  /** Leave retries out, since the worker that ran the attempts tells of them. @default true */
  readonly attempts?: boolean;
}

type Attributes = Record<string, AttributeValue>;

/** One telling of a trace's growth, on its way. */
interface Telling {
  readonly trace: WorkflowTrace;
  readonly ids: RunIds;
  readonly base: Readonly<Attributes>;
  readonly after: number;
}

/**
 * The log lines of a trace's growth: everything worth a line that an event after `after` began or ended, each once:
 * the run's begin, its steps in the order in which they were opened, the run's end. The same law as that of
 * `measurementsOf`, pages, restarts and redrives included.
 */
export function logEventsOf(
  trace: WorkflowTrace,
  sha256: Sha256,
  options: LogEventOptions = {},
): LogEvent[] {
  const { after = 0, attempts = true } = options;
  const telling = { ...toldOf(trace, sha256), after };
  const events: LogEvent[] = [];
  for (const [index, segment] of trace.segments.entries()) {
    if (segment.openedBy > after) events.push(runStarted(telling, index, segment));
  }
  for (const step of stepsOf(trace)) {
    if (attempts)
      events.push(...retriesOf(step, after).map((attempt) => retried(telling, step, attempt)));
    if (step.wait !== undefined && step.openedBy > after)
      events.push(waitBegun(telling, step, step.wait));
    if (step.closedBy !== undefined && step.closedBy > after)
      events.push(...stepEnded(telling, step));
  }
  for (const [index, segment] of trace.segments.entries()) {
    if (segment.closedBy !== undefined && segment.closedBy > after)
      events.push(runClosed(telling, index, segment));
  }
  return events;
}

/** The line of a failed attempt that is tried again, for whoever sees attempts one by one. */
export function retryEvent(
  trace: WorkflowTrace,
  step: Step,
  attempt: Attempt,
  sha256: Sha256,
): LogEvent {
  return retried(toldOf(trace, sha256), step, attempt);
}

function toldOf(trace: WorkflowTrace, sha256: Sha256): Telling {
  return {
    trace,
    ids: runIds(trace.engine, trace.runId, sha256),
    base: runAttributes(trace),
    after: 0,
  };
}

function runStarted({ trace, ids, base }: Telling, index: number, segment: Segment): LogEvent {
  const key = runKey(index);
  return {
    name: "workflow.run.started",
    time: segment.started,
    severity: "INFO",
    body: `${trace.type} ${index === 0 ? "started" : "redriven"}`,
    attributes: index === 0 ? base : { ...base, [VOCABULARY.redrive.key]: index },
    traceId: ids.traceId,
    spanId: ids.span(key),
    key,
  };
}

function runClosed({ trace, ids, base }: Telling, index: number, segment: Segment): LogEvent {
  const { outcome, failure } = segment;
  const attributes: Attributes = { ...base };
  if (index > 0) attributes[VOCABULARY.redrive.key] = index;
  addEnding(attributes, outcome, failure);
  const key = runKey(index);
  return {
    name: "workflow.run.closed",
    time: segment.ended ?? segment.started,
    severity: isError(outcome, failure) ? "ERROR" : outcome === "cancelled" ? "WARN" : "INFO",
    body: sentence(trace.type, outcome, failure),
    attributes,
    traceId: ids.traceId,
    spanId: ids.span(key),
    key,
  };
}

/** What the end of a step is worth: a line where it failed, was a compensation, or was a wait. */
function stepEnded(telling: Telling, step: Step): LogEvent[] {
  if (step.wait !== undefined) return [waitEnded(telling, step, step.wait)];
  if (isPlumbing(step)) return [];
  if (step.compensates !== undefined) return [compensated(telling, step, step.compensates)];
  const { outcome, failure, ended } = taskOf(step);
  if (!isError(outcome, failure)) return [];
  const attributes = stepAttributes(telling.base, telling.trace, step);
  addEnding(attributes, outcome, failure);
  return [
    ofStep(telling, step, {
      name: "workflow.step.failed",
      time: ended ?? step.scheduled,
      severity: "ERROR",
      body: sentence(step.name, outcome, failure),
      attributes,
    }),
  ];
}

function compensated(telling: Telling, step: Step, undone: readonly string[]): LogEvent {
  const { outcome, failure } = step;
  const attributes = stepAttributes(telling.base, telling.trace, step);
  addCompensation(attributes, telling.trace, undone);
  addEnding(attributes, outcome, failure);
  return ofStep(telling, step, {
    name: "workflow.compensated",
    time: step.ended ?? step.scheduled,
    // One that ran says that something went wrong; one that failed leaves it so.
    severity: isError(outcome, failure) ? "ERROR" : "WARN",
    body: sentence(`compensation ${step.name}`, outcome, failure),
    attributes,
  });
}

function waitBegun(telling: Telling, step: Step, wait: Wait): LogEvent {
  const attributes = stepAttributes(telling.base, telling.trace, step);
  addWaitBegin(attributes, wait);
  return ofStep(telling, step, {
    name: "workflow.wait.begun",
    time: step.scheduled,
    severity: "INFO",
    body: `waiting for ${step.name}`,
    attributes,
  });
}

function waitEnded(telling: Telling, step: Step, wait: Wait): LogEvent {
  const attributes = stepAttributes(telling.base, telling.trace, step);
  addWait(attributes, wait);
  addEnding(attributes, step.outcome, step.failure);
  return ofStep(telling, step, {
    name: "workflow.wait.ended",
    time: step.ended ?? step.scheduled,
    severity: wait.outcome === "failed" ? "ERROR" : "INFO",
    body: sentence(`wait ${step.name}`, wait.outcome, undefined),
    attributes,
  });
}

function retried(telling: Telling, step: Step, attempt: Attempt): LogEvent {
  const attributes = stepAttributes(telling.base, telling.trace, step);
  attributes[VOCABULARY.stepAttempt.key] = attempt.number;
  if (attempt.failure !== undefined) addFailure(attributes, attempt.failure);
  return {
    name: "workflow.step.retried",
    time: attempt.ended ?? attempt.started ?? step.scheduled,
    severity: "WARN",
    body: `${sentence(`${step.name} attempt ${attempt.number}`, "failed", attempt.failure)}; it is tried again`,
    attributes,
    traceId: telling.ids.traceId,
    spanId: telling.ids.attempt(attempt.key),
    key: attempt.key,
  };
}

function ofStep(
  { ids }: Telling,
  { key }: Step,
  event: Omit<LogEvent, "traceId" | "spanId" | "key">,
): LogEvent {
  return { ...event, traceId: ids.traceId, spanId: ids.span(key), key };
}

function isError(outcome: Segment["outcome"] | Step["outcome"], failure?: Failure): boolean {
  return spanStatus(outcome, failure).code === "ERROR";
}

function addEnding(
  attributes: Attributes,
  outcome: Segment["outcome"] | Step["outcome"],
  failure: Failure | undefined,
): void {
  if (outcome !== undefined) attributes[VOCABULARY.outcome.key] = outcome;
  if (failure !== undefined) addFailure(attributes, failure);
}

/** `chargeCard timed out (States.Timeout)`: the type alone, since messages are an attribute that a rule may drop. */
function sentence(subject: string, outcome = "ended", failure: Failure | undefined): string {
  const why = failure === undefined ? "" : ` (${failure.innermost ?? failure.type})`;
  return `${subject} ${outcome.replaceAll("_", " ")}${why}`;
}
