import type { RunIdentity } from "../../core/identity.ts";
import type { Step, WorkflowTrace } from "../../core/model.ts";
import { stepsOf } from "../../core/model.ts";
import type { CheckpointStore, Clock, HistorySource, TraceSink } from "../../core/ports.ts";
import type { WarningLog } from "../../core/result.ts";
import type { TraceOptions } from "../../core/trace-options.ts";
import { createHistoryReader, type HistoryReader, type ReaderState } from "../history.ts";
import type { HistoryEvent } from "../history-event.ts";
import { OutsideFailure } from "./calls.ts";
import { fromCheckpoint, isSameRun, toCheckpoint } from "./run-checkpoint.ts";
import type { Idleness } from "./schedule.ts";

/** What following an execution needs from outside. Each of the calls may reject: the next turn goes on from there. */
export interface FollowingPorts {
  readonly source: HistorySource<HistoryEvent>;
  readonly sink: TraceSink;
  readonly checkpoints: CheckpointStore;
  /** When the execution started, in milliseconds since the epoch; 0 when the API does not say. */
  readonly startOf: (executionArn: string) => Promise<number>;
  readonly traceOptions: TraceOptions;
  readonly warnings: WarningLog;
  readonly clock: Clock;
  /** Is told how many new events were read. */
  readonly onEvents: (count: number) => void;
  /** Is told of what a checkpoint holds of an execution that is taken up. */
  readonly onTakenUp?: (trace: WorkflowTrace) => void;
}

/** What a turn led to. */
export interface Turn extends Idleness {
  /** The execution is closed, and all of it is exported and checkpointed. */
  readonly closed: boolean;
}

/** One execution on its way from the history into the sink. */
export interface FollowedExecution {
  readonly executionArn: string;
  /** Says when the execution started, as a list told it: another start means that it is another run. */
  saw(started: number): void;
  /**
   * Reads what is new, hands it on, and writes the checkpoint after that: what a crash or a rejection cuts off is
   * read and given again, under the same ids.
   */
  advance(): Promise<Turn>;
  /** Whether any of its events was read, by this process or by one before it. */
  wasRead(): boolean;
  /** Writes a checkpoint that says that it is over, so that no restart takes it up. */
  abandon(): Promise<void>;
}

/** How often a history with missing events is read again before it is taken as it is. */
const PATIENCE = 3;

