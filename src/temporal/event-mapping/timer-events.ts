import type { WorkflowEvent } from "../../core/event.ts";
import { duration, integer, payloadValue, text } from "../workflow/proto-value.ts";
import { timerKey } from "../workflow/step-keys.ts";
import { resolution } from "../workflow/wait-resolution.ts";
import {
  type Arrival,
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

function timerStarted(arrival: Arrival, context: MappingContext): readonly WorkflowEvent[] {
  const { id, at, attributes, metadata } = arrival;
  const timerId = text(attributes["timerId"]) ?? String(id);
  const limit = duration(attributes["startToFireTimeout"]);
  const summary = payloadValue(metadata["summary"]);
  return [
    {
      type: "step.opened",
      at,
      seq: id,
      key: rememberKey(context, id, timerKey(timerId)),
      kind: "wait",
      name: typeof summary === "string" && summary !== "" ? summary : "timer",
      id: timerId,
      wait: { kind: "timer", ...(limit !== undefined && { deadline: at + limit }) },
    },
  ];
}

function timerFired(arrival: Arrival, context: MappingContext): readonly WorkflowEvent[] {
  const { id, at, attributes } = arrival;
  return [
    {
      type: "step.closed",
      at,
      seq: id,
      key: rememberedKey(context, attributes["startedEventId"]),
      outcome: "completed",
      wait: { outcome: "elapsed" },
    },
  ];
}

function timerCancelled(arrival: Arrival, context: MappingContext): readonly WorkflowEvent[] {
  const { id, at, attributes } = arrival;
  const { resolver, cancelRequested, task } = context.state;
  // What a task begins and cancels itself was not ended by what came in before it.
  const isOwn = (integer(attributes["startedEventId"]) ?? 0) > (task ?? 0);
  return [
    {
      type: "step.closed",
      at,
      seq: id,
      key: rememberedKey(context, attributes["startedEventId"]),
      ...resolution(isOwn ? undefined : resolver, cancelRequested),
    },
  ];
}
