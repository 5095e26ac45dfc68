import type { Checkpoint } from "../../core/ports.ts";
import { property } from "../../host/property.ts";
import type { ReaderState } from "../history.ts";
import type { SweptSpan } from "./discovery.ts";

const DAY_MS = 86_400_000;
/** A failed execution can be redriven for 14 days after its end. */
const KEPT_CLOSED_MS = 15 * DAY_MS;
/** A Standard execution lives for a year at most. */
const KEPT_OPEN_MS = 380 * DAY_MS;
/** Starts that differ by more are two runs of one ARN: AWS lets a name be used again after 90 days. */
const SAME_START_MS = 60_000;
/** Of the state: of one that another version wrote nothing is taken up, the history is read anew. */
const STATE_VERSION = 2;

/** How far an execution is, as far as a checkpoint tells. */
export interface RunProgress {
  readonly executionArn: string;
  /** Milliseconds since the epoch; 0 while it is not known. */
  readonly started: number;
  readonly exportedThrough: number;
  readonly closed: boolean;
  /** How often it was redriven. */
  readonly redrives: number;
  /** Absent before the first event, and once it is closed. */
  readonly reader?: ReaderState;
}

/**
 * The checkpoint, plain data that nobody else holds, of an execution at the moment `now` (milliseconds since the epoch).
 * Closed ones are kept for days and hardly ever needed, so they hold no state: one that is redriven is read anew.
 */
export function toCheckpoint(progress: Omit<RunProgress, "redrives">, now: number): Checkpoint {
  const { executionArn, started, exportedThrough, closed, reader } = progress;
  const redrives = reader?.trace?.redrive ?? 0;
  return {
    runId: executionArn,
    started,
    lastEvent: reader?.lastEvent ?? 0,
    exportedThrough,
    closed,
    expires: now + (closed ? KEPT_CLOSED_MS : KEPT_OPEN_MS),
    // A copy: the reader goes on with its own, and a store may keep what it is given.
    state: structuredClone({
      version: STATE_VERSION,
      redrives,
      reader: closed ? null : (reader ?? null),
    }),
  };
}

/**
 * What a checkpoint tells. Its state is what a store gave back, so it is looked at before it is believed: without
 * one that can be used the history is read from its beginning, and only what was not exported yet is.
 */
export function fromCheckpoint(checkpoint: Checkpoint): RunProgress {
  const { runId, started, exportedThrough, closed, state } = checkpoint;
  const reader = readerState(state);
  return {
    executionArn: runId,
    started,
    exportedThrough,
    closed,
    redrives: numberIn(state, "redrives") ?? 0,
    ...(reader !== undefined && reader.lastEvent === checkpoint.lastEvent && { reader }),
  };
}

/** What was swept of a state machine, kept like a run that is closed: nobody takes it up. */
export function sweptCheckpoint(stateMachineArn: string, span: SweptSpan, now: number): Checkpoint {
  return {
    runId: stateMachineArn,
    started: span.from,
    lastEvent: 0,
    exportedThrough: 0,
    closed: true,
    expires: now + KEPT_OPEN_MS,
    state: { version: STATE_VERSION, through: span.through },
  };
}

/** What a checkpoint of {@link sweptCheckpoint} tells; undefined when it cannot be used. */
export function sweptSpan({ started, state }: Checkpoint): SweptSpan | undefined {
  const through = numberIn(state, "through");
  return through === undefined ? undefined : { from: started, through };
}

function numberIn(state: unknown, name: string): number | undefined {
  if (property(state, "version") !== STATE_VERSION) return undefined;
  const value = property(state, name);
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

function readerState(state: unknown): ReaderState | undefined {
  const reader = property(state, "reader");
  if (property(state, "version") !== STATE_VERSION || typeof reader !== "object" || reader === null)
    return undefined;
  const { lastEvent, scopes } = reader as Partial<ReaderState>;
  const whole =
    Number.isSafeInteger(lastEvent) &&
    Array.isArray(scopes?.frames) &&
    Array.isArray(scopes.ofEvent);
  return whole ? structuredClone(reader as ReaderState) : undefined;
}

/** Whether two starts, in milliseconds since the epoch and 0 when unknown, are of one run of an ARN. */
export function isSameRun(started: number, other: number): boolean {
  return started === 0 || other === 0 || Math.abs(started - other) <= SAME_START_MS;
}
