import type { Engine } from "../core/model.ts";
import { parseTime } from "../core/time.ts";
import { timestamp } from "../temporal/workflow/proto-value.ts";

/** A history of either engine, recognised by its events, with what the file itself says of the run's identity. */
export interface RecordedHistory {
  readonly engine: Engine;
  readonly events: readonly unknown[];
  readonly workflowId?: string;
  readonly runId?: string;
  readonly namespace?: string;
  readonly executionArn?: string;
  /** Which of the ids above stand nowhere beside the events and were concluded from the first of them. */
  readonly concluded: readonly ("workflowId" | "runId")[];
  /** Name of the field that says that further pages follow; absent when none does. */
  readonly nextPage?: string;
}

/** A history's event whose time cannot be read. */
export interface UntimedEvent {
  readonly id: number;
  /** What stands in the time's place, as JSON; absent when nothing does. */
  readonly time?: string;
}

type Json = Readonly<Record<string, unknown>>;

/** How many events are looked at to tell the engine. */
const LOOKED_AT = 100;

/** How the engines' APIs and the AWS command line call the token of the next page. */
const PAGE_TOKENS = ["nextToken", "NextToken", "nextPageToken"] as const;

/**
 * Recognises a history in a parsed JSON document: `{ events }`, `{ history: { events } }`, the bare list, with or without
 * identities beside it. `engine` is what the caller knows; without it the first events tell.
 */
export function recogniseHistory(
  document: unknown,
  engine?: Engine,
): RecordedHistory | "no events" | "unknown engine" {
  const events = eventsOf(document);
  if (events === undefined) return "no events";
  const recognised = engine ?? engineOf(events);
  if (recognised === undefined) return "unknown engine";
  const beside = isJson(document) ? document : {};
  const nextPage = PAGE_TOKENS.find((name) => textOf(beside[name]) !== undefined);
  const history = { engine: recognised, events, ...(nextPage !== undefined && { nextPage }) };
  if (recognised === "aws_step_functions") {
    const executionArn = textOf(beside["executionArn"]);
    return { ...history, concluded: [], ...(executionArn !== undefined && { executionArn }) };
  }
  return { ...history, ...temporalIdentity(beside, events) };
}

/** The events whose times cannot be read, in the order of the file. */
export function untimedEvents({ engine, events }: RecordedHistory): readonly UntimedEvent[] {
  const [idField, timeField] =
    engine === "temporal" ? ["eventId", "eventTime"] : ["id", "timestamp"];
  const timeOf = engine === "temporal" ? timestamp : executionTime;
  return events.flatMap((event) => {
    if (!isJson(event) || !Number.isNaN(timeOf(event[timeField]))) return [];
    // Without a number it is no event at all: that is another fault.
    const id = Number(event[idField]);
    if (!Number.isSafeInteger(id)) return [];
    const time = event[timeField];
    return [{ id, ...(time !== undefined && { time: JSON.stringify(time) }) }];
  });
}

/** A time of Step Functions in milliseconds: ISO 8601 text, or seconds since the epoch; NaN when it is none. */
function executionTime(time: unknown): number {
  if (typeof time === "string") return parseTime(time);
  return typeof time === "number" ? new Date(time * 1000).getTime() : Number.NaN;
}

function eventsOf(document: unknown): readonly unknown[] | undefined {
  if (Array.isArray(document)) return document;
  if (!isJson(document)) return undefined;
  if (Array.isArray(document["events"])) return document["events"];
  const history = document["history"];
  return isJson(history) && Array.isArray(history["events"]) ? history["events"] : undefined;
}

function engineOf(events: readonly unknown[]): Engine | undefined {
  for (const event of events.slice(0, LOOKED_AT)) {
    if (!isJson(event)) continue;
    if (event["eventId"] !== undefined && event["eventType"] !== undefined) return "temporal";
    if (typeof event["id"] === "number" && typeof event["type"] === "string")
      return "aws_step_functions";
  }
  return undefined;
}

function temporalIdentity(
  beside: Json,
  events: readonly unknown[],
): Omit<RecordedHistory, "engine" | "events" | "nextPage"> {
  const concluded: ("workflowId" | "runId")[] = [];
  const execution = isJson(beside["workflowExecution"]) ? beside["workflowExecution"] : {};
  const started = startedAttributes(events);
  let workflowId = textOf(beside["workflowId"]) ?? textOf(execution["workflowId"]);
  let runId = textOf(beside["runId"]) ?? textOf(execution["runId"]);
  const namespace = textOf(beside["namespace"]);
  if (workflowId === undefined) {
    workflowId = textOf(started["workflowId"]);
    if (workflowId !== undefined) concluded.push("workflowId");
  }
  if (runId === undefined && !wasReset(events)) {
    runId = textOf(started["originalExecutionRunId"]);
    if (runId !== undefined) concluded.push("runId");
  }
  return {
    concluded,
    ...(workflowId !== undefined && { workflowId }),
    ...(runId !== undefined && { runId }),
    ...(namespace !== undefined && { namespace }),
  };
}

function startedAttributes(events: readonly unknown[]): Json {
  for (const event of events.slice(0, LOOKED_AT)) {
    const attributes = isJson(event) ? event["workflowExecutionStartedEventAttributes"] : undefined;
    if (isJson(attributes)) return attributes;
  }
  return {};
}

/** A reset leaves a failed workflow task that names the run it was reset from; event 1 then names that run. */
function wasReset(events: readonly unknown[]): boolean {
  return events.some((event) => {
    const attributes = isJson(event) ? event["workflowTaskFailedEventAttributes"] : undefined;
    return isJson(attributes) && textOf(attributes["baseRunId"]) !== undefined;
  });
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
