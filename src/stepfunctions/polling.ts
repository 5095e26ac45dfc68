import type { CheckpointStore, TraceSink } from "../core/ports.ts";
import type { WarningLog } from "../core/result.ts";
import { type FoundExecution, machineSweep, type Sweep } from "./discovery.ts";
import { executionSource } from "./execution-source.ts";
import {
  type FollowedExecution,
  type FollowingPorts,
  followedExecution,
} from "./followed-execution.ts";
import { runIdentity } from "./history.ts";
import { overdue } from "./overdue.ts";
import { pollSchedule, untilNextRead } from "./poll-schedule.ts";
import { isExpress, isGone } from "./poller-calls.ts";
import type { PollerMetrics } from "./poller-metrics.ts";
import type { PollerSettings } from "./poller-options.ts";
import type { MutableStats } from "./poller-stats.ts";
import { fromCheckpoint, isSameRun, toCheckpoint } from "./run-checkpoint.ts";
import { setbacks } from "./setbacks.ts";
import type { StepFunctionsApi } from "./step-functions-api.ts";

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
/** What runs is listed once in so many sweeps: to notice ends and redrives, not to find what is new. */
const RECONCILE_EVERY = 5;

/** Makes the sweeps and turns; nothing runs before `start` or `pass`. */
export function startPolling(ports: PollingPorts): Polling {
  const { settings, api, checkpoints, stats, warn, stopping, metrics } = ports;
  const { clock } = settings;
  const schedule = pollSchedule({ clock, concurrency: CONCURRENCY });
  const failed = setbacks(settings, stats, warn);
  const followed = new Map<string, FollowedExecution>();
  const due = overdue(clock);
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
      schedule.add("put off", takeUpPutOff);
      return;
    }
    const execution = followedExecution(identity, following, started);
    followed.set(executionArn, execution);
    due.within(executionArn, 0);
    schedule.add(executionArn, () => turn(execution));
  }

  /** Follows what the store says is open, as far as there is room. */
  async function takeUp(): Promise<void> {
    for await (const { runId } of checkpoints.open()) {
      if (followed.size >= settings.maxExecutions) return;
      hold(runId, 0);
    }
  }

  async function takeUpPutOff(): Promise<number | undefined> {
    try {
      if (followed.size < settings.maxExecutions) await takeUp();
      return followed.size < settings.maxExecutions ? undefined : settings.minInterval;
    } catch (error) {
      return stopping.aborted ? undefined : failed.met("put off", "the poller", error);
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
      if (isGone(error)) return drop(execution);
      return failed.met(executionArn, `execution ${executionArn}`, error);
    }
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
    due.over(execution.executionArn);
    metrics.forget(execution.executionArn);
    return undefined;
  }

  async function isTaken(execution: FoundExecution): Promise<boolean> {
    const { executionArn, started } = execution;
    const checkpoint = await checkpoints.get(executionArn);
    return (
      checkpoint !== undefined &&
      isSameRun(checkpoint.started, started) &&
      fromCheckpoint(checkpoint).swept
    );
  }

  async function take({ executionArn, started, running, redrives }: FoundExecution): Promise<void> {
    if (followed.has(executionArn)) return hold(executionArn, started);
    const checkpoint = await checkpoints.get(executionArn);
    if (checkpoint === undefined || !isSameRun(checkpoint.started, started)) {
      return note(executionArn, started, true);
    }
    const { closed, reader } = fromCheckpoint(checkpoint);
    const redriven = running || redrives > (reader?.trace?.redrive ?? 0);
    if (!closed || redriven) hold(executionArn, started);
  }

  /** Writes down that an execution was found before it is read: a restart then need not find it again. */
  async function note(executionArn: string, started: number, swept: boolean): Promise<void> {
    const nothing = { executionArn, started, swept, exportedThrough: 0, closed: false };
    await checkpoints.put(toCheckpoint(nothing, clock()));
    hold(executionArn, started);
  }

  async function sweepOnce(
    stateMachineArn: string,
    sweep: Sweep,
    reconcile: boolean,
  ): Promise<void> {
    await sweep.recent();
    if (!reconcile) return;
    const before = [...followed.keys()].filter((arn) => isOf(stateMachineArn, arn));
    const running = await sweep.running();
    // What is followed and does not run any more has ended while it was left alone.
    for (const arn of before) if (!running.has(arn)) schedule.hasten(arn);
  }

  function sweepJob(stateMachineArn: string): () => Promise<number | undefined> {
    const sweep = machineSweep({
      stateMachineArn,
      since: settings.since,
      list: (request) => api.listExecutions(request),
      isKnown: isTaken,
      take,
    });
    let sweeps = 0;
    due.within(stateMachineArn, settings.sweepInterval);
    return async () => {
      try {
        await sweepOnce(stateMachineArn, sweep, sweeps % RECONCILE_EVERY === 0);
        sweeps += 1;
        failed.over(stateMachineArn);
        return due.within(stateMachineArn, settings.sweepInterval);
      } catch (error) {
        if (stopping.aborted) return undefined;
        if (isExpress(error)) {
          due.over(stateMachineArn);
          warn(
            "express",
            `state machine ${stateMachineArn} is an Express one, whose executions cannot be listed: it is left out`,
          );
          return undefined;
        }
        return Math.max(
          settings.sweepInterval,
          failed.met(stateMachineArn, `state machine ${stateMachineArn}`, error),
        );
      }
    };
  }

  /** The first sweep comes before the first turn: its lists say when executions started, which spares calls. */
  async function begin(): Promise<void> {
    for (const arn of settings.stateMachineArns) schedule.add(arn, sweepJob(arn));
    await schedule.runAll(settings.stateMachineArns);
    try {
      await takeUp();
    } catch (error) {
      failed.met("checkpoints", "the poller", error);
    }
    for (const arn of settings.executionArns) hold(arn, 0);
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
      await schedule.runAll([...followed.keys()]);
    },
    async follow(executionArn) {
      await begun;
      try {
        if ((await checkpoints.get(executionArn)) === undefined) await note(executionArn, 0, false);
      } catch (error) {
        failed.met(executionArn, `execution ${executionArn}`, error);
      }
      hold(executionArn, 0);
    },
    async stop() {
      await begun;
      await schedule.stop();
    },
    following: () => followed.size,
    lag: () => due.lag(),
  };
}

function isOf(stateMachineArn: string, executionArn: string): boolean {
  return executionArn.startsWith(`${stateMachineArn.replace(":stateMachine:", ":execution:")}:`);
}
