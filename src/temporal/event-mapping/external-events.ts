import { text } from "../workflow/proto-value.ts";
import { closes, type Handler, type HandlerTable, rememberKey } from "./context.ts";

/** Signals and requests to cancel that the run sends to other workflows. */
export const EXTERNAL_EVENTS: HandlerTable = {
  SignalExternalWorkflowExecutionInitiated: sent("signal-external", "signal"),
  SignalExternalWorkflowExecutionFailed: closes("initiatedEventId", "failed"),
  ExternalWorkflowExecutionSignaled: closes("initiatedEventId", "completed"),
  RequestCancelExternalWorkflowExecutionInitiated: sent("cancel-external", "cancel"),
  RequestCancelExternalWorkflowExecutionFailed: closes("initiatedEventId", "failed"),
  ExternalWorkflowExecutionCancelRequested: closes("initiatedEventId", "completed"),
};

function sent(kind: "signal-external" | "cancel-external", fallback: string): Handler {
  return ({ id, at, attributes }, context, emit) =>
    emit({
      type: "step.opened",
      at,
      seq: id,
      key: rememberKey(context, id, context.keys.ordinal(kind)),
      kind: "signal",
      name: text(attributes["signalName"]) ?? fallback,
      id: String(id),
    });
}
