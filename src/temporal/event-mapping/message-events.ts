import type { StepClosed } from "../../core/event.ts";
import type { RunLink } from "../../core/model.ts";
import type { Mutable } from "../../core/open-trace.ts";
import { message, text } from "../workflow/proto-value.ts";
import { signalKey } from "../workflow/step-keys.ts";
import { headerLink } from "../workflow/trace-header.ts";
import {
  type Arrival,
  type Emit,
  type HandlerTable,
  type MappingContext,
  rememberedKey,
  rememberKey,
  toldFailure,
  whoOf,
} from "./context.ts";

/** What comes in from outside: signals, updates, requests to cancel. */
export const MESSAGE_EVENTS: HandlerTable = {
  WorkflowExecutionSignaled: signaled,
  WorkflowExecutionCancelRequested: cancelRequested,
  WorkflowExecutionUpdateAccepted: updateAccepted,
  WorkflowExecutionUpdateCompleted: updateCompleted,
};

/** A signal waits for the next workflow task, which may end a wait by it. */
function signaled(arrival: Arrival, context: MappingContext, emit: Emit): void {
  const { id, attributes } = arrival;
  const key = signalKey(String(id));
  const sender = headerLink(message(attributes["header"])["fields"], "signal_sender");
  context.state.pendingResolver = { step: key, ...whoOf(attributes["identity"], context) };
  const name = text(attributes["signalName"]) ?? "signal";
  arrived(arrival, { key, name, links: sender === undefined ? [] : [sender] }, emit);
}

function cancelRequested(arrival: Arrival, { state, keys }: MappingContext, emit: Emit): void {
  state.cancelRequested = true;
  arrived(arrival, { key: keys.unique("cancel", ""), name: "cancel", links: [] }, emit);
}

/** A step without a length: it is opened and closed by one event. */
function arrived(
  { id, at }: Arrival,
  { key, name, links }: { key: string; name: string; links: readonly RunLink[] },
  emit: Emit,
): void {
  emit({ type: "step.opened", at, seq: id, key, kind: "signal", name, id: String(id), links });
  emit({ type: "step.closed", at, seq: id, key, outcome: "completed" });
}

/** Unlike a signal's event, an update's stands among the commands of the very task that took it in. */
function updateAccepted(arrival: Arrival, context: MappingContext, emit: Emit): void {
  const { id, at, attributes } = arrival;
  const request = message(attributes["acceptedRequest"]);
  const meta = message(request["meta"]);
  const updateId = text(meta["updateId"]) ?? text(attributes["protocolInstanceId"]) ?? String(id);
  const key = rememberKey(context, id, context.keys.unique("update", updateId));
  context.state.resolver = { step: key, ...whoOf(meta["identity"], context) };
  const input = message(request["input"]);
  const name = text(input["name"]) ?? "update";
  const sender = headerLink(message(input["header"])["fields"], "update_sender");
  const links = sender === undefined ? [] : [sender];
  emit({ type: "step.opened", at, seq: id, key, kind: "update", name, id: updateId, links });
}

function updateCompleted(arrival: Arrival, context: MappingContext, emit: Emit): void {
  const { id, at, attributes } = arrival;
  const failure = toldFailure(message(attributes["outcome"])["failure"], context);
  const updateId = text(message(attributes["meta"])["updateId"]) ?? "";
  const closed: Mutable<StepClosed> = {
    type: "step.closed",
    at,
    seq: id,
    key: rememberedKey(context, attributes["acceptedEventId"]) || `update:${updateId}`,
    outcome: failure === undefined ? "completed" : "failed",
  };
  if (failure !== undefined) closed.failure = failure;
  emit(closed);
}
