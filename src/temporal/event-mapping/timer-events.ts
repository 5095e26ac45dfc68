import { duration, integer, message, payloadValue, text } from "../workflow/proto-value.ts";
import { timerKey } from "../workflow/step-keys.ts";
import { resolution } from "../workflow/wait-resolution.ts";
import {
  type Arrival,
  type Emit,
  type HandlerTable,
  type MappingContext,
  rememberedKey,
  rememberKey,
} from "./context.ts";

/** Timers, and the conditions with a timeout, which are timers to the engine. */
export const TIMER_EVENTS: HandlerTable = {
  TimerStarted: timerStarted,
  TimerFired: timerFired,
  TimerCanceled: timerCancelled,
};

function timerStarted(arrival: Arrival, context: MappingContext, emit: Emit): void {
  const { id, at, event, attributes } = arrival;
  const timerId = text(attributes["timerId"]) ?? String(id);
  const limit = duration(attributes["startToFireTimeout"]);
  const summary = payloadValue(message(event["userMetadata"])["summary"]);
  emit({
    type: "step.opened",
    at,
    seq: id,
    key: rememberKey(context, id, timerKey(timerId)),
    kind: "wait",
    name: typeof summary === "string" && summary !== "" ? summary : "timer",
    id: timerId,
    wait: limit === undefined ? { kind: "timer" } : { kind: "timer", deadline: at + limit },
  });
}

function timerFired(arrival: Arrival, context: MappingContext, emit: Emit): void {
  const { id, at, attributes } = arrival;
  emit({
    type: "step.closed",
    at,
    seq: id,
    key: rememberedKey(context, attributes["startedEventId"]),
    outcome: "completed",
    wait: { outcome: "elapsed" },
  });
}

function timerCancelled(arrival: Arrival, context: MappingContext, emit: Emit): void {
  const { id, at, attributes } = arrival;
  const { resolver, cancelRequested, task } = context.state;
  // What a task begins and cancels itself was not ended by what came in before it.
  const isOwn = (integer(attributes["startedEventId"]) ?? 0) > (task ?? 0);
  emit({
    type: "step.closed",
    at,
    seq: id,
    key: rememberedKey(context, attributes["startedEventId"]),
    ...resolution(isOwn ? undefined : resolver, cancelRequested),
  });
}
