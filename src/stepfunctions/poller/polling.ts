import type { CheckpointStore, TraceSink } from "../../core/ports.ts";
import type { WarningLog } from "../../core/result.ts";
import { executionSource } from "../execution-source.ts";
import { runIdentity } from "../history.ts";
import type { StepFunctionsApi } from "../step-functions-api.ts";
import { isGone } from "./calls.ts";
import type { FoundExecution } from "./discovery.ts";
import {
  type FollowedExecution,
  type FollowingPorts,
  followedExecution,
} from "./followed-execution.ts";
import type { PollerMetrics } from "./metrics.ts";
import type { PollerSettings } from "./options.ts";
import { overdue } from "./overdue.ts";
import { fromCheckpoint, isSameRun, toCheckpoint } from "./run-checkpoint.ts";
import { pollSchedule, untilNextRead } from "./schedule.ts";
import { setbacks } from "./setbacks.ts";
import type { MutableStats } from "./stats.ts";
import { type SweepingPorts, sweepJob } from "./sweep-job.ts";

/** What polling is made of. */
export interface PollingPorts {
  readonly settings: PollerSettings;
  readonly api: StepFunctionsApi;
  readonly sink: TraceSink;
  readonly checkpoints: CheckpointStore;
  readonly stats: MutableStats;
  readonly warnings: WarningLog;
  /** Says a kind of thing, at most once a minute. */
  readonly warn: (kind: string, message: string) => void;
  readonly stopping: AbortSignal;
  readonly metrics: Pick<PollerMetrics, "events" | "takenUp" | "forget">;
}

/** Sweeps and turns of one poller. None of its methods rejects. */
export interface Polling {
  start(): void;
  pass(): Promise<void>;
  follow(executionArn: string): Promise<void>;
  stop(): Promise<void>;
  following(): number;
  /** Milliseconds by which the most overdue read is late. */
  lag(): number;
}

/** Turns that run at the same time: enough to use the budget at usual latencies. */
const CONCURRENCY = 8;
/** How often one that was never read is looked for again when AWS does not know it. */
const PATIENCE = 3;
/** Key of the job that takes up what found no room. */
const PUT_OFF = "put off";