/** Follows one execution, from its checkpoint if it has one. */
export function followedExecution(
  identity: RunIdentity,
  ports: FollowingPorts,
  startedAt = 0,
): FollowedExecution {
  const { source, sink, checkpoints, clock } = ports;
  const executionArn = identity.runId;
  let started = startedAt;
  let reader: HistoryReader | undefined;
  let exportedThrough = 0;
  /** The checkpoint lags behind what the sink has acknowledged. */
  let unsaved = false;
  let moved = clock();
  let gaps = 0;
  let another = false;
  /** Something threw that should not: what the checkpoint holds is not believed again. */
  let distrusted = false;

  const lastEvent = (): number => reader?.state().lastEvent ?? 0;
  const newReader = (from?: ReaderState): HistoryReader =>
    createHistoryReader(identity, ports.traceOptions, ports.warnings, from);

  async function load(): Promise<HistoryReader> {
    const checkpoint = await checkpoints.get(executionArn);
    if (checkpoint === undefined) return newReader();
    if (started === 0 && checkpoint.started !== 0) started = await ports.startOf(executionArn);
    if (!isSameRun(checkpoint.started, started)) return newReader();
    const progress = fromCheckpoint(checkpoint);
    exportedThrough = progress.exportedThrough;
    started = progress.started;
    if (progress.reader === undefined || distrusted) return newReader();
    const taken = newReader(progress.reader);
    if (progress.reader.trace !== undefined) ports.onTakenUp?.(progress.reader.trace);
    return taken;
  }

  async function write(closed: boolean): Promise<void> {
    const progress = { executionArn, started, exportedThrough, closed };
    const read = reader !== undefined && { reader: reader.state() };
    await checkpoints.put(toCheckpoint({ ...progress, ...read }, clock()));
  }

  async function save(): Promise<void> {
    if (!unsaved || reader === undefined) return;
    const trace = reader.trace();
    if (started === 0) started = trace?.started ?? 0;
    await write(isClosed(trace));
    unsaved = false;
  }

  async function hand(): Promise<void> {
    const through = lastEvent();
    if (through <= exportedThrough) return;
    const trace = reader?.trace();
    if (trace !== undefined) await sink.accept(trace, exportedThrough);
    exportedThrough = through;
    unsaved = true;
    await save();
  }

  /** Events without a hole before them: a hole may be filled by the next read, and a fold cannot go back. */
  function withoutGap(events: readonly HistoryEvent[]): readonly HistoryEvent[] {
    let next = lastEvent() + 1;
    const end = events.findIndex((event) => {
      if (event.id > next) return true;
      if (event.id === next) next += 1;
      return false;
    });
    if (end < 0) {
      gaps = 0;
      return events;
    }
    gaps += 1;
    return gaps > PATIENCE ? events : events.slice(0, end);
  }

  function forget(): void {
    reader = undefined;
    exportedThrough = 0;
    unsaved = false;
  }

  async function step(): Promise<Turn> {
    reader ??= await load();
    // In this order: nothing more goes out before what went out is written down.
    await save();
    await hand();
    for await (const events of source.read(identity, lastEvent())) {
      const whole = withoutGap(events);
      const before = lastEvent();
      reader.read(whole);
      if (lastEvent() > before) moved = clock();
      ports.onEvents(lastEvent() - before);
      await hand();
      if (whole.length < events.length) break;
    }
    return turn();
  }

  return {
    executionArn,
    saw(at) {
      // A turn may be under way: the next one begins anew.
      another ||= !isSameRun(started, at);
      started = at;
    },
    async advance() {
      if (another) {
        forget();
        another = false;
      }
      try {
        return await step();
      } catch (error) {
        // Once it begins anew. What throws again then is one event, and is passed over: the reader is past it.
        if (!(error instanceof OutsideFailure) && !distrusted) {
          distrusted = true;
          forget();
        }
        throw error;
      }
    },
    wasRead: () => lastEvent() > 0,
    async abandon() {
      if ((await checkpoints.get(executionArn)) !== undefined) await write(true);
    },
  };

  function turn(): Turn {
    const trace = reader?.trace();
    const now = clock();
    const { parked, deadline } = waits(trace);
    return {
      closed: isClosed(trace),
      idle: now - moved,
      parked,
      ...(deadline !== undefined && { untilDeadline: deadline - now }),
    };
  }
}

function isClosed(trace: WorkflowTrace | undefined): boolean {
  return trace?.outcome !== undefined;
}

/** Whether all that is open waits, and until when at most. */
function waits(trace: WorkflowTrace | undefined): { parked: boolean; deadline?: number } {
  let parked = false;
  let deadline: number | undefined;
  for (const step of trace === undefined ? [] : stepsOf(trace)) {
    if (step.outcome !== undefined || step.children.some((child) => child.outcome === undefined))
      continue;
    if (!isWaiting(step)) return { parked: false };
    parked = true;
    if (step.wait?.deadline !== undefined)
      deadline = Math.min(deadline ?? Infinity, step.wait.deadline);
  }
  return { parked, ...(deadline !== undefined && { deadline }) };
}

function isWaiting(step: Step): boolean {
  if (step.wait !== undefined) return true;
  // An activity that no worker has asked for yet.
  const last = step.attempts.at(-1);
  return (
    step.kind === "activity" &&
    last !== undefined &&
    last.started === undefined &&
    last.outcome === undefined
  );
}
