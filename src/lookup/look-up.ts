import { counted } from "../core/counted.ts";
import type { LookupBackend, LookupQuery, LookupResult, OtherTrace } from "./backend.ts";
import { groupRuns } from "./group-runs.ts";
import { LONGEST_ID } from "./id-attributes.ts";
import { matchOf } from "./match-id.ts";
import type { RecordedRun, RecordedSpan } from "./recorded-run.ts";
import { candidateTraces } from "./story/candidate-traces.ts";
import { relationByAttributes, relationToOwn, type TraceEdge } from "./story/follow-links.ts";
import { keepTraces, newStory, readTraces, type Story } from "./story/story.ts";
import { followLinks } from "./story/story-links.ts";
import { startOfRun, storyNotes } from "./story/story-notes.ts";

/** How far a lookup goes. */
export interface LookUpOptions {
  /** How many links lie at most between the id and what is shown; 0 follows none. @default 2 */
  readonly depth?: number;
  /** Most traces that are read. @default 100 */
  readonly traces?: number;
  /** Ends the lookup, which then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

const DEPTH = 2;
const MOST_TRACES = 100;

/**
 * Finds what a backend holds of an id: the runs that it is of, and what their links lead to, as one story.
 *
 * Trace ids that can be computed (of a trace id, a run id, an execution ARN) are fetched while the backend searches by
 * attributes, so that a search which is late or limited hides nothing. Rejects with the backend's `DurascopeError`
 * when it cannot be asked; what fails later, while links are followed, is a note.
 */
export async function lookUp(
  backend: LookupBackend,
  query: LookupQuery,
  options: LookUpOptions = {},
): Promise<LookupResult> {
  const impossible = whyNoId(query.id);
  if (impossible !== undefined) return { runs: [], otherTraces: [], notes: [impossible] };
  const signal = options.signal ?? new AbortController().signal;
  const story = newStory(backend, query, signal, options.traces ?? MOST_TRACES);
  await findTraces(story);
  const depth = options.depth ?? DEPTH;
  for (let level = 1; level <= depth; level += 1) {
    // oxlint-disable-next-line no-await-in-loop -- a link is known once the trace that holds it was read
    if (!(await followLinks(story, level === 1))) break;
  }
  return resultOf(story);
}

/**
 * Why a text can be no id anywhere, in a sentence; undefined when it may be one. Such is not asked for: no engine gives it
 * out, and no text of a span is such.
 */
export function whyNoId(id: string): string | undefined {
  if (id.length > LONGEST_ID)
    return `An id has at most ${LONGEST_ID} characters; this one has ${id.length}.`;
  return id.isWellFormed() ? undefined : "The id holds half a character, which no text does.";
}

/** By id and by attributes at once; a search that fails is a note when the id alone found something. */
async function findTraces(story: Story): Promise<void> {
  const { backend, query, signal } = story;
  signal.throwIfAborted();
  const [byId, search] = await Promise.allSettled([
    readTraces(story, candidateTraces(query.id), query),
    backend.search(query, signal),
  ]);
  signal.throwIfAborted();
  if (byId.status === "rejected") throw byId.reason;
  if (search.status === "rejected") {
    if (story.spans.length === 0) throw search.reason;
    const { reason } = search;
    const words = reason instanceof Error ? reason.message : String(reason);
    story.notes.add(`Only the trace of the id itself was read: ${words}`);
    return;
  }
  for (const note of search.value.notes) story.notes.add(note);
  await readTraces(story, search.value.traceIds, query);
  dropUnasked(story);
}

/** A search may be broader than was asked: traces in which the id does not stand are no part of the story. */
function dropUnasked(story: Story): void {
  const { id } = story.query;
  const kept = new Set(candidateTraces(id));
  for (const { traceId = "", attributes } of [...story.spans, ...story.logs])
    if (!kept.has(traceId) && matchOf(attributes, id) !== undefined) kept.add(traceId);
  keepTraces(story, (traceId) => kept.has(traceId));
}

function resultOf(story: Story): LookupResult {
  const { query, reached } = story;
  const { runs, otherTraces } = groupRuns(story.spans, story.logs, query.id);
  const { since = -Infinity } = query;
  const inTime = runs.filter((run) => run.match === "related" || startOfRun(run) >= since);
  const own = inTime.filter((run) => run.match === "own");
  const notes = [
    ...story.notes,
    ...storyNotes(story, inTime),
    ...leftNotes(runs.length - inTime.length, story.left.size),
  ];
  return {
    runs: inTime.map((run) => related(run, reached.get(run.traceId), query.id, own)),
    otherTraces: otherTraces.map((trace) => linked(trace, reached.get(trace.traceId), story.spans)),
    notes,
  };
}

function leftNotes(tooEarly: number, unread: number): string[] {
  const notes: string[] = [];
  if (tooEarly > 0) notes.push(`${counted(tooEarly, "run")} began earlier than was asked for.`);
  if (unread > 0) notes.push(`There are more traces than are read: ${unread} left out.`);
  return notes;
}

function related(
  run: RecordedRun,
  edge: TraceEdge | undefined,
  id: string,
  own: readonly RecordedRun[],
): RecordedRun {
  if (run.match === "own") return run;
  const relation = edge?.relation ?? relationByAttributes(run, id) ?? relationToOwn(run, own);
  return relation === undefined ? run : { ...run, relation };
}

function linked(
  trace: OtherTrace,
  edge: TraceEdge | undefined,
  spans: readonly RecordedSpan[],
): OtherTrace {
  if (edge === undefined) return trace;
  const span = spans.find(
    ({ traceId, spanId }) => traceId === trace.traceId && spanId === edge.spanId,
  );
  return { ...trace, ...(span !== undefined && { span: span.name }), relation: edge.relation };
}
