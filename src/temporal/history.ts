import type { WorkflowEvent } from "../core/event.ts";
import { createFold } from "../core/fold.ts";
import type { RunIdentity } from "../core/identity.ts";
import type { WorkflowTrace } from "../core/model.ts";
import { failure, type Result, type WarningLog, warningLog } from "../core/result.ts";
import type { TraceOptions } from "../core/trace-options.ts";
import { emptyMapping, type MappingContext, type MappingState } from "./event-mapping/context.ts";
import { mapEvent } from "./event-mapping.ts";
import type { EventHistory } from "./history-event.ts";
import { integer, type Message, message, text, timestamp } from "./workflow/proto-value.ts";
import { stepKeys } from "./workflow/step-keys.ts";

/**
 * Which run a history belongs to. It is asked for, since a history need not know: the first event of a reset run
 * names the run that it was reset from.
 */
export interface WorkflowIdentity {
  readonly workflowId: string;
  readonly runId: string;
  /** @default "default" */
  readonly namespace?: string;
}

/** State of a reader of one run's history, between two portions of it. Plain JSON data. */
export interface ReaderState {
  readonly mapping: MappingState;
  readonly trace: WorkflowTrace | undefined;
  readonly lastEvent: number;
}

/** Reads a run's history in any number of portions. */
export interface HistoryReader {
  /** Takes further events, in the order of their ids; those that were taken before are passed over. */
  read(events: readonly unknown[]): void;
  trace(): WorkflowTrace | undefined;
  state(): ReaderState;
}

/** Makes a reader, at the start of a history or at the state that an earlier reader gave (which it takes over). */
export function createHistoryReader(
  identity: RunIdentity,
  options: TraceOptions,
  warnings: WarningLog,
  from?: ReaderState,
): HistoryReader {
  const state = from?.mapping ?? emptyMapping();
  const context: MappingContext = {
    identity,
    options,
    warnings,
    state,
    keys: stepKeys(state.counts),
  };
  const fold = createFold(identity, options, warnings, from?.trace);
  const emit = (event: WorkflowEvent): void => fold.apply(event);
  let lastEvent = from?.lastEvent ?? 0;
  return {
    read(events) {
      for (const entry of events) {
        const event = message(entry);
        const id = eventId(event);
        const at = timestamp(event["eventTime"]);
        if (id <= 0 || Number.isNaN(at)) {
          warnings.add(
            "bad_event",
            "an entry is no history event (eventId and eventTime are needed)",
          );
        } else if (id <= lastEvent) {
          warnings.add("repeated_event", "an event id came twice");
        } else {
          if (id !== lastEvent + 1)
            warnings.add("history_gap", "event ids are missing: the history is not whole");
          lastEvent = id;
          mapEvent(event, id, at, context, emit);
        }
      }
    },
    trace: () => fold.trace(),
    state: () => ({ mapping: state, trace: fold.trace(), lastEvent }),
  };
}

/**
 * The trace of a run, from its history as the API, the SDK or `temporal workflow show --output json` gives it.
 *
 * Never throws: a history that cannot be read gives an error, what is odd in one that can gives counted warnings.
 */
export function traceFromHistory(
  history: EventHistory | readonly unknown[],
  identity: WorkflowIdentity,
  options: TraceOptions = {},
): Result<WorkflowTrace> {
  const run = runIdentity(identity);
  if (run === undefined) {
    return failure(
      "bad_identity",
      "workflowId and runId are needed: give those of the run that the history belongs to",
    );
  }
  const events = Array.isArray(history) ? history : message(history)["events"];
  if (!Array.isArray(events))
    return failure(
      "no_events",
      "the history has no `events` array: is it an event history of Temporal?",
    );
  if (events.length === 0) return failure("empty_history", "the history has no events");
  const warnings = warningLog();
  const reader = createHistoryReader(run, options, warnings);
  reader.read(inOrder(events));
  const trace = reader.trace();
  if (trace === undefined) {
    return failure(
      "history_without_start",
      "the history has no WorkflowExecutionStarted event: its beginning is missing, or it is of another engine",
    );
  }
  return { ok: true, value: trace, warnings: warnings.list() };
}

/** The identity of a run in neutral words; undefined when an id is missing. */
function runIdentity(identity: unknown): RunIdentity | undefined {
  const given = message(identity);
  const workflowId = text(given["workflowId"]);
  const runId = text(given["runId"]);
  if (workflowId === undefined || runId === undefined) return undefined;
  return {
    engine: "temporal",
    workflowId,
    runId,
    namespace: text(given["namespace"]) ?? "default",
  };
}

/** Events by their ids: the UI exports some newest first. */
function inOrder(events: readonly unknown[]): readonly unknown[] {
  let before = 0;
  for (const event of events) {
    const id = eventId(message(event));
    if (id < before) return events.toSorted((a, b) => eventId(message(a)) - eventId(message(b)));
    before = id;
  }
  return events;
}

/** An event's id; 0 when the entry is no history event. */
function eventId(event: Message): number {
  return integer(event["eventId"]) ?? 0;
}
