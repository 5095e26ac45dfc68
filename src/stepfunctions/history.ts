import type { WorkflowEvent } from "../core/event.ts";
import { createFold } from "../core/fold.ts";
import type { RunIdentity } from "../core/identity.ts";
import type { WorkflowTrace } from "../core/model.ts";
import { failure, type Result, type WarningLog, warningLog } from "../core/result.ts";
import { parseTime } from "../core/time.ts";
import type { TraceOptions } from "../core/trace-options.ts";
import { parseExecutionArn } from "./arn.ts";
import { emptyScopes, type Scopes } from "./event-mapping/scope.ts";
import { mapEvent, mappingContext } from "./event-mapping.ts";
import type { ExecutionHistory, HistoryEvent } from "./history-event.ts";

/** Which execution a history belongs to: a history does not hold its own ARN. */
export interface ExecutionIdentity {
  readonly executionArn: string;
}

/** State of a reader of one execution's history, between two portions of it. Plain JSON data. */
export interface ReaderState {
  readonly scopes: Scopes;
  readonly trace: WorkflowTrace | undefined;
  readonly lastEvent: number;
}

/** Reads an execution's history in any number of portions. */
export interface HistoryReader {
  /** Takes further events, in the order of their ids; those that were taken before are passed over. */
  read(events: readonly unknown[]): void;
  trace(): WorkflowTrace | undefined;
  state(): ReaderState;
}

const MAX_WARNED_GAP = 25_000;
/** Latest time that a Date can hold: https://tc39.es/ecma262/#sec-time-values-and-time-range. */
const LATEST_MS = 8.64e15;

/** The identity of an execution in neutral words; undefined when the ARN is none. */
export function runIdentity(executionArn: string): RunIdentity | undefined {
  const arn = parseExecutionArn(executionArn);
  if (arn === undefined) return undefined;
  return {
    engine: "aws_step_functions",
    workflowId: arn.execution,
    runId: executionArn,
    namespace: `${arn.account}/${arn.region}`,
  };
}

/** Makes a reader, at the start of a history or at the state that an earlier reader gave (which it takes over). */
export function createHistoryReader(
  identity: RunIdentity,
  options: TraceOptions,
  warnings: WarningLog,
  from?: ReaderState,
): HistoryReader {
  const scopes = from?.scopes ?? emptyScopes();
  const context = mappingContext(identity.runId, options, warnings, scopes);
  const fold = createFold(identity, options, warnings, from?.trace);
  const emit = (event: WorkflowEvent): void => fold.apply(event);
  let lastEvent = from?.lastEvent ?? 0;
  return {
    read(events) {
      for (const event of events) {
        const at = isHistoryEvent(event) ? timeOf(event.timestamp) : Number.NaN;
        if (Number.isNaN(at) || !isHistoryEvent(event)) {
          warnings.add(
            "bad_event",
            "an entry is no history event (id, type and timestamp are needed)",
          );
          continue;
        }
        if (event.id <= lastEvent) {
          warnings.add("repeated_event", "an event id came twice");
          continue;
        }
        if (event.id !== lastEvent + 1)
          warnings.add("history_gap", "event ids are missing: the history is not whole");
        // Ids index the scopes: one far off the history's end would only waste memory.
        if (event.id > lastEvent + MAX_WARNED_GAP) continue;
        lastEvent = event.id;
        mapEvent(context, event, at, emit);
      }
    },
    trace: () => fold.trace(),
    state: () => ({ scopes, trace: fold.trace(), lastEvent }),
  };
}

/**
 * The trace of an execution, from its history as GetExecutionHistory gives it.
 *
 * Never throws: a history that cannot be read gives an error, what is odd in one that can gives counted warnings.
 */
export function traceFromHistory(
  history: ExecutionHistory | readonly unknown[],
  identity: ExecutionIdentity,
  options: TraceOptions = {},
): Result<WorkflowTrace> {
  const run = runIdentity(identity?.executionArn ?? "");
  if (run === undefined)
    return failure(
      "bad_identity",
      "executionArn is no execution ARN: give the ARN of the execution that the history belongs to",
    );
  const events: unknown = Array.isArray(history)
    ? history
    : (history as ExecutionHistory | undefined)?.events;
  if (!Array.isArray(events))
    return failure(
      "no_events",
      "the history has no `events` array: is it the answer of GetExecutionHistory?",
    );
  if (events.length === 0) return failure("empty_history", "the history has no events");
  const warnings = warningLog();
  const reader = createHistoryReader(run, options, warnings);
  reader.read(inOrder(events));
  const trace = reader.trace();
  if (trace === undefined)
    return failure(
      "history_without_start",
      "the history has no ExecutionStarted event: its beginning is missing, or it is of another engine",
    );
  return { ok: true, value: trace, warnings: warnings.list() };
}

/** Events by their ids, as GetExecutionHistory may give them newest first. */
function inOrder(events: readonly unknown[]): readonly unknown[] {
  let before = 0;
  for (const event of events) {
    const id = idOf(event);
    if (id < before) return events.toSorted((a, b) => idOf(a) - idOf(b));
    before = id;
  }
  return events;
}

function idOf(event: unknown): number {
  return isHistoryEvent(event) ? event.id : 0;
}

function isHistoryEvent(value: unknown): value is HistoryEvent {
  if (typeof value !== "object" || value === null) return false;
  const event = value as Partial<HistoryEvent>;
  return (
    Number.isSafeInteger(event.id) &&
    Number(event.id) > 0 &&
    typeof event.type === "string" &&
    isTimestamp(event.timestamp)
  );
}

function isTimestamp(value: unknown): value is HistoryEvent["timestamp"] {
  return typeof value === "string" || typeof value === "number" || value instanceof Date;
}

/** Milliseconds since the epoch; NaN when it is no time that a Date can hold. */
function timeOf(timestamp: HistoryEvent["timestamp"]): number {
  const ms =
    typeof timestamp === "string"
      ? parseTime(timestamp)
      : typeof timestamp === "number"
        ? Math.round(timestamp * 1e6) / 1e3
        : timestamp.getTime();
  return Math.abs(ms) <= LATEST_MS ? ms : Number.NaN;
}
