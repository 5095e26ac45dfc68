import { ACTIVITY_EVENTS } from "./event-mapping/activity-events.ts";
import { CHILD_EVENTS } from "./event-mapping/child-events.ts";
import type { Emit, Handler, MappingContext } from "./event-mapping/context.ts";
import { EXTERNAL_EVENTS } from "./event-mapping/external-events.ts";
import { MESSAGE_EVENTS } from "./event-mapping/message-events.ts";
import { NEXUS_EVENTS } from "./event-mapping/nexus-events.ts";
import { RUN_EVENTS } from "./event-mapping/run-events.ts";
import { TIMER_EVENTS } from "./event-mapping/timer-events.ts";
import { attributesField, EVENT_TYPES, eventType } from "./history-event.ts";
import { type Message, message } from "./workflow/proto-value.ts";

/** One family of events a file; what is in none of them is plumbing. */
const HANDLERS: ReadonlyMap<string, Handler> = new Map(
  [
    RUN_EVENTS,
    ACTIVITY_EVENTS,
    TIMER_EVENTS,
    MESSAGE_EVENTS,
    CHILD_EVENTS,
    EXTERNAL_EVENTS,
    NEXUS_EVENTS,
  ].flatMap((family) => Object.entries(family)),
);

/** What is done with each known type of event: one look-up an event, since a history has many. */
const MAPPINGS: ReadonlyMap<string, { handler: Handler | undefined; attributes: string }> = new Map(
  EVENT_TYPES.map((type) => [
    type,
    { handler: HANDLERS.get(type), attributes: attributesField(type) },
  ]),
);

const LONGEST_TYPE = 64;

/**
 * Emits the neutral events that a history event says: none for one that is plumbing, and a counted warning for one
 * of an unknown type. Changes the context's state.
 *
 * @param id the event's id
 * @param at the event's time in milliseconds since the epoch
 */
export function mapEvent(
  event: Message,
  id: number,
  at: number,
  context: MappingContext,
  emit: Emit,
): void {
  const type = eventType(event["eventType"]);
  const mapping = MAPPINGS.get(type);
  if (mapping === undefined)
    context.warnings.add("unknown_event", `unknown event type ${type.slice(0, LONGEST_TYPE)}`);
  else if (mapping.handler !== undefined)
    mapping.handler(
      { id, at, event, attributes: message(event[mapping.attributes]) },
      context,
      emit,
    );
}
