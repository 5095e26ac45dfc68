/** The parts of an execution history's event that are read; the SDK's `HistoryEvent` and the API's JSON both fit. */
export interface HistoryEvent {
  readonly id: number;
  readonly previousEventId?: number | undefined;
  readonly type: string;
  /** ISO 8601, seconds since the epoch (the wire's own), or a Date (the SDK's). */
  readonly timestamp: string | number | Date;
  readonly [details: string]: unknown;
}

/** Answer of GetExecutionHistory, or several of its pages joined (https://docs.aws.amazon.com/step-functions/latest/apireference/API_GetExecutionHistory.html). */
export interface ExecutionHistory {
  readonly events?: readonly unknown[] | undefined;
}

/** Fields of an event's `...EventDetails` that are read. */
export interface EventDetails {
  readonly name?: string;
  readonly index?: number;
  readonly error?: string;
  readonly cause?: string;
  readonly state?: string;
  readonly resource?: string;
  readonly resourceType?: string;
  readonly input?: string;
  readonly output?: string;
  readonly timeoutInSeconds?: number;
}

const NO_DETAILS: EventDetails = {};
const detailNames = new Map<string, string>();

/** The details of an event: `taskScheduledEventDetails` of a `TaskScheduled`, `stateEnteredEventDetails` of a `PassStateEntered`. */
export function detailsOf(event: HistoryEvent): EventDetails {
  let name = detailNames.get(event.type);
  if (name === undefined) {
    const plain = event.type.replace(/^\w+State(Entered|Exited)$/, "State$1");
    name = `${plain.charAt(0).toLowerCase()}${plain.slice(1)}EventDetails`;
    if (detailNames.size < 200) detailNames.set(event.type, name);
  }
  const details = event[name];
  if (typeof details !== "object" || details === null) return NO_DETAILS;
  return isSound(details) ? details : soundParts(details);
}

const TYPES: ReadonlyMap<string, "string" | "number"> = new Map<
  keyof EventDetails,
  "string" | "number"
>([
  ["name", "string"],
  ["index", "number"],
  ["error", "string"],
  ["cause", "string"],
  ["state", "string"],
  ["resource", "string"],
  ["resourceType", "string"],
  ["input", "string"],
  ["output", "string"],
  ["timeoutInSeconds", "number"],
]);

function isSound(details: object): details is EventDetails {
  const fields = details as Readonly<Record<string, unknown>>;
  // By the few fields that are there: most of those that may be are not.
  for (const name in fields) {
    if (!isOf(TYPES.get(name), fields[name])) return false;
  }
  return true;
}

/** What is of its type: a file may hold anything. */
function soundParts(details: object): EventDetails {
  return Object.fromEntries(
    Object.entries(details).filter(([name, value]) => isOf(TYPES.get(name), value)),
  );
}

function isOf(type: "string" | "number" | undefined, value: unknown): boolean {
  if (type === undefined || value === undefined) return true;
  return type === "string" ? typeof value === "string" : Number.isFinite(value);
}
