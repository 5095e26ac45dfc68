// Claim: sweeps find every execution once, oldest first, without listing what was listed before.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { ListRequest } from "../step-functions-api.ts";
import { machineSweep, type Sweep, type SweepOptions, type SweptSpan } from "./discovery.ts";

const MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:m";
const MINUTE = 60_000;

interface World {
  readonly list: { readonly arn: string; readonly started: number; readonly status: string }[];
  readonly taken: string[];
  /** What is written down of earlier sweeps. */
  swept?: SweptSpan;
  readonly pages: ListRequest[];
}

function sweepOf(all: World, since = 0, pageSize = 3): Sweep {
  return machineSweep({
    stateMachineArn: MACHINE,
    since,
    async list(request) {
      all.pages.push(request);
      const items = all.list
        .filter(
          ({ status }) => request.statusFilter === undefined || status === request.statusFilter,
        )
        .toSorted((a, b) => b.started - a.started);
      const from = Number(request.nextToken ?? 0);
      const executions = items.slice(from, from + pageSize).map(({ arn, started, status }) => ({
        executionArn: arn,
        startDate: new Date(started),
        status,
      }));
      const more = from + pageSize < items.length;
      return { executions, ...(more && { nextToken: String(from + pageSize) }) };
    },
    take: async ({ executionArn }) => {
      if (!all.taken.includes(executionArn)) all.taken.push(executionArn);
    },
    swept: storeOf(all),
  });
}

function storeOf(all: World): SweepOptions["swept"] {
  return {
    get: async () => all.swept,
    async put(span) {
      all.swept = span;
    },
  };
}

function world(starts: readonly number[]): World {
  const list = starts.map((started, i) => ({
    arn: `e${i}`,
    started,
    status: i % 2 === 0 ? "RUNNING" : "SUCCEEDED",
  }));
  return { list, taken: [], pages: [] };
}

test("all that started since, oldest first", async () => {
  const one = world([5, 1, 4, 2, 3].map((minutes) => minutes * MINUTE));
  await sweepOf(one, 2 * MINUTE).recent();
  expect(one.taken).toEqual(["e3", "e4", "e2", "e0"]);
});

test("a later sweep lists back to where the one before began, and a minute more", async () => {
  const one = world(Array.from({ length: 30 }, (_, i) => i * MINUTE));
  const sweep = sweepOf(one);
  await sweep.recent();
  expect(one.pages).toHaveLength(10);
  one.pages.length = 0;
  one.list.push({ arn: "new", started: 31 * MINUTE, status: "SUCCEEDED" });
  await sweep.recent();
  expect(one.taken.at(-1)).toBe("new");
  expect(one.pages).toHaveLength(2);
});

test("a process that was away for long lists back to where the one before ended, past `since`", async () => {
  const one = world([1, 2, 3].map((minutes) => minutes * MINUTE));
  await sweepOf(one, 2 * MINUTE).recent();
  one.list.push({ arn: "begun and ended meanwhile", started: 500 * MINUTE, status: "FAILED" });
  await sweepOf(one, 1000 * MINUTE).recent();
  expect(one.taken).toEqual(["e1", "e2", "begun and ended meanwhile"]);
});

test("one that looks further back than those before it finds what they left out", async () => {
  const one = world(Array.from({ length: 30 }, (_, i) => i * MINUTE));
  await sweepOf(one, 20 * MINUTE).recent();
  expect(one.taken).toHaveLength(10);
  await sweepOf(one, 5 * MINUTE).recent();
  expect(one.taken).toHaveLength(25);
  one.pages.length = 0;
  await sweepOf(one, 20 * MINUTE).recent();
  expect(one.pages).toHaveLength(1);
});

test("the first sweep of a restarted process lists back to where the one before ended", async () => {
  const one = world(Array.from({ length: 30 }, (_, i) => i * MINUTE));
  await sweepOf(one).recent();
  one.pages.length = 0;
  one.list.push({ arn: "new", started: 31 * MINUTE, status: "SUCCEEDED" });
  await sweepOf(one).recent();
  expect(one.taken.at(-1)).toBe("new");
  expect(one.pages).toHaveLength(2);
});

test("what turns up late in the list is found", async () => {
  const one = world([10 * MINUTE]);
  const sweep = sweepOf(one);
  await sweep.recent();
  one.list.push({ arn: "late", started: 10 * MINUTE - 30_000, status: "SUCCEEDED" });
  await sweep.recent();
  expect(one.taken).toContain("late");
});

test("a sweep that fails in the middle is made good by the next one, in this process or another", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.nat(1000), { minLength: 1, maxLength: 20 }),
      fc.nat(30),
      fc.boolean(),
      async (starts, dies, restarts) => {
        const one = world(starts.map((start) => start * MINUTE));
        let left = dies;
        const options: SweepOptions = {
          stateMachineArn: MACHINE,
          since: 0,
          list: async () => ({
            executions: one.list
              .toSorted((a, b) => b.started - a.started)
              .map(({ arn, started, status }) => ({
                executionArn: arn,
                startDate: new Date(started),
                status,
              })),
          }),
          swept: storeOf(one),
          take: async ({ executionArn }) => {
            if (left-- === 0) throw new Error("died");
            if (!one.taken.includes(executionArn)) one.taken.push(executionArn);
          },
        };
        const first = machineSweep(options);
        await first.recent().catch(() => undefined);
        await (restarts ? machineSweep(options) : first).recent().catch(() => undefined);
        left = -1;
        await (restarts ? machineSweep(options) : first).recent();
        expect(one.taken).toHaveLength(starts.length);
      },
    ),
  );
});

test("what runs is found however old it is", async () => {
  const one = world([1, 2, 3, 4].map((minutes) => minutes * MINUTE));
  const running = await sweepOf(one, 100 * MINUTE).running();
  expect([...running].toSorted()).toEqual(["e0", "e2"]);
  expect(one.pages.every(({ statusFilter }) => statusFilter === "RUNNING")).toBe(true);
});

test("entries without an ARN or a start are passed over", async () => {
  const taken: string[] = [];
  const sweep = machineSweep({
    stateMachineArn: MACHINE,
    since: 0,
    list: async () => ({
      executions: [{}, { executionArn: "a" }, { executionArn: "b", startDate: new Date(1) }],
    }),
    swept: storeOf(world([])),
    take: async ({ executionArn }) => void taken.push(executionArn),
  });
  await sweep.recent();
  expect(taken).toEqual(["b"]);
});
