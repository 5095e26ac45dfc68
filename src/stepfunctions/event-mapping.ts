import type { WorkflowEvent } from "../core/event.ts";
import type { WarningLog } from "../core/result.ts";
import type { TraceOptions } from "../core/trace-options.ts";
import { detailsOf, type HistoryEvent } from "./history-event.ts";
import { attemptEvents } from "./mapping/attempt-events.ts";
import { containerEvents } from "./mapping/container-events.ts";
import { type Arrival, type Handler, mappingContext } from "./mapping/mapping-context.ts";
import { runEvents } from "./mapping/run-events.ts";
import { stateEvents } from "./mapping/state-events.ts";
import type { Scopes } from "./scope.ts";

/** Maps the events of one execution, in the order of their ids, by the pairing rules of ARCHITECTURE.md. */
export interface EventMapping {
  /** The neutral events that a history event says; none for one that is plumbing or unknown. */
  map(event: HistoryEvent, at: number): WorkflowEvent[];
}

/** Event types that say nothing which another event does not say better. */
const PLUMBING = /^MapRun(Started|Redriven|Succeeded|Aborted)$/;

/** Makes the mapping of one execution; `scopes` is its whole state, plain JSON data, and goes into checkpoints. */
export function createEventMapping(
  executionArn: string,
  options: TraceOptions,
  warnings: WarningLog,
  scopes: Scopes,
): EventMapping {
  const context = mappingContext(executionArn, options, warnings, scopes);
  const handlers: ReadonlyMap<string, Handler> = new Map([
    ...runEvents(context),
    ...stateEvents(context),
    ...containerEvents(context),
    ...attemptEvents(context),
  ]);
  return {
    map(event, at) {
      const out: WorkflowEvent[] = [];
      // A history without previous ids (some emulators give none) is read as if nothing ran side by side.
      const scope = scopes.ofEvent[event.previousEventId ?? event.id - 1] ?? 0;
      const handler = handlers.get(event.type);
      if (handler === undefined && !PLUMBING.test(event.type)) {
        warnings.add("unknown_event", `unknown event type ${event.type.slice(0, 64)}`);
      }
      const arrival: Arrival = { event, details: detailsOf(event), at, scope };
      scopes.ofEvent[event.id] =
        handler === undefined ? scope : handler(arrival, (neutral) => out.push(neutral));
      return out;
    },
  };
}
