import type { HistoryEvent } from "@aws-sdk/client-sfn";

/** One thing that is open where an event stands. */
interface Frame {
  readonly kind: "state" | "container" | "iteration" | "attempt";
  /** The state's name; for a container and an iteration that of the Map or Parallel state. */
  readonly name: string;
  /** Index of an iteration. */
  readonly index?: number;
}

/** From the outermost frame to the innermost. */
type Scope = readonly Frame[];

const attemptEnds =
  /^(?:Task|LambdaFunction|Activity)(?:Succeeded|Failed|TimedOut|ScheduleFailed|StartFailed|SubmitFailed)$/u;
const attemptStarts = /^(?:Task|LambdaFunction|Activity)Scheduled$/u;
const containerStarts = /^(?:Map|Parallel)StateStarted$/u;
const containerEnds = /^(?:Map|Parallel)State(?:Succeeded|Failed)$/u;
const iterationEnds = /^MapIteration(?:Succeeded|Failed)$/u;

/**
 * Checks that a history can be put together by its previous event ids alone, as those of AWS can: every
 * exit, attempt, container and iteration finds its counterpart on the chain of previous events.
 *
 * Returns a sentence for each event where that is not so; an empty list when all is well. The rules are
 * those that hold for all 408 histories of the corpus; distributed map runs and redrives are left out.
 */
export function brokenPairings(events: readonly HistoryEvent[]): readonly string[] {
  const problems: string[] = [];
  const scopes = new Map<number, Scope>([[0, []]]);
  for (const [position, event] of events.entries()) {
    const id = event.id ?? -1;
    const previous = event.previousEventId ?? -1;
    if (id !== position + 1)
      problems.push(`event ${id} stands at ${position + 1}: ids are not dense`);
    if (previous >= id) problems.push(`event ${id} has the previous id ${previous}`);
    const before = scopes.get(previous);
    if (before === undefined) problems.push(`event ${id}: no event ${previous}`);
    const after = scopeAfter(event, before ?? []);
    if (after === undefined)
      problems.push(`event ${id} (${event.type}) has no counterpart on its chain`);
    scopes.set(id, after ?? before ?? []);
  }
  return problems;
}

/** The scope after an event, or undefined when what it ends or belongs to is not open. */
function scopeAfter(event: HistoryEvent, before: Scope): Scope | undefined {
  const type = event.type ?? "";
  if (type.endsWith("StateEntered")) {
    return [...withoutFinishedState(before), { kind: "state", name: nameOf(event) }];
  }
  if (type.endsWith("StateExited")) {
    return downTo(before, (frame) => frame.kind === "state" && frame.name === nameOf(event));
  }
  if (containerStarts.test(type)) {
    const scope = downTo(before, (frame) => frame.kind === "state");
    return scope && [...scope, { kind: "container", name: scope.at(-1)?.name ?? "" }];
  }
  if (containerEnds.test(type)) return downTo(before, (frame) => frame.kind === "container");
  if (type === "MapIterationStarted") {
    const { name, index } = iterationOf(event);
    const scope = downTo(before, (frame) => frame.kind === "container" && frame.name === name);
    return scope && [...scope, { kind: "iteration", name, index }];
  }
  if (iterationEnds.test(type)) {
    const { name, index } = iterationOf(event);
    return downTo(
      before,
      (frame) => frame.kind === "iteration" && frame.name === name && frame.index === index,
    );
  }
  if (attemptStarts.test(type)) {
    // A retry has no event of its own: its Scheduled event follows the failure of the last attempt.
    const scope = downTo(before, (frame) => frame.kind === "state");
    return scope && [...scope, { kind: "attempt", name: scope.at(-1)?.name ?? "" }];
  }
  if (attemptEnds.test(type))
    return downTo(before, (frame) => frame.kind === "attempt")?.slice(0, -1);
  if (type === "TaskSubmitted" || type.endsWith("Started")) {
    return type === "ExecutionStarted" || before.at(-1)?.kind === "attempt" ? before : undefined;
  }
  return before;
}

/** A state's frame stays open after its exit, since the next state follows it on the chain. */
function withoutFinishedState(scope: Scope): Scope {
  const frames = [...scope];
  while (frames.at(-1)?.kind === "attempt") frames.pop();
  if (frames.at(-1)?.kind === "state") frames.pop();
  return frames;
}

/** The scope cut so that its innermost frame is the nearest one that fits. */
function downTo(scope: Scope, fits: (frame: Frame) => boolean): Scope | undefined {
  const at = scope.findLastIndex(fits);
  return at === -1 ? undefined : scope.slice(0, at + 1);
}

function nameOf(event: HistoryEvent): string {
  return event.stateEnteredEventDetails?.name ?? event.stateExitedEventDetails?.name ?? "";
}

function iterationOf(event: HistoryEvent): { readonly name: string; readonly index: number } {
  const details =
    event.mapIterationStartedEventDetails ??
    event.mapIterationSucceededEventDetails ??
    event.mapIterationFailedEventDetails;
  return { name: details?.name ?? "", index: details?.index ?? -1 };
}
