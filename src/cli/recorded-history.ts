import type { Engine } from "../core/model.ts";

/** A history of either engine, recognised by its events, with what the file itself says of the run's identity. */
export interface RecordedHistory {
  readonly engine: Engine;
  readonly events: readonly unknown[];
  readonly workflowId?: string;
  readonly runId?: string;
  readonly namespace?: string;
  readonly executionArn?: string;
  /** What was concluded and should be said, a sentence each. */
  readonly notes: readonly string[];
}

type Json = Readonly<Record<string, unknown>>;

/** How many events are looked at to tell the engine. */
const LOOKED_AT = 100;

/**
 * Recognises a history in a parsed JSON document: `{ events }`, `{ history: { events } }`, the bare list, with or without
 * identities beside it. Undefined when it holds no list of events; `engine` is undefined when the events are of neither engine.
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
  if (recognised === "aws_step_functions") {
    const executionArn = textOf(beside["executionArn"]);
    return {
      engine: recognised,
      events,
      notes: [],
      ...(executionArn !== undefined && { executionArn }),
    };
  }
  return { engine: recognised, events, ...temporalIdentity(beside, events) };
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
): Omit<RecordedHistory, "engine" | "events"> {
  const notes: string[] = [];
  const execution = isJson(beside["workflowExecution"]) ? beside["workflowExecution"] : {};
  const started = startedAttributes(events);
  let workflowId = textOf(beside["workflowId"]) ?? textOf(execution["workflowId"]);
  let runId = textOf(beside["runId"]) ?? textOf(execution["runId"]);
  const namespace = textOf(beside["namespace"]);
  if (workflowId === undefined && started["workflowId"] !== undefined) {
    workflowId = textOf(started["workflowId"]);
    notes.push("The workflow id was taken from the first event.");
  }
  if (runId === undefined && !wasReset(events)) {
    runId = textOf(started["originalExecutionRunId"]);
    if (runId !== undefined)
      notes.push("The run id was taken from the first event, as for a run that was not reset.");
  }
  return {
    notes,
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
