import type { CheckpointStore } from "../../core/ports.ts";
import type { StepFunctionsApi } from "../step-functions-api.ts";
import { isExpress } from "./calls.ts";
import { type FoundExecution, machineSweep, type Sweep, type SweptSpanStore } from "./discovery.ts";
import type { PollerSettings } from "./options.ts";
import type { Overdue } from "./overdue.ts";
import { sweptCheckpoint, sweptSpan } from "./run-checkpoint.ts";
import type { Job } from "./schedule.ts";
import type { Setbacks } from "./setbacks.ts";

/** What the sweeps of a poller share. */
export interface SweepingPorts {
  readonly settings: PollerSettings;
  readonly api: StepFunctionsApi;
  readonly checkpoints: CheckpointStore;
  readonly due: Overdue;
  readonly failed: Setbacks;
  readonly warn: (kind: string, message: string) => void;
  readonly stopping: AbortSignal;
  /** Takes an execution that was found. */
  readonly take: (execution: FoundExecution) => Promise<void>;
  readonly isFollowed: (executionArn: string) => boolean;
  /** Has an execution read at once. */
  readonly hasten: (executionArn: string) => void;
}

/** What runs is listed once in so many sweeps: to notice ends and redrives, not to find what is new. */
const RECONCILE_EVERY = 5;

/** The job that finds executions of one state machine, again and again; over when it is an Express one. */
export function sweepJob(stateMachineArn: string, ports: SweepingPorts): Job {
  const { settings, api, due, failed, warn, stopping, take } = ports;
  const sweep = machineSweep({
    stateMachineArn,
    since: settings.since,
    list: (request) => api.listExecutions(request),
    take,
    swept: sweptSpans(stateMachineArn, ports),
  });
  const ran = new Set<string>();
  let sweeps = 0;
  due.within(stateMachineArn, settings.sweepInterval);
  return async () => {
    try {
      await sweep.recent();
      if (sweeps % RECONCILE_EVERY === 0) await reconcile(sweep, ran, ports);
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

/** Looks again at what ran and does not run any more: it has ended while it was left alone. */
async function reconcile(sweep: Sweep, ran: Set<string>, ports: SweepingPorts): Promise<void> {
  const running = await sweep.running();
  for (const arn of ran) {
    if (running.has(arn)) continue;
    if (!ports.isFollowed(arn)) ran.delete(arn);
    // What fails has a pause of its own.
    else if (ports.failed.times(arn) === 0) ports.hasten(arn);
  }
  for (const arn of running) ran.add(arn);
}

function sweptSpans(
  stateMachineArn: string,
  { checkpoints, settings }: SweepingPorts,
): SweptSpanStore {
  return {
    async get() {
      const checkpoint = await checkpoints.get(stateMachineArn);
      return checkpoint === undefined ? undefined : sweptSpan(checkpoint);
    },
    put: (span) => checkpoints.put(sweptCheckpoint(stateMachineArn, span, settings.clock())),
  };
}
