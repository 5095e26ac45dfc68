import { text } from "../workflow/proto-value.ts";
import {
  type Arrival,
  closes,
  type Emit,
  type HandlerTable,
  type MappingContext,
  rememberedKey,
  rememberKey,
} from "./context.ts";

/** Nexus operations. */
export const NEXUS_EVENTS: HandlerTable = {
  NexusOperationScheduled: operationScheduled,
  NexusOperationStarted: operationStarted,
  NexusOperationCompleted: closes("scheduledEventId", "completed"),
  NexusOperationFailed: closes("scheduledEventId", "failed"),
  NexusOperationCanceled: closes("scheduledEventId", "cancelled"),
  NexusOperationTimedOut: closes("scheduledEventId", "timed_out"),
};

function operationScheduled(arrival: Arrival, context: MappingContext, emit: Emit): void {
  const { id, at, attributes } = arrival;
  const key = rememberKey(context, id, context.keys.ordinal("nexus"));
  const parts = [text(attributes["service"]), text(attributes["operation"])];
  const name = parts.filter((part) => part !== undefined).join("/");
  emit({
    type: "step.opened",
    at,
    seq: id,
    key,
    kind: "nexus",
    name: name === "" ? "nexus operation" : name,
    id: String(id),
  });
}

function operationStarted(arrival: Arrival, context: MappingContext, emit: Emit): void {
  const { id, at, attributes } = arrival;
  const step = rememberedKey(context, attributes["scheduledEventId"]);
  emit({ type: "step.started", at, seq: id, key: step });
}
