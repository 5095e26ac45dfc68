import type { Clock } from "../../core/ports.ts";
import { LONGEST_TIMER_MS } from "../../host/longest-timer.ts";
import { dueQueue } from "./due-queue.ts";

/** How often something is read, in milliseconds. */
export interface Cadence {
  /** After an event, and as the shortest pause at all. */
  readonly minInterval: number;
  /** The longest pause, while an execution is parked. */
  readonly maxInterval: number;
}

/** What is known of an execution when it is decided when to look again. */
export interface Idleness {
  /** Milliseconds since it last moved. */
  readonly idle: number;
  /** All that is open in it waits: for a token's answer, a Wait state's end, a worker of an activity. */
  readonly parked: boolean;
  /** Milliseconds until the earliest of its waits gives up, where that is known. */
  readonly untilDeadline?: number;
}

/**
 * An execution that works, not waits, is never left alone for longer than so many of the shortest pauses, or than one
 * such part of the time for which it has been still: jobs that take days must not use up the budget.
 */
const LONGEST_WORK = 15;
const PARTS_OF_STILLNESS = 20;

/**
 * Milliseconds until an execution is read again. A parked one is left alone for as long as it has been still, up to
 * `maxInterval`, but not past the moment at which its wait gives up; one that works for a quarter of that at first, and
 * when it takes long for a 20th.
 */
export function untilNextRead(execution: Idleness, cadence: Cadence): number {
  const { minInterval, maxInterval } = cadence;
  const longest = execution.parked
    ? maxInterval
    : Math.min(
        maxInterval,
        Math.max(minInterval * LONGEST_WORK, execution.idle / PARTS_OF_STILLNESS),
      );
  const wanted = execution.parked ? execution.idle : execution.idle / 4;
  const pause = Math.max(minInterval, Math.min(wanted, longest));
  const { untilDeadline } = execution;
  if (untilDeadline === undefined || untilDeadline <= 0) return pause;
  return Math.max(minInterval, Math.min(pause, untilDeadline));
}

/** Milliseconds until something that failed `failures` times in a row is tried again: doubling, up to a minute. */
export function untilNextTry(failures: number, cadence: Cadence): number {
  const longest = Math.max(cadence.minInterval, Math.min(cadence.maxInterval, 60_000));
  return Math.min(longest, cadence.minInterval * 2 ** Math.min(failures, 16));
}

/** Work that comes up again and again: resolves with the milliseconds until the next time, or undefined when it is done. Never rejects. */
export type Job = () => Promise<number | undefined>;

/** What a {@link PollSchedule} is made of. */
export interface PollScheduleOptions {
  readonly clock: Clock;
  /** Most jobs that run at the same time. */
  readonly concurrency: number;
}

/** Runs jobs when they are due, each one only once at a time. */
export interface PollSchedule {
  /** Adds a job that is due now; one of that key that is there already stays, and becomes due. */
  add(key: string, job: Job): void;
  /** Makes a job due now. */
  hasten(key: string): void;
  /** Runs these jobs once, due or not, and resolves when all have run. */
  runAll(keys: Iterable<string>): Promise<void>;
  /** Begins to run what is due. */
  start(): void;
  /** Runs nothing more; resolves when what runs is over. */
  stop(): Promise<void>;
}

interface Entry {
  readonly job: Job;
  due: number;
  running?: Promise<void>;
}

/** Makes a schedule that does not run yet. */
export function pollSchedule({ clock, concurrency }: PollScheduleOptions): PollSchedule {
  const entries = new Map<string, Entry>();
  /** When entries are due, while the schedule runs; of one whose time changed the older items stay, and are passed over. */
  const queue = dueQueue();
  let running = 0;
  let started = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function runJob(key: string, entry: Entry): Promise<void> {
    const { due } = entry;
    running += 1;
    const pause = await entry.job();
    running -= 1;
    delete entry.running;
    if (pause === undefined) entries.delete(key);
    else {
      // What was hastened meanwhile is due at once.
      if (entry.due === due) entry.due = clock() + pause;
      enqueue(key, entry);
    }
    arm();
  }

  function run(key: string, entry: Entry): Promise<void> {
    entry.running ??= runJob(key, entry);
    return entry.running;
  }

  function enqueue(key: string, { due }: Entry): void {
    if (started) queue.push({ due, key });
  }

  /** Starts what is due and sets the timer for the next; a job's end comes here, too. */
  function arm(): void {
    clearTimeout(timer);
    if (!started) return;
    const now = clock();
    for (let next = queue.first(); next !== undefined; next = queue.first()) {
      const { due, key } = next;
      const entry = entries.get(key);
      const isCurrent = entry?.due === due && entry.running === undefined;
      if (isCurrent && due > now) {
        timer = setTimeout(arm, Math.min(due - now, LONGEST_TIMER_MS));
        return;
      }
      // The end of one that runs comes here again.
      if (isCurrent && running >= concurrency) return;
      queue.shift();
      if (isCurrent) void run(key, entry);
    }
  }

  function hasten(key: string): void {
    const entry = entries.get(key);
    if (entry !== undefined) {
      // Earlier than it was in any case: a run that is under way sees that it was hastened.
      entry.due = Math.min(entry.due, clock()) - 1;
      enqueue(key, entry);
    }
    arm();
  }

  return {
    add(key, job) {
      if (entries.has(key)) return hasten(key);
      const entry = { job, due: clock() };
      entries.set(key, entry);
      enqueue(key, entry);
      arm();
    },
    hasten,
    async runAll(keys) {
      const waiting = [...keys];
      const worker = async (): Promise<void> => {
        for (let key = waiting.shift(); key !== undefined; key = waiting.shift()) {
          const entry = entries.get(key);
          // The workers are what runs at the same time: one job after the other in each.
          // oxlint-disable-next-line no-await-in-loop
          if (entry !== undefined) await run(key, entry);
        }
      };
      await Promise.all(Array.from({ length: concurrency }, worker));
    },
    start() {
      started = true;
      queue.clear();
      for (const [key, entry] of entries) enqueue(key, entry);
      arm();
    },
    async stop() {
      started = false;
      clearTimeout(timer);
      await Promise.all(
        [...entries.values()].map(({ running: work }) => work ?? Promise.resolve()),
      );
    },
  };
}
