import { businessKeys } from "../core/business-keys.ts";
import type { WorkflowEvent } from "../core/event.ts";
import type { RunIdentity } from "../core/identity.ts";
import type { RunLink, RunOutcome, StepOutcome } from "../core/model.ts";
import type { WarningLog } from "../core/result.ts";
import type { TraceOptions } from "../core/trace-options.ts";
import { identityText } from "../correlation/identity-text.ts";
import { attributesOf, eventType, isKnownEventType } from "./history-event.ts";
import { localActivity } from "./local-activity.ts";
import { failureOf, isCancellation, isTimeout } from "./workflow/failure.ts";
import {
  duration,
  integer,
  type Message,
  message,
  payloadValue,
  payloadValues,
  text,
} from "./workflow/proto-value.ts";
import { type StepKeys, signalKey, timerKey } from "./workflow/step-keys.ts";
import { headerLink } from "./workflow/trace-header.ts";
import { type Resolver, resolution } from "./workflow/wait-resolution.ts";

/** Maps the events of one run, in the order of their ids. */
export interface EventMapping {
  /** The neutral events that a history event says; none for one that is plumbing or unknown. */
  map(event: Message, id: number, at: number): WorkflowEvent[];
}

/** Everything that a mapping remembers of the run so far; plain JSON data. */
export interface MappingState {
  /** Keys of steps by the id of the event that opened them. */
  readonly keys: Record<number, string>;
  /** Occurrences of ids: the state of {@link StepKeys}. */
  readonly counts: Record<string, number>;
  /** Activity ids that were scheduled, by event id, for those that never started. */
  resolver?: Resolver;
  pendingResolver?: Resolver;
  cancelRequested: boolean;
}

/** State before the first event. */
export function emptyMapping(): MappingState {
  return { keys: {}, counts: {}, cancelRequested: false };
}

interface Arrival {
  readonly id: number;
  readonly at: number;
  readonly a: Message;
}

type Handler = (arrival: Arrival) => readonly WorkflowEvent[];

const NONE: readonly WorkflowEvent[] = [];

