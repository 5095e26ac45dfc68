import type { RunIds, Sha256 } from "../core/ids.ts";
import { runIds, runKey } from "../core/ids.ts";
import type {
  Attempt,
  Failure,
  RunLink,
  RunOutcome,
  Segment,
  Step,
  StepOutcome,
  WorkflowTrace,
} from "../core/model.ts";
import { stepsOf } from "../core/model.ts";
import { formatTime } from "../core/time.ts";
import { ENGINE_WORDS, VOCABULARY } from "../core/vocabulary.ts";
import { addFailure, addWait, runAttributes, stepAttributes } from "./span-attributes.ts";
import type { AttributeValue, SpanRecord, SpanRecordEvent, SpanRecordLink } from "./span-record.ts";

/** What {@link projectSpans} may leave out. */
export interface SpanOptions {
  /** Only what an event after this one made final. @default 0, everything */
  readonly after?: number;
  /** Leave the attempts out, since the worker that ran them exports them. @default true */
  readonly attempts?: boolean;
}

/** Outcomes that make a span's status ERROR; the others (cancelled, abandoned, continued) leave it UNSET. */
const FAULTS: ReadonlySet<RunOutcome | StepOutcome> = new Set([
  "failed",
  "timed_out",
  "terminated",
  "aborted",
]);

/** A moment or a stretch that children are clamped into. */
interface Frame {
  readonly spanId: string;
  readonly start: number;
  readonly end: number;
}

/**
 * The finished spans of a trace with their derived ids, children before the run. What is still open has no span yet
 * but its marker: a 0 ms `<type> started` of a run, a 0 ms `waiting for <name>` of a wait.
 *
 * A child whose recorded times lie outside its parent (event times may step backwards) is moved into it, never below
 * zero length, with the recorded time as an attribute.
 */
export function projectSpans(
  trace: WorkflowTrace,
  sha256: Sha256,
  options: SpanOptions = {},
): SpanRecord[] {
  const after = options.after ?? 0;
  const ids = runIds(trace.engine, trace.runId, sha256);
  const base = runAttributes(trace);
  const spans: SpanRecord[] = [];
  const projection: Projection = {
    trace,
    ids,
    base,
    sha256,
    spans,
    after,
    attempts: options.attempts ?? true,
  };
  const frames = trace.segments.map((segment, index) => ({
    spanId: ids.span(runKey(index)),
    start: segment.started,
    end: segment.ended ?? Infinity,
  }));
  trace.segments.forEach((segment, index) => startMarker(projection, segment, index));
  for (const step of trace.steps) {
    const frame = frames[step.segment];
    if (frame !== undefined) stepSpans(projection, step, frame);
  }
  trace.segments.forEach((segment, index) => runSpan(projection, segment, index));
  return spans;
}

interface Projection {
  readonly trace: WorkflowTrace;
  readonly ids: RunIds;
  readonly base: Record<string, AttributeValue>;
  readonly sha256: Sha256;
  readonly spans: SpanRecord[];
  readonly after: number;
  readonly attempts: boolean;
}

function startMarker(p: Projection, segment: Segment, index: number): void {
  if (segment.openedBy <= p.after) return;
  p.spans.push({
    traceId: p.ids.traceId,
    spanId: p.ids.span(`${runKey(index)}/started`),
    parentSpanId: p.ids.span(runKey(index)),
    name: `${p.trace.type} ${index === 0 ? "started" : "redriven"}`,
    kind: "INTERNAL",
    startTime: segment.started,
    endTime: segment.started,
    attributes: index === 0 ? p.base : { ...p.base, [VOCABULARY.redrive.key]: index },
    status: { code: "UNSET" },
    links: [],
    events: [],
    role: "marker",
    seq: segment.openedBy,
  });
}

