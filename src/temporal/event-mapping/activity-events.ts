import type { AttemptStarted, StepClosed } from "../../core/event.ts";
import type { Mutable } from "../../core/open-trace.ts";
import { localActivity } from "../local-activity.ts";
import { integer, message, text } from "../workflow/proto-value.ts";
import {
  type Arrival,
  closeAsFailed,
  closes,
  type Emit,
  type HandlerTable,
  type MappingContext,
  rememberedKey,
  rememberKey,
  toldFailure,
} from "./context.ts";

/** Activities, and the markers that local activities leave. */
export const ACTIVITY_EVENTS: HandlerTable = {
  ActivityTaskScheduled: activityScheduled,
  ActivityTaskStarted: activityStarted,
  ActivityTaskCompleted: closes("scheduledEventId", "completed"),
  ActivityTaskFailed: closes("scheduledEventId", "failed", "activityFailureInfo"),
  ActivityTaskTimedOut: closes("scheduledEventId", "timed_out"),
  ActivityTaskCanceled: closes("scheduledEventId", "cancelled"),
  MarkerRecorded: markerRecorded,
};

function activityScheduled(arrival: Arrival, context: MappingContext, emit: Emit): void {
  const { id, at, attributes } = arrival;
  const activityId = text(attributes["activityId"]) ?? String(id);
  const key = rememberKey(context, id, context.keys.unique("activity", activityId));
  const name = text(message(attributes["activityType"])["name"]) ?? "activity";
  emit({ type: "step.opened", at, seq: id, key, kind: "activity", name, id: activityId });
  emit({ type: "attempt.scheduled", at, seq: id, step: key });
}

/** The one event of all attempts: it is written with the last one's end, and counts those before it. */
function activityStarted(arrival: Arrival, context: MappingContext, emit: Emit): void {
  const { id, at, attributes } = arrival;
  const number = integer(attributes["attempt"]);
  const lastFailure = toldFailure(attributes["lastFailure"], context);
  const step = rememberedKey(context, attributes["scheduledEventId"]);
  const started: Mutable<AttemptStarted> = { type: "attempt.started", at, seq: id, step };
  if (number !== undefined && number > 0) started.number = number;
  if (lastFailure !== undefined) started.lastFailure = lastFailure;
  emit(started);
}

function markerRecorded(arrival: Arrival, context: MappingContext, emit: Emit): void {
  const { id, at, attributes } = arrival;
  const local = localActivity(attributes);
  if (local === undefined) return;
  const key = context.keys.unique("local", local.activityId);
  emit({
    type: "step.opened",
    at,
    seq: id,
    key,
    kind: "activity",
    name: local.activityType,
    id: local.activityId,
    local: true,
  });
  // Its marker is written after its last attempt: neither when that began nor, on the shared core, how many there
  // were stands in it (it repeats the number of the attempt that was scheduled), so no attempt is claimed.
  const { failure } = attributes;
  const closed: Mutable<StepClosed> = {
    type: "step.closed",
    at,
    seq: id,
    key,
    outcome: "completed",
  };
  if (failure != null) closeAsFailed(closed, failure, context);
  emit(closed);
}
