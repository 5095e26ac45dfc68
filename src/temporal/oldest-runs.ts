import type { Clock } from "../core/ports.ts";
import { VOCABULARY } from "../core/vocabulary.ts";
import { property } from "../host/property.ts";
import type { Metered } from "../telemetry/meter.ts";
import { regularLook } from "./regular-look.ts";
import { call, serviceOf } from "./server-questions.ts";
import { text, timestamp } from "./workflow/proto-value.ts";

/** Knows since when the oldest open run of each type has been open, also of runs that no worker has had a task of. */
export interface OldestRuns {
  /** Looks after the task queue of a worker from now on, and at once. */
  workerStarted(worker: unknown): void;
  workerStopped(worker: unknown): void;
  /** Asks about each task queue; never rejects. Of one that gets no answer, what was known before stays. */
  look(): Promise<void>;
  /** Values of `workflow.open.age.max`. */
  gauges(): Metered[];
}

const PAUSE_MS = 10 * 60_000;
const CALL_MS = 10_000;

/** Younger runs are left to the account of the workers, which is exact and need not be listed. */
const OLD_MS = 60 * 60_000;

/** Runs that are listed at once, each with its memo. */
const PAGE = 250;
/** Pages that are asked for at most of a task queue, every ten minutes. */
export const MOST_PAGES: number = 20;

/** Start of the oldest run in milliseconds since the epoch, by its type. */
type Starts = ReadonlyMap<string, number>;

/** A task queue and who can be asked about it. */
interface TaskQueue {
  /** Tells it from others, those of other namespaces, too. */
  readonly key: string;
  readonly service: object;
  readonly namespace: string;
  readonly taskQueue: string;
}

/**
 * Makes what asks the server for runs that have been open for long, every ten minutes: a worker that was restarted knows
 * nothing of a run that is parked before its next task, which may be days away, and a run that is stuck has none. So only the
 * age of the oldest is taken from the list: it is the same for all workers of a task queue, while what is counted of them would
 * be counted by each.
 *
 * @param wanted whether anything shows the gauges
 */
export function oldestRuns(wanted: () => boolean, clock: Clock = Date.now): OldestRuns {
  const queues = new Map<unknown, TaskQueue>();
  /** What was learnt of the task queues that have a worker, by their keys. */
  const known = new Map<string, Starts>();

  const isServed = (key: string): boolean => [...queues.values()].some((it) => it.key === key);

  async function ask(queue: TaskQueue): Promise<void> {
    try {
      const starts = await oldestOf(queue, clock() - OLD_MS);
      if (isServed(queue.key)) known.set(queue.key, starts);
    } catch {
      // What was known before stays.
    }
  }

  async function lookAll(): Promise<void> {
    if (!wanted()) return;
    const asked = new Set<string>();
    // Looked for anew each time: of workers that start together, the others come while the first one's is asked about.
    const next = (): TaskQueue | undefined =>
      [...queues.values()].findLast(({ key }) => !asked.has(key));
    for (let queue = next(); queue !== undefined; queue = next()) {
      asked.add(queue.key);
      // oxlint-disable-next-line no-await-in-loop -- one after the other: this is never urgent
      await ask(queue);
    }
  }

  const regular = regularLook(lookAll, PAUSE_MS);

  return {
    look: () => regular.look(),
    workerStarted(worker) {
      const queue = taskQueueOf(worker);
      if (queue === undefined) return;
      queues.set(worker, queue);
      regular.start();
      void regular.look();
    },
    workerStopped(worker) {
      queues.delete(worker);
      for (const key of known.keys()) if (!isServed(key)) known.delete(key);
      if (queues.size === 0) regular.stop();
    },
    gauges() {
      const oldest = new Map<string, number>();
      for (const starts of known.values())
        for (const [type, started] of starts) keepOldest(oldest, type, started);
      return [...oldest].map(([type, started]) => ({
        instrument: "openAgeMax",
        value: Math.max(0, clock() - started) / 1000,
        labels: { [VOCABULARY.engine.key]: "temporal", [VOCABULARY.type.key]: type },
      }));
    },
  };
}

function taskQueueOf(worker: unknown): TaskQueue | undefined {
  const service = serviceOf(worker);
  const options = property(worker, "options");
  const namespace = text(property(options, "namespace"));
  const taskQueue = text(property(options, "taskQueue"));
  if (service === undefined || namespace === undefined || taskQueue === undefined) return undefined;
  // A name that would have to be escaped, which nobody gives a task queue.
  if (/["'\\]/.test(taskQueue)) return undefined;
  return { key: `${namespace}\0${taskQueue}`, service, namespace, taskQueue };
}

/** The oldest of the open runs that began before a time, by type. */
async function oldestOf(
  { service, namespace, taskQueue }: TaskQueue,
  before: number,
): Promise<Starts> {
  const found = new Map<string, number>();
  const since = new Date(before).toISOString();
  const query = `TaskQueue = "${taskQueue}" AND ExecutionStatus = "Running" AND StartTime < "${since}"`;
  let nextPageToken: unknown;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const request = { namespace, query, pageSize: PAGE, nextPageToken };
    // oxlint-disable-next-line no-await-in-loop -- each page names the next one
    const answer = await call(service, "listWorkflowExecutions", request, CALL_MS);
    const executions = property(answer, "executions");
    if (!Array.isArray(executions)) throw new TypeError("the server lists nothing");
    for (const execution of executions) note(execution, found);
    nextPageToken = property(answer, "nextPageToken");
    if (!hasLength(nextPageToken)) break;
  }
  return found;
}

function note(execution: unknown, found: Map<string, number>): void {
  const type = text(property(property(execution, "type"), "name"));
  // A run that was started with a delay, or by a cron, is open before it is due.
  const due = timestamp(property(execution, "executionTime"));
  const started = Number.isNaN(due) ? timestamp(property(execution, "startTime")) : due;
  if (type === undefined || Number.isNaN(started)) return;
  keepOldest(found, type, started);
}

function keepOldest(starts: Map<string, number>, type: string, started: number): void {
  starts.set(type, Math.min(starts.get(type) ?? Infinity, started));
}

function hasLength(token: unknown): boolean {
  return ArrayBuffer.isView(token) && token.byteLength > 0;
}
