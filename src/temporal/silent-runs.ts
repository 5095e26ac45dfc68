import type { RunOutcome } from "../core/model.ts";
import { VOCABULARY } from "../core/vocabulary.ts";
import { property } from "../host/property.ts";
import type { Metered, WorkflowMeter } from "../telemetry/meter.ts";
import type { OpenRun, OpenRuns } from "../telemetry/open-runs.ts";
import { type RegularLook, regularLook } from "./regular-look.ts";
import { type AskAboutRun, NOT_FOUND } from "./server-questions.ts";
import { integer, timestamp } from "./workflow/proto-value.ts";

/** A run that was told of so recently is not asked about, in milliseconds. */
export const SILENCE_MS: number = 5 * 60_000;
const PAUSE_MS = 60_000;
/** Calls a look, and so a minute: a worker with 10,000 parked runs asks about each once in some hours. */
export const MOST_CALLS: number = 30;

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
  describe: AskAboutRun,
  meter: Pick<WorkflowMeter, "enabled" | "record">,
): RegularLook {
  /** Lengths of histories when they were asked about last; a run that is told of anew is another object. */
  const lengths = new WeakMap<OpenRun, number>();

  /**
   * Forgets a run that another worker has gone on with: its history grew though this worker was told nothing, and no
   * workflow task is pending, as it is where tasks fail again and again. The other one shows it.
   */
  function stillOpen(run: OpenRun, answer: unknown): void {
    const length = integer(property(property(answer, "workflowExecutionInfo"), "historyLength"));
    const before = lengths.get(run);
    if (length === undefined) return;
    lengths.set(run, length);
    const grew = before !== undefined && length > before;
    if (grew && property(answer, "pendingWorkflowTask") == null && open.holds(run))
      open.forget(run.runId);
  }

  async function ask(run: OpenRun): Promise<void> {
    let answer: unknown;
    try {
      answer = await describe(run);
    } catch (error) {
      // The run is over and its history is gone.
      if (property(error, "code") === NOT_FOUND) open.forget(run.runId);
      return;
    }
    const info = property(answer, "workflowExecutionInfo");
    const status = property(info, "status");
    if (typeof status !== "number" || status === 0) return;
    if (OPEN_STATUS.has(status)) return stillOpen(run, answer);
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

  return regularLook(lookAll, PAUSE_MS);
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
