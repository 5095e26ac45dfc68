import type {
  Engine,
  Failure,
  RunOutcome,
  Step,
  StepKind,
  StepOutcome,
  WaitOutcome,
  WorkflowTrace,
} from "./model.ts";
import { stepsOf } from "./model.ts";

/** What a step is to somebody who does not care for the engine. */
export type NeutralKind = "task" | "wait" | "child" | "group";

/** One step of a {@link NeutralTree}. */
export interface NeutralStep {
  readonly kind: NeutralKind;
  readonly name: string;
  /** How often it was tried; 0 for waits. */
  readonly attempts: number;
  /** How it ended; `open` while it has not. */
  readonly outcome: StepOutcome | WaitOutcome | "open";
  /** Type of the deepest cause of its failure. */
  readonly failure?: string;
  /** Names of the steps that it undoes, in the order in which they were done. */
  readonly compensates?: readonly string[];
  readonly children: readonly NeutralStep[];
}

/** A run without all that differs between engines: no ids, times, identities, no plumbing states. */
export interface NeutralTree {
  readonly engine: Engine;
  readonly type: string;
  readonly outcome: RunOutcome | "open";
  readonly failure?: string;
  readonly children: readonly NeutralStep[];
}

/**
 * How each kind of step reads in the neutral tree; `undefined` ones are plumbing and left out, and a signal or an
 * update is folded into the wait that it ends.
 */
const NEUTRAL_KINDS: Readonly<Record<StepKind, NeutralKind | undefined>> = {
  activity: "task",
  lambda: "task",
  nexus: "task",
  wait: "wait",
  child_workflow: "child",
  parallel: "group",
  map: "group",
  iteration: "group",
  group: "group",
  signal: undefined,
  update: undefined,
  query: undefined,
  choice: undefined,
  pass: undefined,
};

/** Reduces a trace to what both engines tell alike: the same saga on two engines gives equal trees but for `engine`. */
export function neutralTree(trace: WorkflowTrace): NeutralTree {
  return neutralTreeWithSources(trace).tree;
}

/** The neutral tree, and for each of its steps the step of the trace that it was made of: where its times are. */
export function neutralTreeWithSources(trace: WorkflowTrace): {
  readonly tree: NeutralTree;
  readonly sources: ReadonlyMap<NeutralStep, Step>;
} {
  const sources = new Map<NeutralStep, Step>();
  const names = new Map<string, string>();
  for (const step of stepsOf(trace)) names.set(step.key, step.name);
  const tree: NeutralTree = {
    engine: trace.engine,
    type: trace.type,
    outcome: trace.outcome ?? "open",
    ...failureType(trace.failure),
    children: reduce(trace.steps, names, sources),
  };
  return { tree, sources };
}

function reduce(
  steps: readonly Step[],
  names: ReadonlyMap<string, string>,
  sources: Map<NeutralStep, Step>,
): NeutralStep[] {
  return steps.flatMap((step) => {
    const kind = NEUTRAL_KINDS[step.kind];
    const inner = reduce(step.children, names, sources);
    if (kind === undefined) return inner;
    // A task that awaits an answer from outside is a delivery, and beside it the wait that the delivery opened.
    const own = neutralStep(step, kind, names, kind === "task" ? [] : inner);
    sources.set(own, step);
    return kind === "task" ? [own, ...inner] : [own];
  });
}

function neutralStep(
  step: Step,
  kind: NeutralKind,
  names: ReadonlyMap<string, string>,
  children: readonly NeutralStep[],
): NeutralStep {
  const delivery = step.children.some((child) => child.wait?.kind === "task_token")
    ? step.attempts.at(-1)
    : undefined;
  const { outcome, failure } = delivery ?? step;
  const elapsed = step.wait?.outcome === "elapsed";
  return {
    kind,
    name: step.name,
    // Work that an engine does not count was tried once.
    attempts:
      kind === "task" || kind === "child"
        ? Math.max(1, step.attempts.length)
        : step.attempts.length,
    outcome: step.wait?.outcome ?? outcome ?? "open",
    ...(elapsed ? {} : failureType(failure)),
    ...(step.compensates !== undefined && {
      compensates: step.compensates.map((key) => names.get(key) ?? key),
    }),
    children,
  };
}

function failureType(failure: Failure | undefined): { failure?: string } {
  return failure === undefined ? {} : { failure: failure.innermost ?? failure.type };
}

/** The tree as text, one line a step, two spaces a level; the engine's name is left out, so that texts compare. */
export function renderNeutralTree(tree: NeutralTree): string {
  const lines = [
    `${tree.type} ${tree.outcome}${tree.failure === undefined ? "" : ` (${tree.failure})`}`,
  ];
  const walk = (steps: readonly NeutralStep[], depth: number): void => {
    for (const step of steps) {
      lines.push("  ".repeat(depth) + renderStep(step));
      walk(step.children, depth + 1);
    }
  };
  walk(tree.children, 1);
  return lines.join("\n");
}

function renderStep(step: NeutralStep): string {
  const parts = [step.kind, step.name, step.outcome];
  if (step.failure !== undefined) parts.push(`(${step.failure})`);
  if (step.attempts > 1) parts.push(`attempts=${step.attempts}`);
  if (step.compensates !== undefined) parts.push(`compensates=${step.compensates.join(",")}`);
  return parts.join(" ");
}
