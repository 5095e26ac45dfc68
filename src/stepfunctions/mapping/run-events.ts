import { businessKeys } from "../../core/business-keys.ts";
import type { RunOutcome } from "../../core/model.ts";
import { parseExecutionArn } from "../arn.ts";
import { newest } from "../scope.ts";
import { type Handler, type Handlers, type MappingContext, setFailure } from "./mapping-context.ts";

/** The state that a runtime error is about, in the words of AWS's own cause. */
const NAMED_STATE = /entered at the event id #(\d{1,9})/;

/** Handlers of the events about an execution as a whole. */
export function runEvents(context: MappingContext): Handlers {
  return [
    ["ExecutionStarted", started(context)],
    ["ExecutionRedriven", redriven(context)],
    ["ExecutionSucceeded", ended(context, "completed")],
    ["ExecutionFailed", ended(context, "failed")],
    ["ExecutionTimedOut", ended(context, "timed_out")],
    ["ExecutionAborted", ended(context, "aborted")],
  ];
}

function started({ executionArn, options, warnings }: MappingContext): Handler {
  return ({ event, details, at }, emit) => {
    emit({
      type: "run.started",
      at,
      seq: event.id,
      workflowType: parseExecutionArn(executionArn)?.stateMachine ?? "execution",
      attributes: businessKeys(
        options.businessKeys,
        () => ({ input: JSON.parse(details.input ?? "null"), memo: {}, searchAttributes: {} }),
        warnings,
      ),
      ...(event.previousEventId === undefined && { degraded: true }),
    });
    return 0;
  };
}

function redriven(context: MappingContext): Handler {
  return ({ event, at, scope }, emit) => {
    context.redrive();
    emit({ type: "run.redriven", at, seq: event.id });
    return scope;
  };
}

function ended(context: MappingContext, outcome: RunOutcome): Handler {
  return (arrival, emit) => {
    const { event, details, at, scope } = arrival;
    const failure = outcome === "failed" ? context.failureOf(details, "Error") : undefined;
    if (failure !== undefined) {
      // A runtime error names its state only in the cause; other uncaught failures stand on the chain.
      const named = Number(NAMED_STATE.exec(details.cause ?? "")?.[1]);
      const index = newest(context.scopes, (f) => f.kind === "state" && f.enteredBy === named);
      const state = context.frameAt(index);
      if (index > 0) setFailure(state, state.failure ?? failure, at);
      context.closeFailedChain(index > 0 ? index : scope, 0, arrival, emit, failure);
    }
    emit({
      type: "run.closed",
      at,
      seq: event.id,
      outcome,
      ...(failure !== undefined && { failure }),
    });
    return scope;
  };
}
