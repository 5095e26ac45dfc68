import { VOCABULARY } from "../../core/vocabulary.ts";
import { groupRuns } from "../group-runs.ts";
import { matchOf } from "../match-id.ts";
import type { RecordedRun } from "../recorded-run.ts";
import {
  ancestorsToSearch,
  edgesOfRun,
  edgesOfSpan,
  goesOn,
  type TraceEdge,
} from "./follow-links.ts";
import { keepTraces, readTraces, type Story } from "./story.ts";

/** More workflow ids than these are not searched for on the way to a run's ancestors. */
const MOST_SEARCHES = 8;

/**
 * Goes one link further from all that was read; the first step also searches for the ancestors of the runs. Resolves to
 * false when nothing new was there to be read. A failure on the way is a note; an aborted signal rejects.
 */
export async function followLinks(story: Story, isFirstStep: boolean): Promise<boolean> {
  const before = story.asked.size;
  const { runs, otherTraces } = groupRuns(story.spans, story.logs, story.query.id);
  const edges = [
    ...runs.flatMap((run) => allowed(story, run.traceId, edgesOfRun(run))),
    ...otherTraces.flatMap(({ traceId }) => edgesOfTrace(story, traceId)),
  ];
  try {
    await readEdges(story, edges);
    if (isFirstStep) await readAncestors(story, runs);
  } catch (error) {
    story.signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    story.notes.add(`Not all links could be followed: ${reason}`);
    return false;
  }
  return story.asked.size > before;
}

/** What is linked may have begun long before the run that was asked for: no limit in time goes with the question. */
async function readEdges(story: Story, edges: readonly TraceEdge[]): Promise<void> {
  const known = new Set(story.spans.map((span) => span.traceId));
  for (const edge of edges) {
    if (!known.has(edge.traceId) && !story.reached.has(edge.traceId))
      story.reached.set(edge.traceId, edge);
  }
  const traceIds = edges.map((edge) => edge.traceId);
  await readTraces(story, traceIds, { id: story.query.id });
}

function allowed(story: Story, traceId: string, edges: readonly TraceEdge[]): readonly TraceEdge[] {
  const reachedBy = story.reached.get(traceId)?.relation.kind;
  return edges.filter((edge) => goesOn(reachedBy, edge.relation.kind));
}

/** From a trace without runs, a caller's for one, only what carries the id, or was linked, leads on. */
function edgesOfTrace(story: Story, traceId: string): readonly TraceEdge[] {
  const { id } = story.query;
  const target = story.reached.get(traceId)?.spanId;
  const all = story.spans.filter((span) => span.traceId === traceId);
  const own = all.filter(
    (span) => span.spanId === target || matchOf(span.attributes, id) !== undefined,
  );
  const from = own.length === 0 && target === undefined ? all : own;
  return allowed(story, traceId, from.flatMap(edgesOfSpan));
}

/**
 * Parents and roots are found by their workflow ids where no link says which run it was. Traces that only mention such an
 * id, those of sibling runs above all, are no part of the story.
 */
async function readAncestors(story: Story, runs: readonly RecordedRun[]): Promise<void> {
  const ancestors = runs
    .filter((run) => run.match === "own")
    .flatMap((run) => ancestorsToSearch(run))
    .filter(({ id }, i, all) => i === all.findIndex((other) => other.id === id))
    .filter(({ id }) => !story.searched.has(id))
    .slice(0, MOST_SEARCHES);
  const edges = await Promise.all(
    ancestors.map(async ({ id, relation }): Promise<TraceEdge[]> => {
      story.searched.add(id);
      const { traceIds } = await story.backend.search({ id }, story.signal);
      return traceIds.map((traceId) => ({ traceId, relation }));
    }),
  );
  story.signal.throwIfAborted();
  const fresh = edges.flat().filter(({ traceId }) => !story.asked.has(traceId));
  await readEdges(story, fresh);
  const strangers = new Set(fresh.map(({ traceId }) => traceId));
  const ids = new Set(ancestors.map(({ id }) => id));
  for (const { traceId, attributes } of story.spans)
    if (ids.has(String(attributes[VOCABULARY.id.key]))) strangers.delete(traceId);
  keepTraces(story, (traceId) => !strangers.has(traceId));
}
