import type { Failure, RunLink, StepOutcome } from "../../core/model.ts";
import {
  CHILD_NOT_STARTED,
  failureOf,
  isCancellation,
  isTermination,
  isTimeout,
} from "./failure.ts";
import type { LiveEvent } from "./live-event.ts";
import { type LiveState, type OpenKind, openName } from "./live-state.ts";
import { integer, type Message, message, text, timestamp } from "./proto-value.ts";
import { signalKey } from "./step-keys.ts";
import { headerLink } from "./trace-header.ts";

/** The neutral events that a job of an activation says (coresdk.workflow_activation, sdk-core's protos). */
export function jobEvents(job: Message, live: LiveState): readonly LiveEvent[] {
  const variant =
    typeof job["variant"] === "string"
      ? job["variant"]
      : (Object.keys(job).find((key) => job[key] != null) ?? "");
  const handler = HANDLERS.get(variant);
  return handler === undefined ? [] : handler(message(job[variant]), live);
}

type Handler = (job: Message, live: LiveState) => readonly LiveEvent[];

const HANDLERS: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ["initializeWorkflow", runStarted],
  ["fireTimer", timerFired],
  ["signalWorkflow", signaled],
  ["doUpdate", updateArrived],
  ["cancelWorkflow", cancelRequested],
  ["resolveActivity", (job, live) => resolved("activity", job, live)],
  ["resolveChildWorkflowExecutionStart", childStarted],
  ["resolveChildWorkflowExecution", (job, live) => resolved("child", job, live)],
  ["resolveSignalExternalWorkflow", (job, live) => delivered("signal-external", job, live)],
  ["resolveRequestCancelExternalWorkflow", (job, live) => delivered("cancel-external", job, live)],
  ["resolveNexusOperationStart", nexusStarted],
  ["resolveNexusOperation", (job, live) => resolved("nexus", job, live)],
]);

function runStarted(job: Message, live: LiveState): readonly LiveEvent[] {
  const parent = message(job["parentWorkflowInfo"]);
  const parentId = text(parent["workflowId"]);
  const parentRun = text(parent["runId"]);
  const rootId = text(message(job["rootWorkflow"])["workflowId"]);
  const firstRunId = text(job["firstExecutionRunId"]);
  const previous = text(job["continuedFromExecutionRunId"]);
  const caller = headerLink(job["headers"], "caller");
  const links: RunLink[] = caller === undefined ? [] : [caller];
  if (parentRun !== undefined) {
    links.push({
      relation: "parent",
      engine: "temporal",
      runId: parentRun,
      key: `child:${live.identity.workflowId}`,
      ...(parentId !== undefined && { workflowId: parentId }),
    });
  }
  if (previous !== undefined)
    links.push({ relation: "previous_run", engine: "temporal", runId: previous });
  const started = timestamp(job["startTime"]);
  return [
    {
      type: "run.started",
      at: Number.isNaN(started) ? live.at : started,
      workflowType: text(job["workflowType"]) ?? "workflow",
      ...(firstRunId !== undefined && { firstRunId }),
      ...(parentId !== undefined && { parentWorkflowId: parentId }),
      ...(rootId !== undefined &&
        rootId !== live.identity.workflowId && { rootWorkflowId: rootId }),
      links,
    },
  ];
}

/** Takes the key of an open step; undefined when there is none, which the caller passes over. */
function takeOpen(kind: OpenKind, job: Message, live: LiveState): string | undefined {
  const name = openName(kind, job["seq"]);
  const key = live.open.get(name);
  live.open.delete(name);
  return key;
}

function timerFired(job: Message, live: LiveState): readonly LiveEvent[] {
  const key = takeOpen("timer", job, live);
  if (key === undefined) return [];
  return [{ type: "step.closed", key, outcome: "completed", wait: { outcome: "elapsed" } }];
}

