import type { StepOutcome } from "../../core/model.ts";
import { integer, text } from "../workflow/proto-value.ts";
import { closes, type Handler, type HandlerTable, rememberKey } from "./context.ts";

/** Signals and requests to cancel that the run sends to other workflows. */
export const EXTERNAL_EVENTS: HandlerTable = {
  SignalExternalWorkflowExecutionInitiated: sent("signal-external", "signal"),
  SignalExternalWorkflowExecutionFailed: answered("failed"),
  ExternalWorkflowExecutionSignaled: answered("completed"),
  RequestCancelExternalWorkflowExecutionInitiated: sent("cancel-external", "cancel"),
  RequestCancelExternalWorkflowExecutionFailed: answered("failed"),
  ExternalWorkflowExecutionCancelRequested: answered("completed"),
};

/** Key of what is no step of its own: a child's cancellation is told by the child's step, live and here. */
const OF_A_CHILD = "";

function sent(kind: "signal-external" | "cancel-external", fallback: string): Handler {
  return ({ id, at, attributes }, context, emit) => {
    if (kind === "cancel-external" && attributes["childWorkflowOnly"] === true) {
      rememberKey(context, id, OF_A_CHILD);
      return;
    }
    emit({
      type: "step.opened",
      at,
      seq: id,
      key: rememberKey(context, id, context.keys.ordinal(kind)),
      kind: "signal",
      name: text(attributes["signalName"]) ?? fallback,
      id: String(id),
    });
  };
}

function answered(outcome: StepOutcome): Handler {
  const close = closes("initiatedEventId", outcome);
  return (arrival, context, emit) => {
    const { attributes } = arrival;
    if (context.state.keys[integer(attributes["initiatedEventId"]) ?? -1] === OF_A_CHILD) return;
    if (outcome === "completed") return close(arrival, context, emit);
    // The event holds no failure: its cause is what sdk-core tells the workflow as the failure's type.
    const failure = { applicationFailureInfo: { type: causeOf(attributes["cause"]) } };
    close({ ...arrival, attributes: { ...attributes, failure } }, context, emit);
  };
}

/**
 * `SignalExternalWorkflowExecutionFailedCause` and `CancelExternalWorkflowExecutionFailedCause` by their numbers
 * (temporal/api/enums/v1/failed_cause.proto).
 */
const CAUSES: readonly (string | undefined)[] = [
  undefined,
  "ExternalWorkflowExecutionNotFound",
  "NamespaceNotFound",
  "SignalCountLimitExceeded",
];

const LONGEST_CAUSE = 64;

/** A cause in one spelling, whether it comes as a number, as `..._FAILED_CAUSE_NAMESPACE_NOT_FOUND` or as `NamespaceNotFound`. */
function causeOf(cause: unknown): string | undefined {
  const number = integer(cause);
  if (number !== undefined) return CAUSES[number];
  const words = text(cause)?.replace(/^.*_FAILED_CAUSE_/, "");
  return (
    CAUSES.find((name) => name?.toLowerCase() === words?.replaceAll("_", "").toLowerCase()) ??
    words?.slice(0, LONGEST_CAUSE)
  );
}
