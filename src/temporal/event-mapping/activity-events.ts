import type { WorkflowEvent } from "../../core/event.ts";
import { localActivity } from "../local-activity.ts";
import { failureOf } from "../workflow/failure.ts";
import { integer, message, text } from "../workflow/proto-value.ts";
import {
  type Arrival,
  closes,
  failedFields,
  type HandlerTable,
  type MappingContext,
  rememberedKey,
  rememberKey,
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

function activityScheduled(arrival: Arrival, context: MappingContext): readonly WorkflowEvent[] {
  const { id, at, attributes } = arrival;
  const activityId = text(attributes["activityId"]) ?? String(id);
  const key = rememberKey(context, id, context.keys.unique("activity", activityId));
  const name = text(message(attributes["activityType"])["name"]) ?? "activity";
  return [
    { type: "step.opened", at, seq: id, key, kind: "activity", name, id: activityId },
    { type: "attempt.scheduled", at, seq: id, step: key },
  ];
}

/** The one event of all attempts: it is written with the last one's end, and counts those before it. */
function activityStarted(arrival: Arrival, context: MappingContext): readonly WorkflowEvent[] {
  const { id, at, attributes } = arrival;
  const number = integer(attributes["attempt"]);
  const lastFailure = attributes["lastFailure"];
  return [
    {
      type: "attempt.started",
      at,
      seq: id,
      step: rememberedKey(context, attributes["scheduledEventId"]),
      ...(number !== undefined && number > 0 && { number }),
      ...(lastFailure != null && {
        lastFailure: failureOf(lastFailure, context.options.failureMessages),
      }),
    },
  ];
}

function markerRecorded(arrival: Arrival, context: MappingContext): readonly WorkflowEvent[] {
  const { id, at, attributes } = arrival;
  const local = localActivity(attributes);
  if (local === undefined) return [];
  const key = context.keys.unique("local", local.activityId);
  const { failure } = attributes;
  return [
    {
      type: "step.opened",
      at,
      seq: id,
      key,
      kind: "activity",
      name: local.activityType,
      id: local.activityId,
      local: true,
    },
    // Its marker is written after its last attempt: neither when that began nor, on the shared core, how many there
    // were stands in it (it repeats the number of the attempt that was scheduled), so no attempt is claimed.
    {
      type: "step.closed",
      at,
      seq: id,
      key,
      ...(failure == null ? { outcome: "completed" } : failedFields(failure, context)),
    },
  ];
}
