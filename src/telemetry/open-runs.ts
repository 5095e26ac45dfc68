import type { WaitKind, WorkflowTrace } from "../core/model.ts";
import { stepsOf } from "../core/model.ts";
import type { Clock } from "../core/ports.ts";
import { VOCABULARY } from "../core/vocabulary.ts";
import type { MetricLabels } from "./application-providers.ts";
import type { Metered } from "./meter.ts";

/** Most runs that the gauges follow; about 200 bytes each. */
const MOST_OPEN_RUNS = 10_000;

/** Most waits that the gauges follow of one run. */
const MOST_WAITS = 1000;

/** What is open now, as far as one worker or poller was told. */
export interface OpenRuns {
  /**
   * Takes the state of a run: the whole of it, or what changed. Gives 1 when it is a new one that finds no room, to be
   * counted, else 0.
   *
   * @param after event up to which the run was told of before
   */
  told(trace: WorkflowTrace, after: number): number;
  /** Takes back waits that were told of and never happened. */
  discard(runId: string, keys: readonly string[]): void;
  /** Whether a run that was given is followed, and was not told of since. */
  holds(run: OpenRun): boolean;
  /** Forgets a run that is followed no more. */
  forget(runId: string): void;
  clear(): void;
  /**
   * Runs that were not told of for so many milliseconds, the most silent first. Those that are given count as told of
   * now, so that another call gives others.
   */
  silent(ms: number, most: number): OpenRun[];
  /** Values of `workflow.open`, `workflow.open.age.max` and `workflow.waiting`. */
  gauges(): Metered[];
  readonly size: number;
}

/** A run that is open. */
export interface OpenRun {
  readonly engine: string;
  readonly type: string;
  readonly namespace: string;
  readonly workflowId: string;
  readonly runId: string;
  /** Milliseconds since the epoch. */
  readonly started: number;
}

interface FollowedRun extends OpenRun {
  /** When it was told of last, or asked about. */
  told: number;
  readonly waits: Map<string, OpenWait>;
}

interface OpenWait {
  readonly name: string;
  readonly kind: WaitKind;
}

/** Makes an empty account of open runs. */
export function openRuns(clock: Clock = Date.now, limit: number = MOST_OPEN_RUNS): OpenRuns {
  const runs = new Map<string, FollowedRun>();

  function follow(trace: WorkflowTrace): FollowedRun {
    const { engine, type, namespace, workflowId, runId } = trace;
    const known = runs.get(runId);
    const started = trace.segments.at(-1)?.started ?? trace.started;
    // A redrive begins a run again. The same id with another start is another run: an execution's name, and so its ARN, may
    // be used again.
    const waits = known?.started === started ? known.waits : new Map<string, OpenWait>();
    const identity = { engine, type, namespace, workflowId, runId };
    const run = { ...identity, started, waits, told: clock() };
    runs.set(runId, run);
    return run;
  }

  return {
    told(trace, after) {
      if (trace.outcome !== undefined) {
        runs.delete(trace.runId);
        return 0;
      }
      if (!runs.has(trace.runId) && runs.size >= limit) {
        return trace.segments.some(({ openedBy }) => openedBy > after) ? 1 : 0;
      }
      const { waits } = follow(trace);
      for (const step of stepsOf(trace)) {
        if (step.wait === undefined) continue;
        if (step.closedBy !== undefined) waits.delete(step.key);
        else if (waits.size < MOST_WAITS)
          waits.set(step.key, { name: step.name, kind: step.wait.kind });
      }
      return 0;
    },
    discard(runId, keys) {
      const waits = runs.get(runId)?.waits;
      for (const key of keys) waits?.delete(key);
    },
    holds: (run) => runs.get(run.runId) === run,
    forget: (runId) => void runs.delete(runId),
    clear: () => runs.clear(),
    silent(ms, most) {
      const now = clock();
      const silent = [...runs.values()].filter(({ told }) => now - told >= ms);
      const found = silent.toSorted((a, b) => a.told - b.told).slice(0, most);
      for (const run of found) run.told = now;
      return found;
    },
    gauges: () => gaugesOf(runs.values(), clock()),
    get size() {
      return runs.size;
    },
  };
}

/** What the gauges say of the runs of one type. */
interface TypeGauges {
  readonly labels: MetricLabels;
  open: number;
  oldest: number;
  /** By name and kind of the wait. */
  readonly waiting: Map<string, { readonly labels: MetricLabels; count: number }>;
}

/**
 * One value an instrument and set of labels, summed up here: readers collect on the thread that the worker works on, and
 * each value that is handed on costs far more than a run that is counted.
 */
function gaugesOf(runs: Iterable<FollowedRun>, now: number): Metered[] {
  const types = new Map<string, TypeGauges>();
  for (const { engine, type, started, waits } of runs) {
    const name = `${engine}\0${type}`;
    let gauges = types.get(name);
    if (gauges === undefined) {
      const labels = { [VOCABULARY.engine.key]: engine, [VOCABULARY.type.key]: type };
      types.set(name, (gauges = { labels, open: 0, oldest: Infinity, waiting: new Map() }));
    }
    gauges.open += 1;
    gauges.oldest = Math.min(gauges.oldest, started);
    for (const wait of waits.values()) addWaiting(gauges, wait);
  }
  const values: Metered[] = [];
  for (const { labels, open, oldest, waiting } of types.values()) {
    const age = Math.max(0, now - oldest) / 1000;
    values.push({ instrument: "open", value: open, labels });
    values.push({ instrument: "openAgeMax", value: age, labels });
    for (const wait of waiting.values())
      values.push({ instrument: "waiting", value: wait.count, labels: wait.labels });
  }
  return values;
}

function addWaiting(gauges: TypeGauges, { name, kind }: OpenWait): void {
  const key = `${kind}\0${name}`;
  const known = gauges.waiting.get(key);
  if (known !== undefined) {
    known.count += 1;
    return;
  }
  const wait = { [VOCABULARY.stepName.key]: name, [VOCABULARY.waitKind.key]: kind };
  gauges.waiting.set(key, { labels: { ...gauges.labels, ...wait }, count: 1 });
}
