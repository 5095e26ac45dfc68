import type { RunLink } from "../../core/model.ts";
import type { Mutable } from "../../core/open-trace.ts";
import { CHILD_NOT_STARTED } from "../workflow/failure.ts";
import { message, text } from "../workflow/proto-value.ts";
import {
  type Arrival,
  closes,
  type Emit,
  type HandlerTable,
  type MappingContext,
  rememberedKey,
  rememberKey,
} from "./context.ts";

/** Child workflows. */
export const CHILD_EVENTS: HandlerTable = {
  StartChildWorkflowExecutionInitiated: childInitiated,
  StartChildWorkflowExecutionFailed: childNotStarted,
  ChildWorkflowExecutionStarted: childStarted,
  ChildWorkflowExecutionCompleted: closes("initiatedEventId", "completed"),
  ChildWorkflowExecutionFailed: closes(
    "initiatedEventId",
    "failed",
    "childWorkflowExecutionFailureInfo",
  ),
  ChildWorkflowExecutionCanceled: closes("initiatedEventId", "cancelled"),
  ChildWorkflowExecutionTimedOut: closes("initiatedEventId", "timed_out"),
  ChildWorkflowExecutionTerminated: closes("initiatedEventId", "terminated"),
};

function childInitiated(arrival: Arrival, context: MappingContext, emit: Emit): void {
  const { id, at, attributes } = arrival;
  const workflowId = text(attributes["workflowId"]) ?? String(id);
  const key = rememberKey(context, id, context.keys.unique("child", workflowId));
  const name = text(message(attributes["workflowType"])["name"]) ?? "child";
  emit({ type: "step.opened", at, seq: id, key, kind: "child_workflow", name, id: workflowId });
}

/** The event holds a cause and no failure. */
function childNotStarted(arrival: Arrival, context: MappingContext, emit: Emit): void {
  const { id, at, attributes } = arrival;
  const key = rememberedKey(context, attributes["initiatedEventId"]);
  const failure = CHILD_NOT_STARTED;
  emit({ type: "step.closed", at, seq: id, key, outcome: "failed", failure });
}

function childStarted(arrival: Arrival, context: MappingContext, emit: Emit): void {
  const { id, at, attributes } = arrival;
  const key = rememberedKey(context, attributes["initiatedEventId"]);
  const child = message(attributes["workflowExecution"]);
  const runId = text(child["runId"]);
  const workflowId = text(child["workflowId"]);
  if (runId === undefined) return emit({ type: "step.started", at, seq: id, key });
  const link: Mutable<RunLink> = { relation: "child", engine: "temporal", runId };
  if (workflowId !== undefined) link.workflowId = workflowId;
  emit({ type: "step.started", at, seq: id, key, links: [link] });
}
