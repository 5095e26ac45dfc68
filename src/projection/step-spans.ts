import type { Attempt, Step } from "../core/model.ts";
import { ENGINE_WORDS, VOCABULARY } from "../core/vocabulary.ts";
import { addRawTimes, clamp, type Frame, within } from "./frame.ts";
import type { Projection } from "./projection.ts";
import {
  addCompensation,
  addFailure,
  addWait,
  addWaitBegin,
  stepAttributes,
} from "./span-attributes.ts";
import { innerLink, spanLinks } from "./span-links.ts";
import type { AttributeValue, SpanRecordEvent } from "./span-record.ts";
import { spanStatus } from "./span-status.ts";

type Attributes = Record<string, AttributeValue>;

/** Adds the spans of a step: those of the steps in it, the marker of a wait, its attempts, itself. */
export function stepSpans(p: Projection, step: Step, parent: Frame): void {
  const plumbing = isPlumbing(step);
  // Hashing an id costs more than all else here: what has no span and holds none needs none.
  if (plumbing && step.children.length === 0) return;
  const frame = clamp(parent, p.ids.span(step.key), step.scheduled, step.ended);
  for (const child of step.children) stepSpans(p, child, frame);
  if (plumbing) return;
  const attributes = stepAttributes(p.base, p.trace, step);
  if (step.wait !== undefined && step.openedBy > p.after)
    waitMarker(p, step, step.wait, { parent, frame, attributes });
  if (p.attempts && isWork(step)) {
    for (const attempt of step.attempts) attemptSpan(p, step, attempt, frame, attributes);
  }
  if (step.closedBy !== undefined && step.closedBy > p.after)
    ownSpan(p, step, step.closedBy, { parent, frame, attributes });
}

/** Choices and Pass-like states are an engine's plumbing: they have a span only when they are what failed. */
export function isPlumbing(step: Step): boolean {
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

/** Where a step's spans stand, and what they all say. */
interface Place {
  readonly parent: Frame;
  readonly frame: Frame;
  readonly attributes: Attributes;
}

function waitMarker(p: Projection, step: Step, wait: NonNullable<Step["wait"]>, at: Place): void {
  const attributes = { ...at.attributes };
  addWaitBegin(attributes, wait);
  p.spans.push({
    traceId: p.ids.traceId,
    spanId: p.ids.span(`${step.key}/waiting`),
    parentSpanId: at.parent.spanId,
    name: `waiting for ${step.name}`,
    kind: "INTERNAL",
    startTime: at.frame.start,
    endTime: at.frame.start,
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
  shared: Attributes,
): void {
  const words = ENGINE_WORDS[p.trace.engine];
  const start = words.attemptFrom === "started" ? attempt.started : attempt.scheduled;
  if (attempt.observed !== "full" || start === undefined) return;
  if (attempt.closedBy === undefined || attempt.closedBy <= p.after) return;
  const frame = clamp(parent, p.ids.attempt(attempt.key), start, attempt.ended);
  const attributes = { ...shared };
  attributes[VOCABULARY.stepAttempt.key] = attempt.number;
  if (attempt.outcome !== undefined) attributes[VOCABULARY.outcome.key] = attempt.outcome;
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
    status: spanStatus(attempt.outcome, attempt.failure),
    links: [],
    events: [],
    role: "attempt",
    seq: attempt.closedBy,
  });
}

function ownSpan(p: Projection, step: Step, seq: number, at: Place): void {
  const { frame } = at;
  // The last of the step's spans: it may take what the others only copied.
  const { attributes } = at;
  if (step.outcome !== undefined) attributes[VOCABULARY.outcome.key] = step.outcome;
  if (step.attempts.length > 0) attributes[VOCABULARY.stepAttempts.key] = step.attempts.length;
  if (step.failure !== undefined) addFailure(attributes, step.failure);
  if (step.wait !== undefined) addWait(attributes, step.wait);
  const links = spanLinks(p, step.links);
  if (step.compensates !== undefined) {
    addCompensation(attributes, p.trace, step.compensates);
    if (step.compensationOf !== undefined)
      links.push(innerLink(p, step.compensationOf, "compensates"));
  }
  addRawTimes(attributes, frame, step.scheduled, step.ended);
  // A wait that ran out or was cut short is no error, but a refusal is.
  const mayFail = step.wait === undefined || step.wait.outcome === "failed";
  p.spans.push({
    traceId: p.ids.traceId,
    spanId: frame.spanId,
    parentSpanId: at.parent.spanId,
    name: step.wait === undefined ? step.name : `wait ${step.name}`,
    kind: isWork(step) ? ENGINE_WORDS[p.trace.engine].stepKind : "INTERNAL",
    startTime: frame.start,
    endTime: frame.end,
    attributes,
    status: mayFail ? spanStatus(step.outcome, step.failure) : { code: "UNSET" },
    links,
    events: stepEvents(step, frame),
    role: step.wait === undefined ? "step" : "wait",
    seq,
  });
}

function stepEvents(step: Step, frame: Frame): SpanRecordEvent[] {
  const events: SpanRecordEvent[] = [];
  if (step.started !== undefined)
    events.push({ name: "started", time: within(frame, step.started), attributes: {} });
  for (const attempt of step.attempts) {
    if (attempt.backoff === undefined || attempt.scheduled === undefined) continue;
    events.push({
      name: "back-off",
      time: within(frame, attempt.scheduled - attempt.backoff),
      attributes: {
        [VOCABULARY.stepAttempt.key]: attempt.number,
        "backoff.ms": Math.round(attempt.backoff),
      },
    });
  }
  return events;
}
