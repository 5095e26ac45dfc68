import type { RunOutcome } from "../../core/model.ts";
import { failureOf } from "./failure.ts";
import type { LiveEvent } from "./live-event.ts";
import { type LiveState, type OpenKind, openName } from "./live-state.ts";
import { duration, type Message, message, payloadValue, text } from "./proto-value.ts";
import { addStepHeader } from "./step-header.ts";
import { timerKey } from "./step-keys.ts";
import { resolution } from "./wait-resolution.ts";

/** What an activation's commands say. */
export interface CommandEvents {
  readonly events: readonly LiveEvent[];
  /** Keys of steps begun in an earlier activation of the same workflow task and cancelled now: history never sees them. */
  readonly cancelledAtOnce: readonly string[];
}

const NOT_VARIANTS: ReadonlySet<string> = new Set(["userMetadata", "eventGroupMarkers"]);

/** Kinds of the steps that a command begins, or, where it has no handler below, cancels. */
const KINDS: ReadonlyMap<string, OpenKind> = new Map([
  ["startTimer", "timer"],
  ["cancelTimer", "timer"],
  ["scheduleActivity", "activity"],
  ["requestCancelActivity", "activity"],
  ["scheduleLocalActivity", "activity"],
  ["startChildWorkflowExecution", "child"],
  ["cancelChildWorkflowExecution", "child"],
  ["signalExternalWorkflowExecution", "signal-external"],
  ["cancelSignalWorkflow", "signal-external"],
  ["requestCancelExternalWorkflowExecution", "cancel-external"],
  ["scheduleNexusOperation", "nexus"],
  ["requestCancelNexusOperation", "nexus"],
]);

/**
 * The neutral events that the commands of an activation say (coresdk.workflow_commands, sdk-core's protos). What a workflow
 * task begins and cancels is never sent to the server (`was_cancelled_before_sent_to_server` in sdk-core), so it is no step;
 * only a local activity leaves its marker all the same.
 */
export function commandEvents(commands: readonly Message[], live: LiveState): CommandEvents {
  const events: LiveEvent[] = [];
  const cancelledAtOnce: string[] = [];
  const read = commands.map((command) => {
    const variant =
      Object.keys(command).find((key) => !NOT_VARIANTS.has(key) && command[key] != null) ?? "";
    const body = message(command[variant]);
    const kind = KINDS.get(variant);
    const name = kind && openName(kind, body["seq"] ?? body["childWorkflowSeq"]);
    return { command, body, name, handler: HANDLERS.get(variant) };
  });
  const cancelled = new Set(read.map(({ name, handler }) => handler === undefined && name));
  for (const { command, body, name = "", handler } of read) {
    if (handler === undefined) {
      const key = live.open.get(name);
      if (live.begun.has(name) && key !== undefined) {
        cancelledAtOnce.push(key);
        live.keys.takeBack(key);
      } else if (key?.startsWith("timer:") === true) events.push(timerCancelled(key, live));
      // How others that the server knows of ended, a job will tell.
      else continue;
      live.open.delete(name);
    } else if (!cancelled.has(name)) {
      // Of what this very activation cancels no key is handed out.
      for (const event of handler(body, live, command)) {
        events.push(event);
        if (name === "" || event.type !== "step.opened") continue;
        live.open.set(name, event.key);
        live.begun.add(name);
      }
    }
  }
  return { events, cancelledAtOnce };
}

function timerCancelled(key: string, live: LiveState): LiveEvent {
  return { type: "step.closed", key, ...resolution(live.resolver, live.cancelRequested) };
}

type Handler = (body: Message, live: LiveState, command: Message) => readonly LiveEvent[];

