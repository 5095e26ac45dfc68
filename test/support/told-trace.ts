/** Traces of told events: the run is always `run-1` of `order-1`, and its step `refund` undoes its step `reserve`. */
import type { WorkflowEvent } from "../../src/core/event.ts";
import { createFold, type Fold } from "../../src/core/fold.ts";
import type { Engine, WorkflowTrace } from "../../src/core/model.ts";
import { warningLog } from "../../src/core/result.ts";
import type { ToldEvent } from "./told-event.ts";

/** Id of the run. */
export const TOLD_RUN = "run-1";

/** A fold that has heard of nothing yet. */
export function newFold(engine: Engine = "temporal"): Fold {
  const identity = { engine, workflowId: "order-1", runId: TOLD_RUN, namespace: "default" };
  return createFold(identity, { compensates: { refund: ["reserve"] } }, warningLog());
}

/** What events make of a run; throws when none of them starts it. */
export function traceOfEvents(
  events: readonly WorkflowEvent[],
  engine: Engine = "temporal",
): WorkflowTrace {
  const fold = newFold(engine);
  for (const event of events) fold.apply(event);
  const trace = fold.trace();
  if (trace === undefined) throw new Error("no run was started");
  return trace;
}

/** What told events make of a run: a second apart, unless they say when they were. */
export function traceOf(events: readonly ToldEvent[], engine: Engine = "temporal"): WorkflowTrace {
  return traceOfEvents(
    events.map((event, index) => ({ at: (index + 1) * 1000, ...event, seq: index + 1 })),
    engine,
  );
}

/** A trace that has grown. */
export interface Growth {
  /** The same object each time, as a poller has it. */
  readonly trace: WorkflowTrace;
  /** Number of the last event of the portion before; 0 at first. */
  readonly after: number;
}

/**
 * The trace after each portion of its events; nothing before a run is started.
 *
 * @param sizes how many events the portions have, taken by turns; a portion ends where the number of its last event does, since a
 * source gives all neutral events of one of its own at once
 */
export function* growthsOf(
  events: readonly WorkflowEvent[],
  sizes: readonly number[],
): Generator<Growth> {
  const fold = newFold();
  let after = 0;
  let left = sizes[0] ?? 1;
  for (const [index, event] of events.entries()) {
    fold.apply(event);
    left -= 1;
    const next = events[index + 1];
    if (next !== undefined && (left > 0 || next.seq === event.seq)) continue;
    left = sizes[index % sizes.length] ?? 1;
    const trace = fold.trace();
    if (trace !== undefined) yield { trace, after };
    after = event.seq;
  }
}