/** Makes the sweeps and turns; nothing runs before `start` or `pass`. */
export function startPolling(ports: PollingPorts): Polling {
  const { settings, api, checkpoints, stats, warn, stopping, metrics } = ports;
  const { clock, pace } = settings;
  const schedule = pollSchedule({ clock: pace, concurrency: CONCURRENCY });
  const failed = setbacks(settings, stats, warn);
  const followed = new Map<string, FollowedExecution>();
  /** What is in the store and open, and has found no room yet. */
  const waiting = new Set<string>();
  const due = overdue(pace);
  const following: FollowingPorts = {
    source: executionSource((request) => api.getExecutionHistory(request), settings),
    sink: ports.sink,
    checkpoints,
    startOf: async (executionArn) => {
      const request = { executionArn, includedData: "METADATA_ONLY" } as const;
      const { startDate } = await api.describeExecution(request);
      return startDate instanceof Date ? startDate.getTime() : 0;
    },
    traceOptions: traceOptions(),
    warnings: ports.warnings,
    clock,
    onEvents: (count) => {
      stats.events += count;
      metrics.events(count);
    },
    onTakenUp: (trace) => metrics.takenUp(trace),
  };
  const sweeping: SweepingPorts = {
    settings,
    api,
    checkpoints,
    due,
    failed,
    warn,
    stopping,
    take,
    isFollowed: (arn) => followed.has(arn),
    hasten: (arn) => schedule.hasten(arn),
  };
  let begun: Promise<void> | undefined;

  function traceOptions(): PollerSettings["traceOptions"] {
    const { businessKeys, ...rest } = settings.traceOptions;
    if (businessKeys === undefined || settings.includeExecutionData) return settings.traceOptions;
    warn(
      "business_keys",
      "businessKeys needs the executions' inputs: set includeExecutionData: true, or runs have no business keys",
    );
    return rest;
  }

  /**
   * Follows an execution from now on. Where no more may be followed, it is taken up from its checkpoint when there is
   * room again.
   */
  function hold(executionArn: string, started: number): void {
    const known = followed.get(executionArn);
    if (known !== undefined) {
      if (started !== 0) known.saw(started);
      return;
    }
    const identity = runIdentity(executionArn);
    if (identity === undefined) return;
    if (followed.size >= settings.maxExecutions) {
      stats.putOff += 1;
      warn(
        "put_off",
        `${followed.size} open executions are followed, which is maxExecutions: others are put off`,
      );
      schedule.add(PUT_OFF, takeUpPutOff);
      return;
    }
    const execution = followedExecution(identity, following, started);
    followed.set(executionArn, execution);
    waiting.delete(executionArn);
    due.within(executionArn, 0);
    schedule.add(executionArn, () => turn(execution));
  }

  /** Follows one that the store holds as open, now or when there is room. */
  function holdOrWait(executionArn: string, started: number): void {
    hold(executionArn, started);
    if (!followed.has(executionArn)) waiting.add(executionArn);
  }

  /** Follows what the store says is open, as far as there is room. */
  async function takeUp(): Promise<void> {
    for await (const { runId } of checkpoints.open()) {
      if (stopping.aborted || followed.size >= settings.maxExecutions) return;
      hold(runId, 0);
    }
  }

  async function takeUpPutOff(): Promise<number | undefined> {
    try {
      const began = pace();
      if (followed.size < settings.maxExecutions) await takeUp();
      if (followed.size < settings.maxExecutions) return undefined;
      // A store may take long to read through.
      return Math.max(settings.minInterval, 10 * (pace() - began));
    } catch (error) {
      return stopping.aborted ? undefined : failed.met(PUT_OFF, "the poller", error);
    }
  }

  async function turn(execution: FollowedExecution): Promise<number | undefined> {
    const { executionArn } = execution;
    try {
      const result = await execution.advance();
      failed.over(executionArn);
      if (!result.closed) return due.within(executionArn, untilNextRead(result, settings));
      followed.delete(executionArn);
      due.over(executionArn);
      stats.closed += 1;
      return undefined;
    } catch (error) {
      if (stopping.aborted) return undefined;
      if (isGone(error) && isPatienceOver(execution)) return drop(execution);
      return failed.met(executionArn, `execution ${executionArn}`, error);
    }
  }

  /** AWS may not know yet of one that was started a moment ago. */
  function isPatienceOver(execution: FollowedExecution): boolean {
    return execution.wasRead() || failed.times(execution.executionArn) >= PATIENCE;
  }

  async function drop(execution: FollowedExecution): Promise<number | undefined> {
    stats.gone += 1;
    warn(
      "gone",
      `execution ${execution.executionArn} does not exist (any more): it is not followed further`,
    );
    try {
      await execution.abandon();
    } catch (error) {
      return failed.met(execution.executionArn, `execution ${execution.executionArn}`, error);
    }
    followed.delete(execution.executionArn);
    failed.over(execution.executionArn);
    due.over(execution.executionArn);
    metrics.forget(execution.executionArn);
    return undefined;
  }

  async function take({ executionArn, started, running, redrives }: FoundExecution): Promise<void> {
    stopping.throwIfAborted();
    if (followed.has(executionArn)) return hold(executionArn, started);
    // Lists give it again and again: the store need not be asked each time.
    if (waiting.has(executionArn)) return;
    const checkpoint = await checkpoints.get(executionArn);
    if (checkpoint === undefined || !isSameRun(checkpoint.started, started)) {
      return note(executionArn, started);
    }
    if (!checkpoint.closed) return holdOrWait(executionArn, started);
    // One that runs though it is closed may be in the list from before its end.
    const redriven =
      redrives === undefined ? running : redrives > fromCheckpoint(checkpoint).redrives;
    if (redriven) hold(executionArn, started);
  }

  /** Writes down that an execution was found before it is read: a restart then need not find it again. */
  async function note(executionArn: string, started: number): Promise<void> {
    const nothing = { executionArn, started, exportedThrough: 0, closed: false };
    await checkpoints.put(toCheckpoint(nothing, clock()));
    holdOrWait(executionArn, started);
  }

  async function noteGiven(executionArn: string): Promise<void> {
    try {
      if ((await checkpoints.get(executionArn)) === undefined) return await note(executionArn, 0);
    } catch (error) {
      failed.met(executionArn, `execution ${executionArn}`, error);
    }
    hold(executionArn, 0);
  }

  /** The first sweep comes before the first turn: its lists say when executions started, which spares calls. */
  async function begin(): Promise<void> {
    for (const arn of settings.stateMachineArns) schedule.add(arn, sweepJob(arn, sweeping));
    await schedule.runAll(settings.stateMachineArns);
    try {
      await takeUp();
    } catch (error) {
      failed.met("checkpoints", "the poller", error);
    }
    for (const arn of settings.executionArns) {
      if (followed.size < settings.maxExecutions) hold(arn, 0);
      // Written down, so that it is taken up when there is room.
      // oxlint-disable-next-line no-await-in-loop
      else await noteGiven(arn);
    }
  }

  async function startAfter(beginning: Promise<void>): Promise<void> {
    await beginning;
    if (!stopping.aborted) schedule.start();
  }

  return {
    start() {
      begun ??= begin();
      void startAfter(begun);
    },
    async pass() {
      if (begun === undefined) {
        begun = begin();
        await begun;
      } else {
        await begun;
        await schedule.runAll(settings.stateMachineArns);
      }
      await schedule.runAll([PUT_OFF]);
      await schedule.runAll([...followed.keys()]);
    },
    async follow(executionArn) {
      await begun;
      await noteGiven(executionArn);
    },
    async stop() {
      await begun;
      await schedule.stop();
    },
    following: () => followed.size,
    lag: () => due.lag(),
  };
}