const HANDLERS: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ["scheduleActivity", (body, live) => activityScheduled("activity", body, live)],
  ["scheduleLocalActivity", (body, live) => activityScheduled("local", body, live)],
  ["startTimer", timerStarted],
  ["startChildWorkflowExecution", childInitiated],
  [
    "signalExternalWorkflowExecution",
    (body, live) => sentOut("signal-external", text(body["signalName"]) ?? "signal", body, live),
  ],
  [
    "requestCancelExternalWorkflowExecution",
    (body, live) => sentOut("cancel-external", "cancel", body, live),
  ],
  ["scheduleNexusOperation", nexusScheduled],
  ["updateResponse", updateAnswered],
  ["completeWorkflowExecution", runClosed("completed")],
  ["failWorkflowExecution", runClosed("failed")],
  ["cancelWorkflowExecution", runClosed("cancelled")],
  ["continueAsNewWorkflowExecution", runClosed("continued_as_new")],
]);

function activityScheduled(
  kind: "activity" | "local",
  body: Message,
  live: LiveState,
): readonly LiveEvent[] {
  const id = text(body["activityId"]) ?? "";
  const key = live.keys.unique(kind, id);
  if (key !== `${kind}:${id}`) addStepHeader(body, key);
  const name = text(body["activityType"]) ?? "activity";
  return [
    {
      type: "step.opened",
      key,
      kind: "activity",
      name,
      id,
      ...(kind === "local" && { local: true }),
    },
  ];
}

function timerStarted(body: Message, live: LiveState, command: Message): readonly LiveEvent[] {
  const id = String(body["seq"]);
  const key = timerKey(id);
  const limit = duration(body["startToFireTimeout"]);
  const summary = payloadValue(message(command["userMetadata"])["summary"]);
  return [
    {
      type: "step.opened",
      key,
      kind: "wait",
      name: typeof summary === "string" && summary !== "" ? summary : "timer",
      id,
      wait: { kind: "timer", ...(limit !== undefined && { deadline: live.at + limit }) },
    },
  ];
}

function childInitiated(body: Message, live: LiveState): readonly LiveEvent[] {
  const id = text(body["workflowId"]) ?? "";
  const key = live.keys.unique("child", id);
  return [
    {
      type: "step.opened",
      key,
      kind: "child_workflow",
      name: text(body["workflowType"]) ?? "child",
      id,
    },
  ];
}

function sentOut(
  kind: "signal-external" | "cancel-external",
  name: string,
  body: Message,
  live: LiveState,
): readonly LiveEvent[] {
  const key = live.keys.ordinal(kind);
  return [
    {
      type: "step.opened",
      key,
      kind: "signal",
      name,
      id: String(body["seq"]),
    },
  ];
}

function nexusScheduled(body: Message, live: LiveState): readonly LiveEvent[] {
  const key = live.keys.ordinal("nexus");
  const name = [text(body["service"]), text(body["operation"])]
    .filter((part) => part !== undefined)
    .join("/");
  return [
    {
      type: "step.opened",
      key,
      kind: "nexus",
      name: name === "" ? "nexus operation" : name,
      id: String(body["seq"]),
    },
  ];
}

function updateAnswered(body: Message, live: LiveState): readonly LiveEvent[] {
  const instance = String(body["protocolInstanceId"]);
  const update = live.updates.get(instance);
  if (update === undefined) return [];
  if (body["accepted"] != null) {
    const key = live.keys.unique("update", update.id);
    live.open.set(`update ${instance}`, key);
    return [
      {
        type: "step.opened",
        key,
        kind: "update",
        ...update,
      },
    ];
  }
  live.updates.delete(instance);
  const key = live.open.get(`update ${instance}`);
  // A rejected update is in no history, so it is no step.
  if (key === undefined) return [];
  live.open.delete(`update ${instance}`);
  const failed = body["rejected"] != null;
  return [
    {
      type: "step.closed",
      key,
      outcome: failed ? "failed" : "completed",
      ...(failed && { failure: failureOf(body["rejected"], live.messages) }),
    },
  ];
}

function runClosed(outcome: RunOutcome): Handler {
  return (body, live) => [
    {
      type: "run.closed",
      outcome,
      ...(body["failure"] != null && { failure: failureOf(body["failure"], live.messages) }),
    },
  ];
}
