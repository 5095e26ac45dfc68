import type { RunOutcome } from "../core/model.ts";
import { VOCABULARY } from "../core/vocabulary.ts";
import { property } from "../correlation/property.ts";
import { within } from "../correlation/within.ts";
import type { Metered, WorkflowMeter } from "../telemetry/meter.ts";
import type { OpenRun, OpenRuns } from "../telemetry/open-runs.ts";
import { timestamp } from "./workflow/proto-value.ts";

/** Asks the server about a run; resolves with its answer to DescribeWorkflowExecution. */
export type DescribeRun = (
  run: Pick<OpenRun, "namespace" | "workflowId" | "runId">,
) => Promise<unknown>;

/** Looks after the runs that have been silent. */
export interface SilentRuns {
  /** Asks about the most silent ones, at most 30, one after the other; about none without a MeterProvider. Never rejects. */
  look(): Promise<void>;
  /** Looks again and again, once a minute. */
  start(): void;
  stop(): void;
}

/** A run that was told of so recently is not asked about, in milliseconds. */
export const SILENCE_MS: number = 5 * 60_000;
const PAUSE_MS = 60_000;
/** Calls a look, and so a minute: a worker with 10,000 parked runs asks about each once in some hours. */
export const MOST_CALLS: number = 30;
const CALL_MS = 5000;

/** gRPC's NOT_FOUND: the run is over and its history is gone. */
const NOT_FOUND = 5;
/** Temporal's WorkflowExecutionStatus of an open run: running, or paused (temporal/api/enums/v1/workflow.proto). */
const OPEN_STATUS: ReadonlySet<unknown> = new Set([1, 8]);
/** Ends that come from the server alone, so that no worker tells of them. */
const SERVERS_ENDS: ReadonlyMap<unknown, RunOutcome> = new Map([
  [5, "terminated"],
  [7, "timed_out"],
]);

/**
 * Makes what keeps the account of open runs true: a run that another worker took over, or that the server ended, would be
 * shown as open for ever. So the server is asked about runs that have been silent for five minutes, by a read that
 * changes nothing, at most {@link MOST_CALLS} times a minute, and only while there is a MeterProvider that shows the gauges.
 * Those that it ended by itself (terminated, timed out) are measured here, by every worker that still
 * held them as open, which is one but in rare cases; all others were by the worker that ended them.
 *
 * @param meter takes what is measured
 */
export function silentRuns(
  open: OpenRuns,
  describe: DescribeRun,
  meter: Pick<WorkflowMeter, "enabled" | "record">,
): SilentRuns {
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;

  async function ask(run: OpenRun): Promise<void> {
    let info: unknown;
    try {
      info = property(await within(CALL_MS, describe(run)), "workflowExecutionInfo");
    } catch (error) {
      if (property(error, "code") === NOT_FOUND) open.forget(run.runId);
      return;
    }
    const status = property(info, "status");
    if (typeof status !== "number" || status === 0 || OPEN_STATUS.has(status)) return;
    open.forget(run.runId);
    const outcome = SERVERS_ENDS.get(status);
    if (outcome === undefined) return;
    meter.record(endOf(run, outcome, timestamp(property(info, "closeTime"))));
  }

  async function lookAll(): Promise<void> {
    if (!meter.enabled()) return;
    for (const run of open.silent(SILENCE_MS, MOST_CALLS)) {
      // One after the other: this is never urgent.
      // oxlint-disable-next-line no-await-in-loop
      await ask(run);
    }
  }

  function look(): Promise<void> {
    looking ??= lookAll().finally(() => {
      looking = undefined;
    });
    return looking;
  }

  return {
    look,
    start() {
      timer ??= setInterval(() => void look(), PAUSE_MS).unref();
    },
    stop() {
      clearInterval(timer);
      timer = undefined;
    },
  };
}

function endOf(run: OpenRun, outcome: RunOutcome, closed: number): Metered[] {
  const labels = {
    [VOCABULARY.engine.key]: run.engine,
    [VOCABULARY.type.key]: run.type,
    [VOCABULARY.outcome.key]: outcome,
  };
  const end: Metered = { instrument: "closed", value: 1, labels };
  if (Number.isNaN(closed)) return [end];
  const value = Math.max(0, closed - run.started) / 1000;
  return [end, { instrument: "duration", value, labels }];
}

/** How the server of a worker is asked; undefined where the worker has no connection (replay), or does not show it. */
export function describerOf(worker: unknown): DescribeRun | undefined {
  const service = property(property(worker, "connection"), "workflowService");
  const describe = property(service, "describeWorkflowExecution");
  if (typeof describe !== "function") return undefined;
  return async ({ namespace, workflowId, runId }) => {
    const request = { namespace, execution: { workflowId, runId } };
    const answer: unknown = await Reflect.apply(describe, service, [request]);
    return answer;
  };
}
