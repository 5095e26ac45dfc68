import fc from "fast-check";

/** An event of a Temporal history in one of the forms that it comes in. */
export type TemporalEvent = Readonly<Record<string, unknown>>;

/** How a source writes its events: enum names or numbers, texts or objects. */
type Spelling = "constant" | "camel" | "number";
type TimeForm = "text" | "object" | "date";

const EVENT_TYPES = {
  WorkflowExecutionStarted: 1,
  WorkflowExecutionCompleted: 2,
  WorkflowExecutionFailed: 3,
  WorkflowExecutionTimedOut: 4,
  WorkflowTaskScheduled: 5,
  WorkflowTaskStarted: 6,
  WorkflowTaskCompleted: 7,
  WorkflowTaskTimedOut: 8,
  WorkflowTaskFailed: 9,
  ActivityTaskScheduled: 10,
  ActivityTaskStarted: 11,
  ActivityTaskCompleted: 12,
  ActivityTaskFailed: 13,
  ActivityTaskTimedOut: 14,
  ActivityTaskCanceled: 16,
  TimerStarted: 17,
  TimerFired: 18,
  TimerCanceled: 19,
  WorkflowExecutionCancelRequested: 20,
  WorkflowExecutionCanceled: 21,
  MarkerRecorded: 25,
  WorkflowExecutionSignaled: 26,
  WorkflowExecutionTerminated: 27,
  WorkflowExecutionContinuedAsNew: 28,
  StartChildWorkflowExecutionInitiated: 29,
  StartChildWorkflowExecutionFailed: 30,
  ChildWorkflowExecutionStarted: 31,
  ChildWorkflowExecutionCompleted: 32,
  ChildWorkflowExecutionFailed: 33,
  ChildWorkflowExecutionTerminated: 36,
  SignalExternalWorkflowExecutionInitiated: 37,
  SignalExternalWorkflowExecutionFailed: 38,
  ExternalWorkflowExecutionSignaled: 39,
  WorkflowExecutionUpdateAccepted: 41,
  WorkflowExecutionUpdateCompleted: 43,
  NexusOperationScheduled: 48,
  NexusOperationStarted: 49,
  NexusOperationCompleted: 50,
  NexusOperationFailed: 51,
  WorkflowExecutionTimeSkippingTransitioned: 60,
} as const;

type EventType = keyof typeof EVENT_TYPES;

/** A payload as JSON has it. */
export function jsonPayload(value: unknown): object {
  return {
    metadata: { encoding: btoa("json/plain") },
    data: btoa(String.fromCodePoint(...new TextEncoder().encode(JSON.stringify(value)))),
  };
}

/** The name of an event's attributes. */
export function attributesName(type: string): string {
  return `${type.charAt(0).toLowerCase()}${type.slice(1)}EventAttributes`;
}

const FAILURES = [
  { applicationFailureInfo: { type: "CardDeclined" }, message: "card was declined" },
  { applicationFailureInfo: { type: "NotYet", category: "APPLICATION_ERROR_CATEGORY_BENIGN" } },
  { timeoutFailureInfo: { timeoutType: "TIMEOUT_TYPE_HEARTBEAT" } },
  { canceledFailureInfo: {} },
  {
    activityFailureInfo: { activityType: { name: "charge" } },
    cause: { applicationFailureInfo: { type: "Refused" } },
  },
] as const;

/** What a workflow does next, or what is done to it; `pick` chooses among what is open, names and failures. */
const action = fc.record({
  what: fc.constantFrom(
    "activity",
    "activity ends",
    "activity ends",
    "timer",
    "timer ends",
    "signal",
    "cancel request",
    "update",
    "update ends",
    "child",
    "child starts",
    "child ends",
    "nexus",
    "nexus starts",
    "nexus ends",
    "signal out",
    "signal out ends",
    "local activity",
    "patch",
    "task",
    "task",
    "failed task",
    "reset",
    "time skipped",
    "unknown",
  ),
  pick: fc.nat(30),
  /** Milliseconds since the event before it: clocks step backwards. */
  step: fc.oneof(
    { weight: 9, arbitrary: fc.integer({ min: 0, max: 60_000 }) },
    { weight: 1, arbitrary: fc.integer({ min: -4000, max: -1 }) },
  ),
});

const ENDINGS: readonly (EventType | "open")[] = [
  "WorkflowExecutionCompleted",
  "WorkflowExecutionFailed",
  "WorkflowExecutionTimedOut",
  "WorkflowExecutionCanceled",
  "WorkflowExecutionTerminated",
  "WorkflowExecutionContinuedAsNew",
  "open",
];

const STEP_NAMES = ["reserveInventory", "chargeCard", "refund", "__proto__"] as const;

/** Writes events one by one, with ids without a gap. */
class HistoryWriter {
  readonly events: TemporalEvent[] = [];
  readonly spelling: Spelling;
  readonly times: TimeForm;
  at = Date.UTC(2026, 10, 26, 20);

  constructor(spelling: Spelling, times: TimeForm) {
    this.spelling = spelling;
    this.times = times;
  }