function runSpan(p: Projection, segment: Segment, index: number): void {
  const { trace, ids } = p;
  if (segment.closedBy === undefined || segment.closedBy <= p.after) return;
  const attributes = { ...p.base, [VOCABULARY.outcome.key]: segment.outcome ?? "completed" };
  if (index > 0) attributes[VOCABULARY.redrive.key] = index;
  if (segment.failure !== undefined) addFailure(attributes, segment.failure);
  const links = trace.links.map((link) => spanLink(p, link));
  if (index > 0)
    links.push({
      traceId: ids.traceId,
      spanId: ids.span(runKey(index - 1)),
      attributes: { "link.relation": "previous_run" },
    });
  p.spans.push({
    traceId: ids.traceId,
    spanId: ids.span(runKey(index)),
    name: trace.type,
    kind: trace.links.some((link) => link.relation === "caller") ? "SERVER" : "INTERNAL",
    startTime: segment.started,
    endTime: Math.max(segment.started, segment.ended ?? segment.started),
    attributes,
    status: status(segment.outcome, segment.failure),
    links,
    events: trace.taskFaults
      .filter((fault) => fault.at >= segment.started && fault.at <= (segment.ended ?? Infinity))
      .map((fault) => ({
        name: "workflow task failed",
        time: fault.at,
        attributes: { cause: fault.cause },
      })),
    role: "run",
    seq: segment.closedBy,
  });
}

function stepSpans(p: Projection, step: Step, parent: Frame): void {
  const frame = clamp(parent, p.ids.span(step.key), step.scheduled, step.ended);
  for (const child of step.children) stepSpans(p, child, frame);
  if (isPlumbing(step)) return;
  const attributes = stepAttributes(p.base, p.trace, step);
  if (step.wait !== undefined) waitMarker(p, step, frame, parent, attributes);
  if (p.attempts) {
    for (const attempt of step.attempts) attemptSpan(p, step, attempt, frame, attributes);
  }
  if (step.closedBy === undefined || step.closedBy <= p.after) return;
  const own = { ...attributes, [VOCABULARY.outcome.key]: step.outcome ?? "completed" };
  if (step.attempts.length > 0) own[VOCABULARY.stepAttempts.key] = step.attempts.length;
  if (step.failure !== undefined) addFailure(own, step.failure);
  if (step.wait !== undefined) addWait(own, step.wait);
  const links = step.links.map((link) => spanLink(p, link));
  if (step.compensates !== undefined) {
    own[VOCABULARY.stepCompensates.key] = namesOf(p.trace, step.compensates).join(",");
    if (step.compensationOf !== undefined) {
      links.push({
        traceId: p.ids.traceId,
        spanId: p.ids.span(step.compensationOf),
        attributes: { "link.relation": "compensates" },
      });
    }
  }
  addRawTimes(own, frame, step.scheduled, step.ended);
  p.spans.push({
    traceId: p.ids.traceId,
    spanId: frame.spanId,
    parentSpanId: parent.spanId,
    name: step.wait === undefined ? step.name : `wait ${step.name}`,
    kind: isWork(step) ? ENGINE_WORDS[p.trace.engine].stepKind : "INTERNAL",
    startTime: frame.start,
    endTime: frame.end,
    attributes: own,
    status:
      step.wait === undefined || step.wait.outcome === "failed"
        ? status(step.outcome, step.failure)
        : { code: "UNSET" },
    links,
    events: stepEvents(step, frame),
    role: step.wait === undefined ? "step" : "wait",
    seq: step.closedBy,
  });
}

/** Choices and Pass-like states are an engine's plumbing: they have a span only when they are what failed. */
function isPlumbing(step: Step): boolean {
  return (step.kind === "choice" || step.kind === "pass") && step.outcome !== "failed";
}

function isWork(step: Step): boolean {
  return (
    step.kind === "activity" ||
    step.kind === "lambda" ||
    step.kind === "child_workflow" ||
    step.kind === "nexus"
  );
}

function waitMarker(
  p: Projection,
  step: Step,
  frame: Frame,
  parent: Frame,
  step_: Record<string, AttributeValue>,
): void {
  if (step.openedBy <= p.after || step.wait === undefined) return;
  const attributes = { ...step_ };
  const { kind, deadline } = step.wait;
  addWait(attributes, { kind, ...(deadline !== undefined && { deadline }) });
  p.spans.push({
    traceId: p.ids.traceId,
    spanId: p.ids.span(`${step.key}/waiting`),
    parentSpanId: parent.spanId,
    name: `waiting for ${step.name}`,
    kind: "INTERNAL",
    startTime: frame.start,
    endTime: frame.start,
    attributes,
    status: { code: "UNSET" },
    links: [],
    events: [],
    role: "marker",
    seq: step.openedBy,
  });
}

