import type { WorkflowEvent } from "../../core/event.ts";
import type { RunLink } from "../../core/model.ts";
import { message, text } from "../workflow/proto-value.ts";
import {
  type Arrival,
  closes,
  type HandlerTable,
  type MappingContext,
  rememberedKey,
  rememberKey,
} from "./context.ts";

/** Child workflows. */
export const CHILD_EVENTS: HandlerTable = {
  StartChildWorkflowExecutionInitiated: childInitiated,
  StartChildWorkflowExecutionFailed: closes("initiatedEventId", "failed"),
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

function childInitiated(arrival: Arrival, context: MappingContext): readonly WorkflowEvent[] {
  const { id, at, attributes } = arrival;
  const workflowId = text(attributes["workflowId"]) ?? String(id);
  const key = rememberKey(context, id, context.keys.unique("child", workflowId));
  const name = text(message(attributes["workflowType"])["name"]) ?? "child";
  return [{ type: "step.opened", at, seq: id, key, kind: "child_workflow", name, id: workflowId }];
}

function childStarted(arrival: Arrival, context: MappingContext): readonly WorkflowEvent[] {
  const { id, at, attributes } = arrival;
  const key = rememberedKey(context, attributes["initiatedEventId"]);
  const child = message(attributes["workflowExecution"]);
  const runId = text(child["runId"]);
  const workflowId = text(child["workflowId"]);
  const links: readonly RunLink[] =
    runId === undefined
      ? []
      : [
          {
            relation: "child",
            engine: "temporal",
            runId,
            ...(workflowId !== undefined && { workflowId }),
          },
        ];
  return [{ type: "step.started", at, seq: id, key, ...(links.length > 0 && { links }) }];
}
