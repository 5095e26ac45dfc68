// Claim: what moves is read often, what is parked seldom, and no job runs twice at a time.
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { pollSchedule, untilNextRead, untilNextTry } from "./schedule.ts";

const cadence = { minInterval: 2000, maxInterval: 900_000 };

describe("cadence", () => {
  test("two seconds after an event, parked or not", () => {
    expect(untilNextRead({ idle: 0, parked: false }, cadence)).toBe(2000);
    expect(untilNextRead({ idle: 0, parked: true }, cadence)).toBe(2000);
  });

  test("always within the intervals, and the longer it is still, the longer the pause", () => {
    const still = fc.integer({ min: 0, max: 1e9 });
    fc.assert(
      fc.property(still, still, fc.boolean(), (a, b, parked) => {
        const [short, long] = [Math.min(a, b), Math.max(a, b)];
        const first = untilNextRead({ idle: short, parked }, cadence);
        const second = untilNextRead({ idle: long, parked }, cadence);
        expect(first).toBeGreaterThanOrEqual(2000);
        const longest = parked ? 900_000 : Math.min(900_000, Math.max(30_000, long / 20));
        expect(second).toBeLessThanOrEqual(longest);
        expect(second).toBeGreaterThanOrEqual(first);
      }),
    );
  });

  test("one that works is read within 30 s, and when it works for hours within a 20th of them", () => {
    const hour = 3_600_000;
    const pauses = [60_000, 600_000, hour, 5 * hour, 240 * hour].map((idle) =>
      untilNextRead({ idle, parked: false }, cadence),
    );
    expect(pauses).toEqual([15_000, 30_000, 180_000, 900_000, 900_000]);
  });

  test("parked, it is read when its wait gives up, if that is sooner", () => {
    const parked = { idle: 600_000, parked: true };
    expect(untilNextRead(parked, cadence)).toBe(600_000);
    expect(untilNextRead({ ...parked, untilDeadline: 42_000 }, cadence)).toBe(42_000);
    expect(untilNextRead({ ...parked, untilDeadline: -1 }, cadence)).toBe(600_000);
  });

  test("what fails is tried again after a pause that doubles up to a minute", () => {
    expect([1, 2, 3, 10, 1e6].map((failures) => untilNextTry(failures, cadence))).toEqual([
      4000, 8000, 16_000, 60_000, 60_000,
    ]);
  });
});

describe("schedule", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test("a job runs when it is due, and not again before", async () => {
    const schedule = pollSchedule({ clock: Date.now, concurrency: 2 });
    let runs = 0;
    schedule.add("a", async () => {
      runs += 1;
      return 100;
    });
    await vi.advanceTimersByTimeAsync(500);
    expect(runs).toBe(0);
    schedule.start();
    await vi.advanceTimersByTimeAsync(250);
    expect(runs).toBe(3);
    await schedule.stop();
    await vi.advanceTimersByTimeAsync(1000);
    expect(runs).toBe(3);
  });

  test("at most so many jobs run at a time, and all come to their turn", async () => {
    const schedule = pollSchedule({ clock: Date.now, concurrency: 3 });
    let running = 0;
    let most = 0;
    const done: string[] = [];
    for (const key of ["a", "b", "c", "d", "e", "f", "g"]) {
      schedule.add(key, async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, 10));
        running -= 1;
        done.push(key);
        return undefined;
      });
    }
    schedule.start();
    await vi.advanceTimersByTimeAsync(100);
    expect(most).toBe(3);
    expect(done.toSorted()).toEqual(["a", "b", "c", "d", "e", "f", "g"]);
    await schedule.stop();
  });

  test("a job that is hastened while it runs runs again at once, but never beside itself", async () => {
    const schedule = pollSchedule({ clock: Date.now, concurrency: 8 });
    const log: string[] = [];
    schedule.add("a", async () => {
      log.push("begin");
      await new Promise((resolve) => setTimeout(resolve, 10));
      log.push("end");
      return 1e6;
    });
    schedule.start();
    await vi.advanceTimersByTimeAsync(5);
    schedule.hasten("a");
    await vi.advanceTimersByTimeAsync(100);
    expect(log).toEqual(["begin", "end", "begin", "end"]);
    await schedule.stop();
  });

  test("runAll joins what runs already", async () => {
    const schedule = pollSchedule({ clock: Date.now, concurrency: 2 });
    let runs = 0;
    schedule.add("a", async () => {
      runs += 1;
      await new Promise((resolve) => setTimeout(resolve, 10));
      return 1e6;
    });
    schedule.start();
    const all = schedule.runAll(["a", "unknown"]);
    await vi.advanceTimersByTimeAsync(10);
    await all;
    expect(runs).toBe(1);
    await schedule.stop();
  });
});
