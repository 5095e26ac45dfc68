// Claim: a process that dies at any moment loses no batch that it was told is in safe hands, and repeats at most what the
// backend had taken and it had not yet removed. Proven by killing it before and after each thing that it waits for.
import fc from "fast-check";
import { expect, test } from "vitest";
import { fakeTiming } from "../../../test/doubles/fake-timing.ts";
import { memoryDisk } from "../../../test/doubles/memory-disk.ts";
import { noExportCounts } from "../export-counts.ts";
import type { Delivery } from "../otlp/delivery.ts";
import { openSpool } from "./spool.ts";
import type { SpoolDisk } from "./spool-disk.ts";
import { openSpoolFolder } from "./spool-folder.ts";
import { spoolingDelivery } from "./spooling-delivery.ts";

const BATCHES = 8;

/** Plays: a backend that is away for the first half; a new process after each death; a backend that is back. */
async function play(deaths: readonly number[]): Promise<{
  safe: string[];
  taken: string[];
  /** Files that were taken for corrupt. */
  corrupt: string[];
  died: number;
}> {
  const timing = fakeTiming();
  const shared = memoryDisk(() => timing.now());
  const safe: string[] = [];
  const taken: string[] = [];
  let isAway = true;
  let died = 0;
  let process = 0;

  /** A process that dies at a moment: what it waits for then never comes. */
  async function live(moment: number, from: number): Promise<number> {
    let moments = 0;
    let isDead = false;
    let die: (() => void) | undefined;
    const death = new Promise<"died">((resolve) => (die = () => resolve("died")));
    const never = new Promise<never>(() => undefined);
    const lives = (): boolean => {
      if (!isDead && moments++ === moment) {
        isDead = true;
        die?.();
      }
      return !isDead;
    };
    const waitFor = async <Answer>(happening: () => Promise<Answer>): Promise<Answer> => {
      if (!lives()) return never;
      const answer = await happening();
      return lives() ? answer : never;
    };
    const disk: SpoolDisk = {
      makeFolder: (path) => waitFor(() => shared.makeFolder(path)),
      names: (path) => waitFor(() => shared.names(path)),
      async write(path, bytes) {
        // It may die with half of it written.
        if (!lives()) {
          await shared.write(path, bytes.slice(0, bytes.length / 2));
          return never;
        }
        return waitFor(() => shared.write(path, bytes));
      },
      read: (path) => waitFor(() => shared.read(path)),
      rename: (old, name) => waitFor(() => shared.rename(old, name)),
      syncNames: (path) => waitFor(() => shared.syncNames(path)),
      remove: (path) => waitFor(() => shared.remove(path)),
      removeFolder: (path) => waitFor(() => shared.removeFolder(path)),
      look: (path) => waitFor(() => shared.look(path)),
      touch: (path, now) => waitFor(() => shared.touch(path, now)),
    };
    process += 1;
    const self = process;
    const writer = {
      id: String(self).padStart(8, "0"),
      pid: self,
      host: "here",
      now: () => timing.now(),
      isAlive: (pid: number) => pid === self,
    };
    let next = from;

    async function run(): Promise<"done"> {
      const folder = await openSpoolFolder("/spool", writer, disk);
      const spool = openSpool(folder, Infinity);
      await spool.adopt();
      const delivery = spoolingDelivery({
        spool,
        folder,
        path: "/spool",
        lateAfter: Infinity,
        // Its timers die with it.
        timing: { ...timing, later: (ms, begin) => timing.later(ms, () => isDead || begin()) },
        timeoutMillis: 10_000,
        shown: "http://backend",
        counts: noExportCounts(),
        warn: () => true,
        sendOnce: (sent) =>
          waitFor(async (): Promise<Delivery> => {
            if (isAway) return { outcome: "unavailable", reason: "away" };
            taken.push(Buffer.from(sent.body).toString());
            return { outcome: "accepted", rejected: 0 };
          }),
      });
      for (; next < BATCHES; next += 1) {
        const name = String(next);
        if (next >= BATCHES / 2) isAway = false;
        // oxlint-disable-next-line no-await-in-loop -- one after the other: the order is part of the claim
        await delivery.deliver({
          body: Buffer.from(name),
          contentType: "a",
          isGzipped: false,
          spans: 1,
          lastEnd: 0,
        });
        safe.push(name);
      }
      // oxlint-disable-next-line no-await-in-loop -- until all is sent
      while (!(await delivery.drain())) await timing.pass(1000);
      await delivery.close();
      return "done";
    }

    const running = run();
    const ended = Promise.race([running, death]);
    if ((await ended) === "died") {
      died += 1;
      // A batch whose giver was not told is given again, as the poller does.
      return next;
    }
    return BATCHES;
  }

  let from = 0;
  for (const moment of [...deaths, Infinity]) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other: the order is part of the claim
    from = await live(moment, from);
    if (moment !== Infinity && died === 0) break;
  }
  const corrupt = [...shared.files.keys()].filter((path) => path.endsWith(".corrupt"));
  return { safe, taken, corrupt, died };
}

/** What came twice: its giver had not been told and gave it again, or it was sent and not yet removed. */
function repeated(names: readonly string[]): string[] {
  return names.filter((name, i) => names.indexOf(name) !== i);
}

test("it lives: every batch once, in order", async () => {
  const { taken } = await play([]);
  expect(taken).toEqual(Array.from({ length: BATCHES }, (_, i) => String(i)));
});

test("it dies once, at each moment of its life", async () => {
  let moment = 0;
  for (let died = 1; died === 1; moment += 1) {
    // oxlint-disable-next-line no-await-in-loop -- until it outlives the moment
    const result = await play([moment]);
    died = result.died;
    const taken = new Set(result.taken);
    for (const name of result.safe) expect(taken, `lost when it died at ${moment}`).toContain(name);
    // Half of a file is never taken for one.
    expect(result.corrupt, `corrupt when it died at ${moment}`).toEqual([]);
    expect(repeated(result.taken).length, `repeated when it died at ${moment}`).toBeLessThan(2);
  }
  expect(moment).toBeGreaterThan(60);
});

test("it dies several times, at any moments", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat({ max: 40 }), { maxLength: 6 }), async (deaths) => {
      const { safe, taken, died } = await play(deaths);
      expect([...new Set(taken)].toSorted()).toEqual([...new Set(safe)].toSorted());
      expect(repeated(taken).length).toBeLessThanOrEqual(died);
    }),
    { numRuns: 100 },
  );
});