/** Makes the mapping of one run over a state, which it changes. */
export function createEventMapping(
  identity: RunIdentity,
  options: TraceOptions,
  warnings: WarningLog,
  state: MappingState,
  keys: StepKeys,
): EventMapping {
  const who = (value: unknown): string | undefined => identityText(text(value), options.identities);
  const failure = (value: unknown): { failure: ReturnType<typeof failureOf> } => ({
    failure: failureOf(value, options.failureMessages),
  });

  /** Key of the step that an earlier event opened. */
  function opened(eventId: unknown): string {
    return state.keys[integer(eventId) ?? -1] ?? "";
  }

  function open(id: number, key: string): string {
    state.keys[id] = key;
    return key;
  }

  function runStarted({ id, at, a }: Arrival): readonly WorkflowEvent[] {
    const parent = message(a["parentWorkflowExecution"]);
    const parentRun = text(parent["runId"]);
    const parentId = text(parent["workflowId"]);
    const rootId = text(message(a["rootWorkflowExecution"])["workflowId"]);
    const previous = text(a["continuedExecutionRunId"]);
    const taskQueue = text(message(a["taskQueue"])["name"]);
    const firstRunId = text(a["firstExecutionRunId"]);
    const caller = headerLink(message(a["header"])["fields"], "caller");
    const links: RunLink[] = [];
    if (caller !== undefined) links.push(caller);
    if (parentRun !== undefined) {
      links.push({
        relation: "parent",
        engine: "temporal",
        runId: parentRun,
        key: `child:${identity.workflowId}`,
        ...(parentId !== undefined && { workflowId: parentId }),
      });
    }
    if (previous !== undefined)
      links.push({ relation: "previous_run", engine: "temporal", runId: previous });
    return [
      {
        type: "run.started",
        at,
        seq: id,
        workflowType: text(message(a["workflowType"])["name"]) ?? "workflow",
        ...(firstRunId !== undefined && { firstRunId }),
        ...(taskQueue !== undefined && { taskQueue }),
        ...(parentId !== undefined && { parentWorkflowId: parentId }),
        ...(rootId !== undefined && rootId !== identity.workflowId && { rootWorkflowId: rootId }),
        links,
        attributes: businessKeys(
          options.businessKeys,
          () => ({
            input: payloadValue(payloadsOf(a["input"])[0]),
            memo: payloadValues(message(a["memo"])["fields"]),
            searchAttributes: payloadValues(message(a["searchAttributes"])["indexedFields"]),
          }),
          warnings,
        ),
      },
    ];
  }

  const runClosed =
    (outcome: RunOutcome): Handler =>
    ({ id, at, a }) => {
      const next = text(a["newExecutionRunId"]);
      return [
        {
          type: "run.closed",
          at,
          seq: id,
          outcome,
          ...(a["failure"] != null && failure(a["failure"])),
          ...(outcome === "timed_out" && { failure: { type: "Timeout" } }),
          ...(outcome === "terminated" && { failure: { type: "Terminated" } }),
          ...(next !== undefined && {
            links: [{ relation: "next_run" as const, engine: "temporal" as const, runId: next }],
          }),
        },
      ];
    };

  const activityScheduled: Handler = ({ id, at, a }) => {
    const activityId = text(a["activityId"]) ?? String(id);
    const key = open(id, keys.unique("activity", activityId));
    const name = text(message(a["activityType"])["name"]) ?? "activity";
    return [
      { type: "step.opened", at, seq: id, key, kind: "activity", name, id: activityId },
      { type: "attempt.scheduled", at, seq: id, step: key },
    ];
  };

  const activityStarted: Handler = ({ id, at, a }) => {
    const number = integer(a["attempt"]);
    return [
      {
        type: "attempt.started",
        at,
        seq: id,
        step: opened(a["scheduledEventId"]),
        ...(number !== undefined && number > 0 && { number }),
        ...(a["lastFailure"] != null && {
          lastFailure: failureOf(a["lastFailure"], options.failureMessages),
        }),
      },
    ];
  };

  /** Closes the step that an event refers to by one of its ids. */
  const stepClosed =
    (reference: string, outcome: StepOutcome): Handler =>
    ({ id, at, a }) => [
      {
        type: "step.closed",
        at,
        seq: id,
        key: opened(a[reference]),
        outcome:
          outcome === "failed" && isTimeout(a["failure"])
            ? "timed_out"
            : outcome === "failed" && isCancellation(a["failure"])
              ? "cancelled"
              : outcome,
        ...(outcome !== "cancelled" && a["failure"] != null && failure(a["failure"])),
        ...(outcome === "timed_out" && a["failure"] == null && { failure: { type: "Timeout" } }),
      },
    ];

  const timerStarted: Handler = ({ id, at, a }) => {
    const timerId = text(a["timerId"]) ?? String(id);
    const limit = duration(a["startToFireTimeout"]);
    const summary = payloadValue(message(a[USER_METADATA])["summary"]);
    return [
      {
        type: "step.opened",
        at,
        seq: id,
        key: open(id, timerKey(timerId)),
        kind: "wait",
        name: typeof summary === "string" && summary !== "" ? summary : "timer",
        id: timerId,
        wait: { kind: "timer", ...(limit !== undefined && { deadline: at + limit }) },
      },
    ];
  };

  const signaled: Handler = ({ id, at, a }) => {
    const key = signalKey(String(id));
    const identity_ = who(a["identity"]);
    const sender = headerLink(message(a["header"])["fields"], "signal_sender");
    state.pendingResolver = { step: key, ...(identity_ !== undefined && { identity: identity_ }) };
    return instant(
      id,
      at,
      key,
      "signal",
      text(a["signalName"]) ?? "signal",
      String(id),
      sender === undefined ? [] : [sender],
    );
  };

  /** A step without a length: it is opened and closed by one event. */
  function instant(
    id: number,
    at: number,
    key: string,
    kind: "signal",
    name: string,
    stepId: string,
    links: readonly RunLink[] = [],
  ): readonly WorkflowEvent[] {
    return [
      { type: "step.opened", at, seq: id, key, kind, name, id: stepId, links },
      { type: "step.closed", at, seq: id, key, outcome: "completed" },
    ];
  }

  const updateAccepted: Handler = ({ id, at, a }) => {
    const request = message(a["acceptedRequest"]);
    const meta = message(request["meta"]);
    const updateId = text(meta["updateId"]) ?? text(a["protocolInstanceId"]) ?? String(id);
    const key = open(id, keys.unique("update", updateId));
    const identity_ = who(meta["identity"]);
    state.pendingResolver = { step: key, ...(identity_ !== undefined && { identity: identity_ }) };
    return [
      {
        type: "step.opened",
        at,
        seq: id,
        key,
        kind: "update",
        name: text(message(request["input"])["name"]) ?? "update",
        id: updateId,
      },
    ];
  };

  const updateCompleted: Handler = ({ id, at, a }) => {
    const failed = message(a["outcome"])["failure"];
    const key =
      opened(a["acceptedEventId"]) || `update:${text(message(a["meta"])["updateId"]) ?? ""}`;
    return [
      {
        type: "step.closed",
        at,
        seq: id,
        key,
        outcome: failed == null ? "completed" : "failed",
        ...(failed != null && failure(failed)),
      },
    ];
  };

  const childInitiated: Handler = ({ id, at, a }) => {
    const workflowId = text(a["workflowId"]) ?? String(id);
    const key = open(id, keys.unique("child", workflowId));
    return [
      {
        type: "step.opened",
        at,
        seq: id,
        key,
        kind: "child_workflow",
        name: text(message(a["workflowType"])["name"]) ?? "child",
        id: workflowId,
      },
      { type: "attempt.scheduled", at, seq: id, step: key },
    ];
  };

  const childStarted: Handler = ({ id, at, a }) => {
    const { runId, workflowId } = message(a["workflowExecution"]);
    const run = text(runId);
    const child = text(workflowId);
    const key = opened(a["initiatedEventId"]);
    return [
      {
        type: "step.started",
        at,
        seq: id,
        key,
        ...(run !== undefined && {
          links: [
            {
              relation: "child" as const,
              engine: "temporal" as const,
              runId: run,
              ...(child !== undefined && { workflowId: child }),
            },
          ],
        }),
      },
      { type: "attempt.started", at, seq: id, step: key },
    ];
  };

  const externalInitiated =
    (kind: "signal-external" | "cancel-external", name: (a: Message) => string): Handler =>
    ({ id, at, a }) => [
      {
        type: "step.opened",
        at,
        seq: id,
        key: open(id, keys.ordinal(kind)),
        kind: "signal",
        name: name(a),
        id: String(id),
      },
    ];

  const nexusScheduled: Handler = ({ id, at, a }) => {
    const key = open(id, keys.ordinal("nexus"));
    const name = [text(a["service"]), text(a["operation"])]
      .filter((part) => part !== undefined)
      .join("/");
    return [
      {
        type: "step.opened",
        at,
        seq: id,
        key,
        kind: "nexus",
        name: name === "" ? "nexus operation" : name,
        id: String(id),
      },
      { type: "attempt.scheduled", at, seq: id, step: key },
    ];
  };

  const marker: Handler = ({ id, at, a }) => {
    const local = localActivity(a);
    if (local === undefined) return NONE;
    const key = keys.unique("local", local.activityId);
    const closed =
      a["failure"] == null
        ? { outcome: "completed" as const }
        : {
            outcome: isCancellation(a["failure"]) ? ("cancelled" as const) : ("failed" as const),
            ...failure(a["failure"]),
          };
    return [
      {
        type: "step.opened",
        at,
        seq: id,
        key,
        kind: "activity",
        name: local.activityType,
        id: local.activityId,
        local: true,
      },
      // A local activity leaves one marker, after its last attempt: when it began stands nowhere in exact terms.
      { type: "attempt.started", at, seq: id, step: key, number: local.attempt },
      { type: "step.closed", at, seq: id, key, ...closed },
    ];
  };

  const cancelRequested: Handler = ({ id, at }) => {
    state.cancelRequested = true;
    return instant(id, at, keys.unique("cancel", ""), "signal", "cancel", String(id));
  };

  const taskCompleted: Handler = () => {
    delete state.resolver;
    if (state.pendingResolver !== undefined) state.resolver = state.pendingResolver;
    delete state.pendingResolver;
    return NONE;
  };

  const taskFault =
    (fallback: string): Handler =>
    ({ id, at, a }) => {
      const cause =
        text(a["cause"]) ??
        (integer(a["cause"]) === undefined ? fallback : `cause ${integer(a["cause"])}`);
      return [
        {
          type: "task.faulted",
          at,
          seq: id,
          cause: cause
            .replace(/^WORKFLOW_TASK_FAILED_CAUSE_/, "")
            .toLowerCase()
            .replaceAll("_", " "),
        },
      ];
    };

  const handlers = new Map<string, Handler>([
    ["WorkflowExecutionStarted", runStarted],
    ["WorkflowExecutionCompleted", runClosed("completed")],
    ["WorkflowExecutionFailed", runClosed("failed")],
    ["WorkflowExecutionTimedOut", runClosed("timed_out")],
    ["WorkflowExecutionCanceled", runClosed("cancelled")],
    ["WorkflowExecutionTerminated", runClosed("terminated")],
    ["WorkflowExecutionContinuedAsNew", runClosed("continued_as_new")],
    ["WorkflowTaskCompleted", taskCompleted],
    ["WorkflowTaskFailed", taskFault("workflow task failed")],
    ["WorkflowTaskTimedOut", taskFault("workflow task timed out")],
    ["ActivityTaskScheduled", activityScheduled],
    ["ActivityTaskStarted", activityStarted],
    ["ActivityTaskCompleted", stepClosed("scheduledEventId", "completed")],
    ["ActivityTaskFailed", stepClosed("scheduledEventId", "failed")],
    ["ActivityTaskTimedOut", stepClosed("scheduledEventId", "timed_out")],
    ["ActivityTaskCanceled", stepClosed("scheduledEventId", "cancelled")],
    ["TimerStarted", timerStarted],
    [
      "TimerFired",
      ({ id, at, a }) => [
        {
          type: "step.closed",
          at,
          seq: id,
          key: opened(a["startedEventId"]),
          outcome: "completed",
          wait: { outcome: "elapsed" },
        },
      ],
    ],
    [
      "TimerCanceled",
      ({ id, at, a }) => [
        {
          type: "step.closed",
          at,
          seq: id,
          key: opened(a["startedEventId"]),
          ...resolution(state.resolver, state.cancelRequested),
        },
      ],
    ],
    ["WorkflowExecutionSignaled", signaled],
    ["WorkflowExecutionCancelRequested", cancelRequested],
    ["WorkflowExecutionUpdateAccepted", updateAccepted],
    ["WorkflowExecutionUpdateCompleted", updateCompleted],
    ["StartChildWorkflowExecutionInitiated", childInitiated],
    ["StartChildWorkflowExecutionFailed", stepClosed("initiatedEventId", "failed")],
    ["ChildWorkflowExecutionStarted", childStarted],
    ["ChildWorkflowExecutionCompleted", stepClosed("initiatedEventId", "completed")],
    ["ChildWorkflowExecutionFailed", stepClosed("initiatedEventId", "failed")],
    ["ChildWorkflowExecutionCanceled", stepClosed("initiatedEventId", "cancelled")],
    ["ChildWorkflowExecutionTimedOut", stepClosed("initiatedEventId", "timed_out")],
    ["ChildWorkflowExecutionTerminated", stepClosed("initiatedEventId", "terminated")],
    [
      "SignalExternalWorkflowExecutionInitiated",
      externalInitiated("signal-external", (a) => text(a["signalName"]) ?? "signal"),
    ],
    ["SignalExternalWorkflowExecutionFailed", stepClosed("initiatedEventId", "failed")],
    ["ExternalWorkflowExecutionSignaled", stepClosed("initiatedEventId", "completed")],
    [
      "RequestCancelExternalWorkflowExecutionInitiated",
      externalInitiated("cancel-external", () => "cancel"),
    ],
    ["RequestCancelExternalWorkflowExecutionFailed", stepClosed("initiatedEventId", "failed")],
    ["ExternalWorkflowExecutionCancelRequested", stepClosed("initiatedEventId", "completed")],
    ["NexusOperationScheduled", nexusScheduled],
    [
      "NexusOperationStarted",
      ({ id, at, a }) => [
        { type: "attempt.started", at, seq: id, step: opened(a["scheduledEventId"]) },
      ],
    ],
    ["NexusOperationCompleted", stepClosed("scheduledEventId", "completed")],
    ["NexusOperationFailed", stepClosed("scheduledEventId", "failed")],
    ["NexusOperationCanceled", stepClosed("scheduledEventId", "cancelled")],
    ["NexusOperationTimedOut", stepClosed("scheduledEventId", "timed_out")],
    ["MarkerRecorded", marker],
  ]);

  return {
    map(event, id, at) {
      const type = eventType(event["eventType"]);
      const handler = handlers.get(type);
      if (handler !== undefined) {
        const attributes = attributesOf(event, type);
        const metadata = event[USER_METADATA];
        return [
          ...handler({
            id,
            at,
            a: metadata == null ? attributes : { ...attributes, [USER_METADATA]: metadata },
          }),
        ];
      }
      if (!isKnownEventType(type))
        warnings.add("unknown_event", `unknown event type ${type.slice(0, 64)}`);
      return [];
    },
  };
}

/** Stands on the event, beside its attributes. */
const USER_METADATA = "userMetadata";

function payloadsOf(payloads: unknown): readonly unknown[] {
  const list = message(payloads)["payloads"];
  return Array.isArray(list) ? list : [];
}
