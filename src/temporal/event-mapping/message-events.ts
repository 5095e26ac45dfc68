import type { WorkflowEvent } from "../../core/event.ts";
import type { RunLink } from "../../core/model.ts";
import { message, text } from "../workflow/proto-value.ts";
import { signalKey } from "../workflow/step-keys.ts";
import { headerLink } from "../workflow/trace-header.ts";
import {
  type Arrival,
  failureField,
  type HandlerTable,
  type MappingContext,
  rememberedKey,
  rememberKey,
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
function signaled(arrival: Arrival, context: MappingContext): readonly WorkflowEvent[] {
  const { id, attributes } = arrival;
  const key = signalKey(String(id));
  const sender = headerLink(message(attributes["header"])["fields"], "signal_sender");
  context.state.pendingResolver = { step: key, ...whoOf(attributes["identity"], context) };
  const name = text(attributes["signalName"]) ?? "signal";
  return arrived(arrival, key, name, sender === undefined ? [] : [sender]);
}

function cancelRequested(
  arrival: Arrival,
  { state, keys }: MappingContext,
): readonly WorkflowEvent[] {
  state.cancelRequested = true;
  return arrived(arrival, keys.unique("cancel", ""), "cancel", []);
}

/** A step without a length: it is opened and closed by one event. */
function arrived(
  { id, at }: Arrival,
  key: string,
  name: string,
  links: readonly RunLink[],
): readonly WorkflowEvent[] {
  return [
    { type: "step.opened", at, seq: id, key, kind: "signal", name, id: String(id), links },
    { type: "step.closed", at, seq: id, key, outcome: "completed" },
  ];
}

/** Unlike a signal's event, an update's stands among the commands of the very task that took it in. */
function updateAccepted(arrival: Arrival, context: MappingContext): readonly WorkflowEvent[] {
  const { id, at, attributes } = arrival;
  const request = message(attributes["acceptedRequest"]);
  const meta = message(request["meta"]);
  const updateId = text(meta["updateId"]) ?? text(attributes["protocolInstanceId"]) ?? String(id);
  const key = rememberKey(context, id, context.keys.unique("update", updateId));
  context.state.resolver = { step: key, ...whoOf(meta["identity"], context) };
  const name = text(message(request["input"])["name"]) ?? "update";
  return [{ type: "step.opened", at, seq: id, key, kind: "update", name, id: updateId }];
}

function updateCompleted(arrival: Arrival, context: MappingContext): readonly WorkflowEvent[] {
  const { id, at, attributes } = arrival;
  const { failure } = message(attributes["outcome"]);
  const updateId = text(message(attributes["meta"])["updateId"]) ?? "";
  return [
    {
      type: "step.closed",
      at,
      seq: id,
      key: rememberedKey(context, attributes["acceptedEventId"]) || `update:${updateId}`,
      outcome: failure == null ? "completed" : "failed",
      ...failureField(failure, context),
    },
  ];
}
