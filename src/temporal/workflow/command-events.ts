import type { RunOutcome } from "../../core/model.ts";
import { failureOf } from "./failure.ts";
import type { LiveEvent } from "./live-event.ts";
import type { LiveState } from "./live-state.ts";
import { duration, type Message, message, payloadValue, text } from "./proto-value.ts";
import { addStepHeader } from "./step-header.ts";
import { timerKey } from "./step-keys.ts";
import { resolution } from "./wait-resolution.ts";

/** What an activation's commands say. */
export interface CommandEvents {
  readonly events: readonly LiveEvent[];
  /** Keys of timers begun in an earlier activation of the same workflow task and cancelled now: history never sees them. */
  readonly cancelledAtOnce: readonly string[];
}

const NOT_VARIANTS: ReadonlySet<string> = new Set(["userMetadata", "eventGroupMarkers"]);

/** The neutral events that the commands of an activation say (coresdk.workflow_commands, sdk-core's protos). */
export function commandEvents(commands: readonly Message[], live: LiveState): CommandEvents {
  const events: LiveEvent[] = [];
  const cancelledAtOnce: string[] = [];
  const cancelledHere = new Set<unknown>(
    commands.map((command) => message(command["cancelTimer"])["seq"]),
  );
  for (const command of commands) {
    const variant =
      Object.keys(command).find((key) => !NOT_VARIANTS.has(key) && command[key] != null) ?? "";
    const body = message(command[variant]);
    if (variant === "startTimer" && cancelledHere.has(body["seq"])) {
      // Begun and cancelled by one activation: history never sees it.
      continue;
    }
    if (variant === "cancelTimer") {
      const key = timerKey(String(body["seq"]));
      const startedAt = live.timersStarted.get(key);
      live.timersStarted.delete(key);
      if (startedAt === undefined) continue;
      if (startedAt === live.historyLength) {
        cancelledAtOnce.push(key);
        continue;
      }
    }
    const handler = HANDLERS.get(variant);
    if (handler !== undefined) events.push(...handler(body, live, command));
  }
  return { events, cancelledAtOnce };
}

type Handler = (body: Message, live: LiveState, command: Message) => readonly LiveEvent[];

const HANDLERS: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ["scheduleActivity", (body, live) => activityScheduled("activity", body, live)],
  ["scheduleLocalActivity", (body, live) => activityScheduled("local", body, live)],
  ["startTimer", timerStarted],
  ["cancelTimer", timerCancelled],
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
  live.open.set(`activity ${String(body["seq"])}`, key);
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
  live.timersStarted.set(key, live.historyLength);
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

function timerCancelled(body: Message, live: LiveState): readonly LiveEvent[] {
  return [
    {
      type: "step.closed",
      key: timerKey(String(body["seq"])),
      ...resolution(live.resolver, live.cancelRequested),
    },
  ];
}

function childInitiated(body: Message, live: LiveState): readonly LiveEvent[] {
  const id = text(body["workflowId"]) ?? "";
  const key = live.keys.unique("child", id);
  live.open.set(`child ${String(body["seq"])}`, key);
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
  live.open.set(`${kind} ${String(body["seq"])}`, key);
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
  live.open.set(`nexus ${String(body["seq"])}`, key);
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
        name: update.name,
        id: update.id,
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
