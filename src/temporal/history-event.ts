/** An event history as the API, the SDK (`fetchHistory`) or `temporal workflow show --output json` gives it. */
export interface EventHistory {
  readonly events?: readonly unknown[] | null;
}

/** Event types by their number in `temporal.api.enums.v1.EventType` (https://github.com/temporalio/api). */
const TYPES: Readonly<Record<number, string>> = {
  1: "WorkflowExecutionStarted",
  2: "WorkflowExecutionCompleted",
  3: "WorkflowExecutionFailed",
  4: "WorkflowExecutionTimedOut",
  5: "WorkflowTaskScheduled",
  6: "WorkflowTaskStarted",
  7: "WorkflowTaskCompleted",
  8: "WorkflowTaskTimedOut",
  9: "WorkflowTaskFailed",
  10: "ActivityTaskScheduled",
  11: "ActivityTaskStarted",
  12: "ActivityTaskCompleted",
  13: "ActivityTaskFailed",
  14: "ActivityTaskTimedOut",
  15: "ActivityTaskCancelRequested",
  16: "ActivityTaskCanceled",
  17: "TimerStarted",
  18: "TimerFired",
  19: "TimerCanceled",
  20: "WorkflowExecutionCancelRequested",
  21: "WorkflowExecutionCanceled",
  22: "RequestCancelExternalWorkflowExecutionInitiated",
  23: "RequestCancelExternalWorkflowExecutionFailed",
  24: "ExternalWorkflowExecutionCancelRequested",
  25: "MarkerRecorded",
  26: "WorkflowExecutionSignaled",
  27: "WorkflowExecutionTerminated",
  28: "WorkflowExecutionContinuedAsNew",
  29: "StartChildWorkflowExecutionInitiated",
  30: "StartChildWorkflowExecutionFailed",
  31: "ChildWorkflowExecutionStarted",
  32: "ChildWorkflowExecutionCompleted",
  33: "ChildWorkflowExecutionFailed",
  34: "ChildWorkflowExecutionCanceled",
  35: "ChildWorkflowExecutionTimedOut",
  36: "ChildWorkflowExecutionTerminated",
  37: "SignalExternalWorkflowExecutionInitiated",
  38: "SignalExternalWorkflowExecutionFailed",
  39: "ExternalWorkflowExecutionSignaled",
  40: "UpsertWorkflowSearchAttributes",
  41: "WorkflowExecutionUpdateAccepted",
  42: "WorkflowExecutionUpdateRejected",
  43: "WorkflowExecutionUpdateCompleted",
  44: "WorkflowPropertiesModifiedExternally",
  45: "ActivityPropertiesModifiedExternally",
  46: "WorkflowPropertiesModified",
  47: "WorkflowExecutionUpdateAdmitted",
  48: "NexusOperationScheduled",
  49: "NexusOperationStarted",
  50: "NexusOperationCompleted",
  51: "NexusOperationFailed",
  52: "NexusOperationCanceled",
  53: "NexusOperationTimedOut",
  54: "NexusOperationCancelRequested",
  55: "WorkflowExecutionOptionsUpdated",
  56: "NexusOperationCancelRequestCompleted",
  57: "NexusOperationCancelRequestFailed",
  58: "WorkflowExecutionPaused",
  59: "WorkflowExecutionUnpaused",
  60: "WorkflowExecutionTimeSkippingTransitioned",
};

/** The types that the API had when this was written, in the spelling of {@link eventType}. */
export const EVENT_TYPES: readonly string[] = Object.values(TYPES);

const KNOWN: ReadonlySet<string> = new Set(EVENT_TYPES);

/** Spellings met so far: a handful of short texts, looked up a million times. */
const spellings = new Map<string, string>();

const MOST_SPELLINGS = 500;
const LONGEST_SPELLING = 100;

/**
 * The type of an event in one spelling (`ActivityTaskScheduled`), whichever it came in: `EVENT_TYPE_ACTIVITY_TASK_SCHEDULED`,
 * `ActivityTaskScheduled`, or a number. Unknown ones come back as text, cut to 100 characters.
 */
export function eventType(type: unknown): string {
  if (typeof type === "number") return TYPES[type] ?? String(type);
  if (typeof type !== "string") return "of no type";
  const known = spellings.get(type);
  if (known !== undefined) return known;
  const found = fromName(type.slice(0, LONGEST_SPELLING));
  if (spellings.size < MOST_SPELLINGS && type.length <= LONGEST_SPELLING)
    spellings.set(type, found);
  return found;
}

function fromName(name: string): string {
  if (KNOWN.has(name)) return name;
  const words = name
    .replace(/^EVENT_TYPE_/, "")
    .toLowerCase()
    .split("_");
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
}

/** Name of the field that holds the attributes of an event of a known type: `activityTaskScheduledEventAttributes`. */
export function attributesField(type: string): string {
  return `${type.charAt(0).toLowerCase()}${type.slice(1)}EventAttributes`;
}