function signaled(job: Message, live: LiveState): readonly LiveEvent[] {
  const id = String(integer(job["originatingEventId"]) ?? "");
  const key = signalKey(id);
  const identity = text(job["identity"]);
  const sender = headerLink(job["headers"], "signal_sender");
  live.resolver = { step: key, ...(identity !== undefined && { identity }) };
  return [
    {
      type: "step.opened",
      key,
      kind: "signal",
      name: text(job["signalName"]) ?? "signal",
      id,
      links: sender === undefined ? [] : [sender],
    },
    { type: "step.closed", key, outcome: "completed" },
  ];
}

function updateArrived(job: Message, live: LiveState): readonly LiveEvent[] {
  const id = text(job["id"]) ?? "";
  const identity = text(message(job["meta"])["identity"]);
  const sender = headerLink(job["headers"], "update_sender");
  live.updates.set(String(job["protocolInstanceId"]), {
    id,
    name: text(job["name"]) ?? "update",
    links: sender === undefined ? [] : [sender],
  });
  live.resolver = { step: `update:${id}`, ...(identity !== undefined && { identity }) };
  return [];
}

function cancelRequested(_job: Message, live: LiveState): readonly LiveEvent[] {
  live.cancelRequested = true;
  const key = live.keys.unique("cancel", "");
  return [
    { type: "step.opened", key, kind: "signal", name: "cancel", id: "" },
    { type: "step.closed", key, outcome: "completed" },
  ];
}

function childStarted(job: Message, live: LiveState): readonly LiveEvent[] {
  const key = live.open.get(openName("child", job["seq"]));
  if (key === undefined) return [];
  const runId = text(message(job["succeeded"])["runId"]);
  if (runId !== undefined) {
    return [
      {
        type: "step.started",
        key,
        links: [{ relation: "child", engine: "temporal", runId }],
      },
    ];
  }
  takeOpen("child", job, live);
  return [{ type: "step.closed", key, outcome: "failed", failure: CHILD_NOT_STARTED }];
}

function resolved(
  kind: "activity" | "child" | "nexus",
  job: Message,
  live: LiveState,
): readonly LiveEvent[] {
  const key = takeOpen(kind, job, live);
  if (key === undefined) return [];
  const { outcome, failure } = outcomeOf(message(job["result"]), live);
  return [
    {
      type: "step.closed",
      key,
      outcome,
      ...(failure !== undefined && { failure }),
    },
  ];
}

function outcomeOf(result: Message, live: LiveState): { outcome: StepOutcome; failure?: Failure } {
  if (result["cancelled"] != null) return { outcome: "cancelled" };
  if (result["completed"] != null) return { outcome: "completed" };
  // A local activity whose back-off is long ends here and goes on as another one.
  if (result["backoff"] != null) return { outcome: "failed" };
  const failed = message(result["failed"] ?? result["timedOut"]);
  const cause = failed["failure"] ?? failed;
  const failure = failureOf(cause, live.messages);
  if (isCancellation(cause)) return { outcome: "cancelled" };
  if (isTermination(cause)) return { outcome: "terminated", failure };
  return { outcome: isTimeout(cause) ? "timed_out" : "failed", failure };
}

/** The type of its failure is the server's cause; its message is sdk-core's, and in no history. */
function delivered(kind: OpenKind, job: Message, live: LiveState): readonly LiveEvent[] {
  const key = takeOpen(kind, job, live);
  if (key === undefined) return [];
  const failed = job["failure"] != null;
  return [
    {
      type: "step.closed",
      key,
      outcome: failed ? "failed" : "completed",
      ...(failed && { failure: failureOf(job["failure"], "drop") }),
    },
  ];
}

function nexusStarted(job: Message, live: LiveState): readonly LiveEvent[] {
  // No other job follows one that says that the operation failed.
  if (job["failed"] != null) return resolved("nexus", { seq: job["seq"], result: job }, live);
  const key = live.open.get(openName("nexus", job["seq"]));
  return key === undefined ? [] : [{ type: "step.started", key }];
}
