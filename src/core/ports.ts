import type { RunIdentity } from "./identity.ts";
import type { WorkflowTrace } from "./model.ts";

/** The current time in milliseconds since the epoch. */
export type Clock = () => number;

/** Where traces go as they grow. */
export interface TraceSink {
  /**
   * Takes what is new in a trace: everything that was closed by an event after `after` (0 for all).
   * Resolves when it is taken for good; a rejection means that it must be given again.
   */
  accept(trace: WorkflowTrace, after: number): Promise<void>;
}

/** Reads the history of a run, page by page. */
export interface HistorySource<Event> {
  /** Events after the event with the id `after` (0 for all), in the order of their ids. */
  read(run: RunIdentity, after: number): AsyncIterable<readonly Event[]>;
}

/** How far a run has been read and exported. Plain JSON data. */
export interface Checkpoint {
  /** Run id or execution ARN; of what was swept of a state machine, that one's ARN. */
  readonly runId: string;
  /** When the run started, in milliseconds since the epoch: an execution's name, and so its ARN, may be used again. */
  readonly started: number;
  /** Last event that was read. */
  readonly lastEvent: number;
  /** Last event whose spans were acknowledged by the sink. */
  readonly exportedThrough: number;
  readonly closed: boolean;
  /** When the store may forget it, in milliseconds since the epoch. */
  readonly expires: number;
  /** State of the reader: opaque to stores. */
  readonly state: unknown;
}

/** Keeps checkpoints. The poller asks nothing else of it, so a file, a table or a map serve. */
export interface CheckpointStore {
  get(runId: string): Promise<Checkpoint | undefined>;
  put(checkpoint: Checkpoint): Promise<void>;
  /** All checkpoints of runs that are not closed. */
  open(): AsyncIterable<Checkpoint>;
}
