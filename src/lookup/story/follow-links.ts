import type { Engine } from "../../core/model.ts";
import { ENGINE_WORDS, VOCABULARY } from "../../core/vocabulary.ts";
import { attributeText } from "../attribute-text.ts";
import type { RecordedRun, RecordedSpan, RelationKind, RunRelation } from "../recorded-run.ts";
import { traceOfRun } from "./candidate-traces.ts";

/** A trace that something found points at. */
export interface TraceEdge {
  /** 32 hex digits. */
  readonly traceId: string;
  /** Span that is pointed at, 16 hex digits, where it is known. */
  readonly spanId?: string;
  readonly relation: RunRelation;
}

/** Where a story may go on from what a link led to: on the same way only, so that a child's siblings are not its story. */
type Way = "up" | "down" | "aside";

const WAYS: Readonly<Record<RelationKind, Way>> = {
  caller: "up",
  parent: "up",
  root: "up",
  previous_run: "up",
  first_run: "up",
  signal_sender: "up",
  update_sender: "up",
  child: "down",
  next_run: "down",
  later_run: "down",
  descendant: "down",
  started: "down",
  linked: "aside",
};

const KINDS = new Set(Object.keys(WAYS));

/** Whether a trace that was reached by one relation is gone on from by another. */
export function goesOn(reachedBy: RelationKind | undefined, next: RelationKind): boolean {
  if (reachedBy === undefined) return true;
  return WAYS[reachedBy] !== "aside" && WAYS[reachedBy] === WAYS[next];
}

/**
 * The traces that a run points at: by the links of its spans, and by the first run of its chain, whose trace id is
 * computed.
 */
export function edgesOfRun(run: RecordedRun): readonly TraceEdge[] {
  const edges = run.spans.flatMap((span) => edgesOfLinks(span, run.runId));
  for (const { attributes } of run.spans) {
    const first = attributeText(attributes, VOCABULARY.firstRunId.key);
    const engine = engineOf(attributes);
    if (first === undefined || first === run.runId || engine === undefined) continue;
    edges.push({
      traceId: traceOfRun(engine, first),
      relation: { kind: "first_run", to: run.runId },
    });
    break;
  }
  return edges;
}

/** The traces that a span without a run points at: by its links, and by the run that it names, as a `start` span does. */
export function edgesOfSpan(span: RecordedSpan): readonly TraceEdge[] {
  const edges = edgesOfLinks(span, span.traceId);
  const runId = attributeText(span.attributes, VOCABULARY.runId.key);
  const engine = engineOf(span.attributes);
  if (runId !== undefined && engine !== undefined) {
    edges.push({
      traceId: traceOfRun(engine, runId),
      relation: { kind: "started", to: span.traceId },
    });
  }
  return edges;
}

/** A run above another one, known by its workflow id alone. */
export interface Ancestor {
  readonly id: string;
  readonly relation: RunRelation;
}

/** Workflow ids of the runs above a run of which no link tells the trace: they have to be searched for. */
export function ancestorsToSearch(run: RecordedRun): readonly Ancestor[] {
  const edges = edgesOfRun(run);
  const attributes = run.spans.find(
    (span) => attributeText(span.attributes, VOCABULARY.runId.key) === run.runId,
  )?.attributes;
  if (attributes === undefined) return [];
  const own = attributeText(attributes, VOCABULARY.id.key);
  const parent = attributeText(attributes, VOCABULARY.parentId.key);
  const root = attributeText(attributes, VOCABULARY.rootId.key);
  const found: Ancestor[] = [];
  if (parent !== undefined && !edges.some((edge) => edge.relation.kind === "parent"))
    found.push({ id: parent, relation: { kind: "parent", to: run.runId } });
  if (root !== undefined && root !== own && root !== parent)
    found.push({ id: root, relation: { kind: "root", to: run.runId } });
  return found;
}

/** What a run that only names the id among its relatives is to it; undefined when it names it in another way. */
export function relationByAttributes(run: RecordedRun, id: string): RunRelation | undefined {
  const names = (key: string): boolean =>
    run.spans.some(({ attributes }) => attributeText(attributes, key) === id);
  if (names(VOCABULARY.parentId.key)) return { kind: "child", to: id };
  if (names(VOCABULARY.firstRunId.key)) return { kind: "later_run", to: id };
  return names(VOCABULARY.rootId.key) ? { kind: "descendant", to: id } : undefined;
}

/** What a run is to those that the id is of, by what they say of their relatives; undefined when they do not name it. */
export function relationToOwn(
  run: RecordedRun,
  own: readonly RecordedRun[],
): RunRelation | undefined {
  const id = valueIn(run, VOCABULARY.id.key);
  for (const other of own) {
    const to = other.runId;
    if (id !== undefined && valueIn(other, VOCABULARY.parentId.key) === id)
      return { kind: "parent", to };
    if (valueIn(other, VOCABULARY.firstRunId.key) === run.runId) return { kind: "first_run", to };
    if (id !== undefined && valueIn(other, VOCABULARY.rootId.key) === id)
      return { kind: "root", to };
  }
  return undefined;
}

/** An attribute of a run, by the first of its spans that has it. */
function valueIn(run: RecordedRun, key: string): string | undefined {
  for (const { attributes } of run.spans) {
    const value = attributeText(attributes, key);
    if (value !== undefined) return value;
  }
  return undefined;
}

function edgesOfLinks(span: RecordedSpan, from: string): TraceEdge[] {
  return span.links.flatMap(({ traceId, spanId, attributes }) =>
    traceId === "" || traceId === span.traceId
      ? []
      : [
          {
            traceId,
            ...(spanId !== "" && { spanId }),
            relation: { kind: relationOf(attributes), to: from },
          },
        ],
  );
}

function relationOf(attributes: RecordedSpan["attributes"]): RelationKind {
  const relation = attributeText(attributes, "link.relation") ?? "";
  return KINDS.has(relation) ? (relation as RelationKind) : "linked";
}

function engineOf(attributes: RecordedSpan["attributes"]): Engine | undefined {
  const engine = attributeText(attributes, VOCABULARY.engine.key) ?? "";
  return Object.hasOwn(ENGINE_WORDS, engine) ? (engine as Engine) : undefined;
}
