import type { WorkflowEvent } from "../core/event.ts";
import { ACTIVITY_EVENTS } from "./event-mapping/activity-events.ts";
import { CHILD_EVENTS } from "./event-mapping/child-events.ts";
import type { Handler, MappingContext } from "./event-mapping/context.ts";
import { EXTERNAL_EVENTS } from "./event-mapping/external-events.ts";
import { MESSAGE_EVENTS } from "./event-mapping/message-events.ts";
import { NEXUS_EVENTS } from "./event-mapping/nexus-events.ts";
import { RUN_EVENTS } from "./event-mapping/run-events.ts";
import { TIMER_EVENTS } from "./event-mapping/timer-events.ts";
import { attributesOf, eventType, isKnownEventType } from "./history-event.ts";
import { type Message, message } from "./workflow/proto-value.ts";

/** One family of events a file; what is missing here is plumbing (or unknown, see history-event.ts). */
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

const LONGEST_TYPE = 64;

/**
 * The neutral events that a history event says, in the order of their ids; none for one that is plumbing, and a
 * counted warning for one of an unknown type. Changes the context's state.
 *
 * @param id the event's id
 * @param at the event's time in milliseconds since the epoch
 */
export function mapEvent(
  event: Message,
  id: number,
  at: number,
  context: MappingContext,
): readonly WorkflowEvent[] {
  const type = eventType(event["eventType"]);
  const handler = HANDLERS.get(type);
  if (handler !== undefined) {
    const attributes = attributesOf(event, type);
    return handler({ id, at, attributes, metadata: message(event["userMetadata"]) }, context);
  }
  if (!isKnownEventType(type))
    context.warnings.add("unknown_event", `unknown event type ${type.slice(0, LONGEST_TYPE)}`);
  return [];
}