function attemptSpan(
  p: Projection,
  step: Step,
  attempt: Attempt,
  parent: Frame,
  step_: Record<string, AttributeValue>,
): void {
  const words = ENGINE_WORDS[p.trace.engine];
  const start = words.attemptFrom === "started" ? attempt.started : attempt.scheduled;
  if (!isWork(step) || attempt.observed !== "full" || start === undefined) return;
  if (attempt.closedBy === undefined || attempt.closedBy <= p.after) return;
  const frame = clamp(parent, p.ids.attempt(attempt.key), start, attempt.ended);
  const attributes = {
    ...step_,
    [VOCABULARY.stepAttempt.key]: attempt.number,
    [VOCABULARY.outcome.key]: attempt.outcome ?? "completed",
  };
  if (attempt.redrive > 0) attributes[VOCABULARY.redrive.key] = attempt.redrive;
  if (attempt.requestId !== undefined) attributes["faas.invocation_id"] = attempt.requestId;
  if (attempt.failure !== undefined) addFailure(attributes, attempt.failure);
  addRawTimes(attributes, frame, start, attempt.ended);
  p.spans.push({
    traceId: p.ids.traceId,
    spanId: frame.spanId,
    parentSpanId: parent.spanId,
    name: `${step.name} attempt ${attempt.number}`,
    kind: words.attemptKind,
    startTime: frame.start,
    endTime: frame.end,
    attributes,
    status: status(attempt.outcome, attempt.failure),
    links: [],
    events: [],
    role: "attempt",
    seq: attempt.closedBy,
  });
}

function stepEvents(step: Step, frame: Frame): SpanRecordEvent[] {
  const events: SpanRecordEvent[] = [];
  const at = (time: number): number => Math.min(frame.end, Math.max(frame.start, time));
  if (step.started !== undefined)
    events.push({ name: "started", time: at(step.started), attributes: {} });
  for (const attempt of step.attempts) {
    if (attempt.backoff !== undefined && attempt.scheduled !== undefined) {
      events.push({
        name: "back-off",
        time: at(attempt.scheduled - attempt.backoff),
        attributes: {
          [VOCABULARY.stepAttempt.key]: attempt.number,
          "backoff.ms": Math.round(attempt.backoff),
        },
      });
    }
  }
  return events;
}

function status(
  outcome: RunOutcome | StepOutcome | undefined,
  failure: Failure | undefined,
): SpanRecord["status"] {
  if (outcome === undefined || !FAULTS.has(outcome) || failure?.benign === true)
    return { code: "UNSET" };
  const message =
    failure === undefined ? undefined : (failure.message ?? failure.innermost ?? failure.type);
  return { code: "ERROR", ...(message !== undefined && { message }) };
}

function clamp(parent: Frame, spanId: string, start: number, end: number | undefined): Frame {
  const clampedStart = Math.min(Math.max(start, parent.start), parent.end);
  const clampedEnd =
    end === undefined
      ? Infinity
      : Math.min(Math.max(end, clampedStart), Math.max(parent.end, clampedStart));
  return { spanId, start: clampedStart, end: clampedEnd };
}

function addRawTimes(
  attributes: Record<string, AttributeValue>,
  frame: Frame,
  start: number,
  end: number | undefined,
): void {
  if (frame.start !== start) attributes[VOCABULARY.rawStart.key] = formatTime(start);
  if (end !== undefined && frame.end !== end) attributes[VOCABULARY.rawEnd.key] = formatTime(end);
}

function namesOf(trace: WorkflowTrace, keys: readonly string[]): string[] {
  const names = new Map<string, string>();
  for (const step of stepsOf(trace)) names.set(step.key, step.name);
  return keys.map((key) => names.get(key) ?? key);
}

function spanLink(p: Projection, link: RunLink): SpanRecordLink {
  const attributes: Record<string, AttributeValue> = { "link.relation": link.relation };
  if (link.workflowId !== undefined) attributes[VOCABULARY.id.key] = link.workflowId;
  if (link.runId !== undefined) attributes[VOCABULARY.runId.key] = link.runId;
  if (link.engine !== undefined && link.runId !== undefined) {
    const ids = runIds(link.engine, link.runId, p.sha256);
    return { traceId: ids.traceId, spanId: ids.span(link.key ?? runKey(0)), attributes };
  }
  return {
    traceId: link.traceId ?? p.ids.traceId,
    spanId: link.spanId ?? p.ids.span(runKey(0)),
    attributes,
  };
}