  /** Adds an event and gives its id. */
  add(type: EventType, attributes: object, metadata?: object): number {
    const id = this.events.length + 1;
    this.events.push({
      eventId: this.#integer(id),
      eventTime: this.#time(),
      eventType: this.#type(type),
      [attributesName(type)]: attributes,
      ...(metadata !== undefined && { userMetadata: metadata }),
    });
    return id;
  }

  addUnknown(): void {
    this.events.push({
      eventId: String(this.events.length + 1),
      eventTime: this.#time(),
      eventType: "EVENT_TYPE_WORKFLOW_EXECUTION_DREAMT",
    });
  }

  #integer(id: number): unknown {
    return this.spelling === "number" ? { low: id, high: 0, unsigned: false } : String(id);
  }

  #time(): unknown {
    if (this.times === "text") return new Date(this.at).toISOString();
    if (this.times === "date") return new Date(this.at);
    const seconds = Math.floor(this.at / 1000);
    return { seconds: { low: seconds, high: 0, unsigned: false }, nanos: (this.at % 1000) * 1e6 };
  }

  #type(type: EventType): unknown {
    if (this.spelling === "number") return EVENT_TYPES[type];
    if (this.spelling === "camel") return type;
    return `EVENT_TYPE_${type.replaceAll(/(?<!^)([A-Z])/g, "_$1").toUpperCase()}`;
  }
}

/** What is open while a history is written, by the ids of the events that opened it. */
class Scene {
  readonly #open = new Map<string, number[]>();

  opens(kind: string, id: number): void {
    this.#open.set(kind, [...(this.#open.get(kind) ?? []), id]);
  }

  /** Takes one of the open ones; undefined when none is. */
  takes(kind: string, pick: number): number | undefined {
    const open = this.#open.get(kind) ?? [];
    const [taken] = open.splice(pick % Math.max(1, open.length), 1);
    return taken;
  }
}

type Action = typeof action extends fc.Arbitrary<infer Of> ? Of : never;
type Writes = (writer: HistoryWriter, scene: Scene, pick: number) => void;

const nameOf = (pick: number): string => STEP_NAMES[pick % STEP_NAMES.length] ?? "step";
const failureOf = (pick: number): object => FAILURES[pick % FAILURES.length] ?? {};

/** Something that begins with one event and is remembered by its id. */
const begins =
  (kind: string, type: EventType, attributes: (pick: number) => object): Writes =>
  (writer, scene, pick) =>
    scene.opens(kind, writer.add(type, attributes(pick)));

/** Something that ends what is open, by one of several events. */
const ends =
  (kind: string, reference: string, types: readonly EventType[], next?: string): Writes =>
  (writer, scene, pick) => {
    const id = scene.takes(kind, pick);
    if (id === undefined) return;
    const type = types[pick % types.length] ?? "WorkflowTaskScheduled";
    const failed = type.endsWith("Failed") && { failure: failureOf(pick) };
    writer.add(type, { [reference]: String(id), ...failed });
    if (next !== undefined) scene.opens(next, id);
  };

