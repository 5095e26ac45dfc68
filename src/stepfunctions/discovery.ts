import type { ListedExecution, ListPage, ListRequest } from "./step-functions-api.ts";

/** An execution that a sweep found. */
export interface FoundExecution {
  readonly executionArn: string;
  /** When it started, in milliseconds since the epoch. */
  readonly started: number;
  readonly running: boolean;
  readonly redrives: number;
}

/** What a {@link Sweep} is made of. */
export interface SweepOptions {
  readonly stateMachineArn: string;
  /** Executions that started before are not looked for unless they run; milliseconds since the epoch. */
  readonly since: number;
  readonly list: (request: ListRequest) => Promise<ListPage>;
  /** Whether an execution was taken before, by this process or by one before it. */
  readonly isKnown: (execution: FoundExecution) => Promise<boolean>;
  /** Takes an execution for good. */
  readonly take: (execution: FoundExecution) => Promise<void>;
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
 * sweep goes back to where the one before began, and the first one to an execution that is known. Executions are
 * taken oldest first: when one is known, all that started before it are, also after a crash in the middle.
 */
export function machineSweep(options: SweepOptions): Sweep {
  const { stateMachineArn, list, isKnown, take } = options;
  let swept: number | undefined;

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
      // One after the other: the order is what a restart relies on.
      // oxlint-disable-next-line no-await-in-loop
      await take(execution);
    }
  }

  return {
    async recent() {
      let floor = swept === undefined ? options.since : Math.max(options.since, swept - OVERLAP_MS);
      let anchored = swept !== undefined;
      const fresh: FoundExecution[] = [];
      for await (const page of pages()) {
        for (const execution of page) {
          if (execution.started < floor) continue;
          // One after the other, until the first one that is known.
          // oxlint-disable-next-line no-await-in-loop
          if (!anchored && (await isKnown(execution))) {
            anchored = true;
            floor = Math.max(floor, execution.started - OVERLAP_MS);
          }
          fresh.push(execution);
        }
        if (page.some((execution) => execution.started < floor)) break;
      }
      await takeAll(fresh);
      swept = fresh.reduce((max, { started }) => Math.max(max, started), swept ?? options.since);
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
  return [{ executionArn, started, running: status === "RUNNING", redrives: redriveCount ?? 0 }];
}
