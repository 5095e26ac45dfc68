import { businessKeys } from "../../core/business-keys.ts";
import type { RunClosed } from "../../core/event.ts";
import type { RunOutcome } from "../../core/model.ts";
import type { Mutable } from "../../core/open-trace.ts";
import { parseExecutionArn } from "../arn.ts";
import { closeFailedChain, frameAt, type Handler, type Handlers, setFailure } from "./context.ts";
import { failureOf } from "./history-failure.ts";
import { newest } from "./scope.ts";

/** The state that a runtime error is about, in the words of AWS's own cause. */
const NAMED_STATE = /entered at the event id #(\d{1,9})/;

const started: Handler = ({ executionArn, options, warnings }, { event, details, at }, emit) => {
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
    degraded: !Number.isSafeInteger(event.previousEventId),
  });
  return 0;
};

const redriven: Handler = ({ scopes }, { event, at, scope }, emit) => {
  const root = scopes.frames[0];
  if (root !== undefined) root.redrive = (root.redrive ?? 0) + 1;
  emit({ type: "run.redriven", at, seq: event.id });
  return scope;
};

function ended(outcome: RunOutcome): Handler {
  return (context, arrival, emit) => {
    const { event, details, at, scope } = arrival;
    const failure =
      outcome === "failed"
        ? failureOf(details, "Error", context.options.failureMessages)
        : undefined;
    if (failure !== undefined) {
      // A runtime error names its state only in the cause; other uncaught failures stand on the chain.
      const named = Number(NAMED_STATE.exec(details.cause ?? "")?.[1]);
      const index = newest(context.scopes, (f) => f.kind === "state" && f.enteredBy === named);
      const state = frameAt(context, index);
      if (index > 0) setFailure(state, state.failure ?? failure, at);
      const chain = { from: index > 0 ? index : scope, until: 0 };
      closeFailedChain(context, chain, arrival, emit, failure);
    }
    const closed: Mutable<RunClosed> = { type: "run.closed", at, seq: event.id, outcome };
    if (failure !== undefined) closed.failure = failure;
    emit(closed);
    return scope;
  };
}

/** Handlers of the events about an execution as a whole. */
export const RUN_EVENTS: Handlers = [
  ["ExecutionStarted", started],
  ["ExecutionRedriven", redriven],
  ["ExecutionSucceeded", ended("completed")],
  ["ExecutionFailed", ended("failed")],
  ["ExecutionTimedOut", ended("timed_out")],
  ["ExecutionAborted", ended("aborted")],
];
