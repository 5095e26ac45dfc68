import type { Timing } from "../../src/telemetry/otlp/retrying.ts";

/** A time that passes when it is told to. */
export interface FakeTiming extends Timing {
  /** Lets `ms` pass, with all that falls due in them, in its order, and what that begins on doubles; no real I/O. */
  pass(ms: number): Promise<void>;
  /** Lets time pass, from one thing that falls due to the next, until a promise is settled. */
  runUntil(promise: Promise<unknown>): Promise<void>;
}

interface Due {
  readonly at: number;
  readonly run: () => void;
}

/** A time that begins on 2 March 2026, 12:00 UTC. */
export function fakeTiming(): FakeTiming {
  let now = Date.UTC(2026, 2, 2, 12);
  let due: Due[] = [];

  function later(ms: number, run: () => void): () => void {
    const entry = { at: now + ms, run };
    due.push(entry);
    return () => {
      due = due.filter((other) => other !== entry);
    };
  }

  function next(until: number): Due | undefined {
    const first = due.toSorted((a, b) => a.at - b.at)[0];
    if (first === undefined || first.at > until) return undefined;
    due = due.filter((other) => other !== first);
    return first;
  }

  /** What was begun goes on for some turns of the event loop: enough for doubles of disks and servers. */
  async function settle(): Promise<void> {
    for (let turn = 0; turn < 10; turn += 1) {
      // oxlint-disable-next-line no-await-in-loop
      await new Promise(setImmediate);
    }
  }

  return {
    now: () => now,
    random: () => 0.5,
    later,
    pause: (ms) => new Promise((resolve) => void later(ms, resolve)),
    async pass(ms) {
      const until = now + ms;
      for (let entry = next(until); entry !== undefined; entry = next(until)) {
        now = Math.max(now, entry.at);
        entry.run();
        // oxlint-disable-next-line no-await-in-loop
        await settle();
      }
      now = until;
      await settle();
    },
    async runUntil(promise) {
      const settled = { yet: false };
      const note = (): void => {
        settled.yet = true;
      };
      promise.then(note, note);
      while (!settled.yet) {
        const entry = next(Infinity);
        if (entry !== undefined) now = Math.max(now, entry.at);
        entry?.run();
        // oxlint-disable-next-line no-await-in-loop
        await new Promise(setImmediate);
      }
    },
  };
}
