import type { WarningLog } from "../core/result.ts";
import type { TraceOptions } from "../core/trace-options.ts";
import { ATTEMPT_EVENTS, takenAttemptKeys } from "./event-mapping/attempt-events.ts";
import { CONTAINER_EVENTS } from "./event-mapping/container-events.ts";
import type { Emit, Handler, MappingContext } from "./event-mapping/context.ts";
import { RUN_EVENTS } from "./event-mapping/run-events.ts";
import type { Scopes } from "./event-mapping/scope.ts";
import { STATE_EVENTS } from "./event-mapping/state-events.ts";
import { detailsOf, type HistoryEvent } from "./history-event.ts";

/** Event types that say nothing which another event does not say better. */
const PLUMBING = /^MapRun(Started|Redriven|Succeeded|Aborted)$/;

const HANDLERS: ReadonlyMap<string, Handler> = new Map([
  ...RUN_EVENTS,
  ...STATE_EVENTS,
  ...CONTAINER_EVENTS,
  ...ATTEMPT_EVENTS,
]);

/** What the handlers of one execution share; `scopes` is its whole state, plain JSON data, and goes into checkpoints. */
export function mappingContext(
  executionArn: string,
  options: TraceOptions,
  warnings: WarningLog,
  scopes: Scopes,
): MappingContext {
  return { executionArn, options, warnings, scopes, attemptKeys: takenAttemptKeys(scopes) };
}

/**
 * Emits the neutral events that a history event says: none for one that is plumbing or unknown. Events are taken in
 * the order of their ids, by the pairing rules of ARCHITECTURE.md. Changes the context's state.
 */
export function mapEvent(
  context: MappingContext,
  event: HistoryEvent,
  at: number,
  emit: Emit,
): void {
  const { scopes, warnings } = context;
  const scope = scopes.ofEvent[previousId(event)] ?? 0;
  const handler = HANDLERS.get(event.type);
  if (handler === undefined && !PLUMBING.test(event.type)) {
    warnings.add("unknown_event", `unknown event type ${event.type.slice(0, 64)}`);
  }
  scopes.ofEvent[event.id] =
    handler === undefined
      ? scope
      : handler(context, { event, details: detailsOf(event), at, scope }, emit);
}

/** A history without previous ids (some emulators give none) is read as if nothing ran side by side. */
function previousId({ id, previousEventId }: HistoryEvent): number {
  return Number.isSafeInteger(previousEventId) ? Number(previousEventId) : id - 1;
}
