import type { ListedExecution, ListPage, ListRequest } from "../step-functions-api.ts";

/** An execution that a sweep found. */
export interface FoundExecution {
  readonly executionArn: string;
  /** When it started, in milliseconds since the epoch. */
  readonly started: number;
  readonly running: boolean;
  /** How often it was redriven; absent where the list does not say. */
  readonly redrives?: number;
}

/** What was swept before, by this process or by one before it: all that started in between was taken, both ends in. */
export interface SweptSpan {
  /** Milliseconds since the epoch, by the clock of the list. */
  readonly from: number;
  readonly through: number;
}

/** Keeps what was swept of one state machine. Both reject when the store fails. */
export interface SweptSpanStore {
  get(): Promise<SweptSpan | undefined>;
  put(span: SweptSpan): Promise<void>;
}

/** What a {@link Sweep} is made of. */
export interface SweepOptions {
  readonly stateMachineArn: string;
  /**
   * Executions that started before are not looked for, unless they run, or started since the last sweep of a process
   * before this one; milliseconds since the epoch.
   */
  readonly since: number;
  readonly list: (request: ListRequest) => Promise<ListPage>;
  /** Takes an execution for good; one may come more than once. */
  readonly take: (execution: FoundExecution) => Promise<void>;
  readonly swept: SweptSpanStore;
}

/**
 * Finds the executions of one state machine. Both ways reject when a call or the taking fails; what they have not
 * taken by then is found again.
 */
export interface Sweep {
  /** Takes what started since the last time, running or closed by now. */
  recent(): Promise<void>;
  /** Takes what runs, however old (a redriven one runs again), and gives the ARNs of all of it. */
  running(): Promise<ReadonlySet<string>>;
}

const PAGE = 1000;
/** A list is eventually consistent: an execution may turn up in it after a younger one. */
const OVERLAP_MS = 60_000;

/**
 * Makes the sweep of one state machine. ListExecutions gives the newest start first and has no time filter, so each
 * sweep goes back to where the one before ended. That is written down when all that was found is taken: what a crash
 * cuts off is found again, and a process that was away for days goes on where it was.
 */
export function machineSweep(options: SweepOptions): Sweep {
  const { stateMachineArn, since, list, take, swept } = options;
  let done: SweptSpan | undefined;

  async function* pages(statusFilter?: "RUNNING"): AsyncGenerator<FoundExecution[]> {
    let nextToken: string | undefined;
    do {
      // Each page names the next one.
      // oxlint-disable-next-line no-await-in-loop
      const page: ListPage = await list({
        stateMachineArn,
        maxResults: PAGE,
        ...(statusFilter !== undefined && { statusFilter }),
        ...(nextToken !== undefined && { nextToken }),
      });
      yield (page.executions ?? []).flatMap(found);
      nextToken = page.nextToken === nextToken ? undefined : page.nextToken;
    } while (nextToken !== undefined);
  }

  async function takeAll(executions: readonly FoundExecution[]): Promise<void> {
    for (const execution of executions.toSorted((a, b) => a.started - b.started)) {
      // One after the other, oldest first: where there is room for some only, it is the oldest that come first.
      // oxlint-disable-next-line no-await-in-loop
      await take(execution);
    }
  }

  return {
    async recent() {
      done ??= (await swept.get()) ?? { from: Infinity, through: since };
      const { from, through } = done;
      // One that looks further back than all before it lists what they have left out.
      const floor = since < from ? since : Math.max(from, through - OVERLAP_MS);
      const fresh: FoundExecution[] = [];
      for await (const page of pages()) {
        fresh.push(...page.filter(({ started }) => started >= floor));
        if (page.some(({ started }) => started < floor)) break;
      }
      await takeAll(fresh);
      const newest = fresh.reduce((max, { started }) => Math.max(max, started), through);
      if (since >= from && newest === through) return;
      const span = { from: Math.min(since, from), through: newest };
      await swept.put(span);
      done = span;
    },
    async running() {
      const all: FoundExecution[] = [];
      for await (const page of pages("RUNNING")) all.push(...page);
      await takeAll(all);
      return new Set(all.map(({ executionArn }) => executionArn));
    },
  };
}

function found(item: ListedExecution): FoundExecution[] {
  const { executionArn, startDate, status, redriveCount } = item;
  const started = startDate instanceof Date ? startDate.getTime() : Number.NaN;
  if (executionArn === undefined || Number.isNaN(started)) return [];
  const running = status === "RUNNING";
  return [
    {
      executionArn,
      started,
      running,
      ...(redriveCount !== undefined && { redrives: redriveCount }),
    },
  ];
}
