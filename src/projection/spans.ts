import type { Sha256 } from "../core/ids.ts";
import { runIds, runKey } from "../core/ids.ts";
import type { Step, WorkflowTrace } from "../core/model.ts";
import { VOCABULARY } from "../core/vocabulary.ts";
import { addRawTimes, type Frame, within } from "./frame.ts";
import type { Projection } from "./projection.ts";
import { addFailure, runAttributes } from "./span-attributes.ts";
import { innerLink, spanLinks } from "./span-links.ts";
import type { SpanRecord } from "./span-record.ts";
import { spanStatus } from "./span-status.ts";
import { stepSpans } from "./step-spans.ts";

/** What {@link projectSpans} may leave out. */
export interface SpanOptions {
  /** Only what an event after this one made final. @default 0, everything */
  readonly after?: number;
  /** Leave the attempts out, since the worker that ran them exports them. @default true */
  readonly attempts?: boolean;
}

/**
 * The finished spans of a trace with their derived ids, children before the run. What is still open has no span yet
 * but its marker: a 0 ms `<type> started` of a run, a 0 ms `waiting for <name>` of a wait.
 *
 * A child whose recorded times lie outside its parent (event times may step backwards) is moved into it, never below
 * zero length, with the recorded time as an attribute. So a span that was projected while its parent was open may
 * end earlier once the parent's end is known to lie before its own; its id stays.
 */
export function projectSpans(
  trace: WorkflowTrace,
  sha256: Sha256,
  options: SpanOptions = {},
): SpanRecord[] {
  const p: Projection = {
    trace,
    ids: runIds(trace.engine, trace.runId, sha256),
    base: runAttributes(trace),
    sha256,
    spans: [],
    after: options.after ?? 0,
    attempts: options.attempts ?? true,
  };
  const frames = trace.segments.map(
    ({ started, ended }, index): Frame => ({
      spanId: p.ids.span(runKey(index)),
      start: started,
      end: Math.max(started, ended ?? Infinity),
    }),
  );
  for (const [index, frame] of frames.entries()) startMarker(p, index, frame);
  for (const step of trace.steps) {
    const around = frameOf(trace, step, frames);
    if (around !== undefined) stepSpans(p, step, around);
  }
  for (const [index, frame] of frames.entries()) runSpan(p, index, frame);
  return p.spans;
}

/** A step stands in the segment that it was opened in, but after a redrive it may end in a later one. */
function frameOf(
  { segments }: WorkflowTrace,
  { segment, closedBy = Infinity }: Step,
  frames: readonly Frame[],
): Frame | undefined {
  const opened = frames[segment];
  // Of the one segment that most runs have, the frame is what it is.
  if (opened === undefined || segments.length === 1) return opened;
  const closing = segments.find((it) => (it.closedBy ?? Infinity) >= closedBy);
  return { ...opened, end: Math.max(opened.end, closing?.ended ?? Infinity) };
}

function startMarker(p: Projection, index: number, { spanId: runSpanId }: Frame): void {
  const segment = p.trace.segments[index];
  if (segment === undefined || segment.openedBy <= p.after) return;
  p.spans.push({
    traceId: p.ids.traceId,
    spanId: p.ids.span(`${runKey(index)}/started`),
    parentSpanId: runSpanId,
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

function runSpan(p: Projection, index: number, frame: Frame): void {
  const { trace, ids } = p;
  const segment = trace.segments[index];
  if (segment?.closedBy === undefined || segment.closedBy <= p.after) return;
  const attributes = { ...p.base };
  if (segment.outcome !== undefined) attributes[VOCABULARY.outcome.key] = segment.outcome;
  if (index > 0) attributes[VOCABULARY.redrive.key] = index;
  if (segment.failure !== undefined) addFailure(attributes, segment.failure);
  addRawTimes(attributes, frame, segment.started, segment.ended);
  const links = spanLinks(p, trace.links);
  if (index > 0) links.push(innerLink(p, runKey(index - 1), "previous_run"));
  // Faults have no segment of their own: only engines without redrives have workflow tasks.
  const faults = index === 0 ? trace.taskFaults : [];
  p.spans.push({
    traceId: ids.traceId,
    spanId: frame.spanId,
    name: trace.type,
    kind: trace.links.some((link) => link.relation === "caller") ? "SERVER" : "INTERNAL",
    startTime: frame.start,
    endTime: frame.end,
    attributes,
    status: spanStatus(segment.outcome, segment.failure),
    links,
    events: faults.map(({ at, cause }) => ({
      name: "workflow task failed",
      time: within(frame, at),
      attributes: { cause },
    })),
    role: "run",
    seq: segment.closedBy,
  });
}