const WRITES: Readonly<Record<Action["what"], Writes>> = {
  activity: (writer, scene, pick) => {
    const activityType = { name: nameOf(pick) };
    // Ids are used again now and then: a workflow may choose them itself.
    const activityId = pick % 5 === 0 ? "again" : String(writer.events.length + 1);
    scene.opens("activity", writer.add("ActivityTaskScheduled", { activityId, activityType }));
  },
  "activity ends": (writer, scene, pick) => {
    const id = scene.takes("activity", pick);
    if (id === undefined) return;
    const scheduledEventId = String(id);
    if (pick % 4 === 3) {
      // Cancelled or timed out before a worker took it up.
      const type = pick % 8 === 3 ? "ActivityTaskCanceled" : "ActivityTaskTimedOut";
      writer.add(type, { scheduledEventId, failure: FAILURES[2] });
      return;
    }
    const attempt = (pick % 3) + 1;
    const lastFailure = attempt > 1 ? failureOf(pick) : undefined;
    writer.add("ActivityTaskStarted", { scheduledEventId, attempt, lastFailure });
    const types = ["ActivityTaskCompleted", "ActivityTaskFailed", "ActivityTaskTimedOut"] as const;
    const type = types[pick % types.length] ?? "ActivityTaskCompleted";
    writer.add(type, {
      scheduledEventId,
      ...(type !== "ActivityTaskCompleted" && { failure: failureOf(pick) }),
    });
  },
  timer: (writer, scene, pick) => {
    const timerId = String(writer.events.length + 1);
    const startToFireTimeout = pick % 2 === 0 ? `${pick}s` : { seconds: pick, nanos: 5 };
    const summary = pick % 3 === 0 ? { summary: jsonPayload("approval") } : undefined;
    const attributes = { timerId, startToFireTimeout };
    scene.opens("timer", writer.add("TimerStarted", attributes, summary));
  },
  "timer ends": ends("timer", "startedEventId", ["TimerFired", "TimerCanceled"]),
  signal: (writer) =>
    void writer.add("WorkflowExecutionSignaled", { signalName: "approve", identity: "alice" }),
  "cancel request": (writer) => void writer.add("WorkflowExecutionCancelRequested", {}),
  update: begins("update", "WorkflowExecutionUpdateAccepted", (pick) => ({
    acceptedRequest: {
      meta: { updateId: `u-${pick % 4}`, identity: "bob" },
      input: { name: "approve" },
    },
  })),
  "update ends": (writer, scene, pick) => {
    const id = scene.takes("update", pick);
    if (id === undefined) return;
    const outcome = pick % 2 === 0 ? { success: {} } : { failure: failureOf(pick) };
    writer.add("WorkflowExecutionUpdateCompleted", { acceptedEventId: String(id), outcome });
  },
  child: begins("child", "StartChildWorkflowExecutionInitiated", (pick) => ({
    workflowId: `child-${pick % 3}`,
    workflowType: { name: "shipping" },
  })),
  "child starts": (writer, scene, pick) => {
    const id = scene.takes("child", pick);
    if (id === undefined) return;
    const initiatedEventId = String(id);
    if (pick % 7 === 0) {
      writer.add("StartChildWorkflowExecutionFailed", { initiatedEventId });
      return;
    }
    const workflowExecution = { workflowId: "child", runId: `child-run-${id}` };
    writer.add("ChildWorkflowExecutionStarted", { initiatedEventId, workflowExecution });
    scene.opens("running child", id);
  },
  "child ends": ends("running child", "initiatedEventId", [
    "ChildWorkflowExecutionCompleted",
    "ChildWorkflowExecutionFailed",
    "ChildWorkflowExecutionTerminated",
  ]),
  nexus: begins("nexus", "NexusOperationScheduled", () => ({ service: "s", operation: "o" })),
  "nexus starts": ends("nexus", "scheduledEventId", ["NexusOperationStarted"], "running nexus"),
  "nexus ends": ends("running nexus", "scheduledEventId", [
    "NexusOperationCompleted",
    "NexusOperationFailed",
  ]),
  "signal out": begins("signal out", "SignalExternalWorkflowExecutionInitiated", () => ({
    signalName: "wake",
  })),
  "signal out ends": ends("signal out", "initiatedEventId", [
    "ExternalWorkflowExecutionSignaled",
    "SignalExternalWorkflowExecutionFailed",
  ]),
  "local activity": (writer, _scene, pick) => {
    const data = { seq: pick, attempt: (pick % 3) + 1, activity_id: `l-${pick % 4}` };
    writer.add("MarkerRecorded", {
      markerName: "core_local_activity",
      details: { data: { payloads: [jsonPayload({ ...data, activity_type: nameOf(pick) })] } },
      ...(pick % 2 === 0 && { failure: failureOf(pick) }),
    });
  },
  patch: (writer) => void writer.add("MarkerRecorded", { markerName: "core_patch" }),
  task: (writer) => {
    writer.add("WorkflowTaskScheduled", {});
    writer.add("WorkflowTaskStarted", {});
    writer.add("WorkflowTaskCompleted", {});
  },
  "failed task": (writer, _scene, pick) => {
    if (pick % 2 === 0) writer.add("WorkflowTaskTimedOut", {});
    else
      writer.add("WorkflowTaskFailed", { cause: "WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND" });
  },
  reset: (writer) =>
    void writer.add("WorkflowTaskFailed", { cause: "ResetWorkflow", newRunId: "run-after-reset" }),
  "time skipped": (writer) => void writer.add("WorkflowExecutionTimeSkippingTransitioned", {}),
  unknown: (writer) => writer.addUnknown(),
};

function write(
  actions: readonly Action[],
  ending: EventType | "open",
  spelling: Spelling,
  times: TimeForm,
): TemporalEvent[] {
  const writer = new HistoryWriter(spelling, times);
  const scene = new Scene();
  writer.add("WorkflowExecutionStarted", {
    workflowType: { name: "orderSaga" },
    // As in a reset run's history: the run that it was reset from.
    originalExecutionRunId: "base-run",
    firstExecutionRunId: "first-run",
    taskQueue: { name: "orders" },
  });
  for (const { what, pick, step } of actions) {
    writer.at += step;
    WRITES[what](writer, scene, pick);
  }
  if (ending !== "open") {
    writer.at += 1000;
    writer.add(ending, {
      ...(ending === "WorkflowExecutionFailed" && { failure: FAILURES[4] }),
      ...(ending === "WorkflowExecutionContinuedAsNew" && { newExecutionRunId: "next-run" }),
    });
  }
  return writer.events;
}

/**
 * Histories that a Temporal server could have written: activities with retries, time-outs and cancellations, timers,
 * signals, updates, children, Nexus operations, local activities, failed workflow tasks, every way to end or none;
 * in several spellings, with clocks that step backwards.
 */
export const temporalHistory: fc.Arbitrary<readonly TemporalEvent[]> = fc
  .tuple(
    fc.array(action, { maxLength: 60 }),
    fc.constantFrom(...ENDINGS),
    fc.constantFrom<Spelling[]>("constant", "camel", "number"),
    fc.constantFrom<TimeForm[]>("text", "object", "date"),
  )
  .map(([actions, ending, spelling, times]) => write(actions, ending, spelling, times));
