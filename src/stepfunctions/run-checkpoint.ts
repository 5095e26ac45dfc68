import type { Checkpoint } from "../core/ports.ts";
import type { ReaderState } from "./history.ts";

const DAY_MS = 86_400_000;
/** A failed execution can be redriven for 14 days after its end. */
const KEPT_CLOSED_MS = 15 * DAY_MS;
/** A Standard execution lives for a year at most. */
const KEPT_OPEN_MS = 380 * DAY_MS;
/** Starts that differ by more are two runs of one ARN: AWS lets a name be used again after 90 days. */
const SAME_START_MS = 60_000;
/** Of the reader's state: one that another version wrote is not taken up, the history is read anew. */
const STATE_VERSION = 1;

/** How far an execution is, as far as a checkpoint tells. */
export interface RunProgress {
  readonly executionArn: string;
  /** Milliseconds since the epoch; 0 while it is not known. */
  readonly started: number;
  readonly exportedThrough: number;
  readonly closed: boolean;
  /** A sweep found it: then all that started before it are known, too. */
  readonly swept: boolean;
  /** Absent before the first event. */
  readonly reader?: ReaderState;
}

/** The checkpoint, plain data that nobody else holds, of an execution at the moment `now` (milliseconds since the epoch). */
export function toCheckpoint(progress: RunProgress, now: number): Checkpoint {
  const { executionArn, started, exportedThrough, closed, swept, reader } = progress;
  return {
    runId: executionArn,
    started,
    lastEvent: reader?.lastEvent ?? 0,
    exportedThrough,
    closed,
    expires: now + (closed ? KEPT_CLOSED_MS : KEPT_OPEN_MS),
    // A copy: the reader goes on with its own, and a store may keep what it is given.
    state: structuredClone({ version: STATE_VERSION, swept, reader: reader ?? null }),
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
    swept: typeof state === "object" && state !== null && "swept" in state && state.swept === true,
    ...(reader !== undefined && reader.lastEvent === checkpoint.lastEvent && { reader }),
  };
}

function readerState(state: unknown): ReaderState | undefined {
  if (typeof state !== "object" || state === null || !("version" in state) || !("reader" in state))
    return undefined;
  if (state.version !== STATE_VERSION || typeof state.reader !== "object" || state.reader === null)
    return undefined;
  const reader = state.reader as Partial<ReaderState>;
  const whole =
    Number.isSafeInteger(reader.lastEvent) &&
    Array.isArray(reader.scopes?.frames) &&
    Array.isArray(reader.scopes.ofEvent);
  return whole ? structuredClone(reader as ReaderState) : undefined;
}

/** Whether two starts, in milliseconds since the epoch and 0 when unknown, are of one run of an ARN. */
export function isSameRun(started: number, other: number): boolean {
  return started === 0 || other === 0 || Math.abs(started - other) <= SAME_START_MS;
}
