// Claim: all calls together keep below the budget, in the order in which they ask, and a throttling answer stops all.
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { CALL_COSTS, type CallBudget, callBudget, sleep } from "./call-budget.ts";

const never = new AbortController().signal;

function budget(perSecond: number): CallBudget {
  return callBudget({ perSecond, clock: Date.now, pauseFor: sleep });
}

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

describe("the budget", () => {
  test("in no second more than that second's worth and the burst, whatever is asked when", async () => {
    const calls = fc.constantFrom(...(Object.keys(CALL_COSTS) as (keyof typeof CALL_COSTS)[]));
    const asked = fc.array(fc.record({ call: calls, after: fc.integer({ min: 0, max: 800 }) }), {
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(asked, fc.integer({ min: 2, max: 20 }), async (requests, perSecond) => {
        const one = budget(perSecond);
        const made: { readonly at: number; readonly cost: number }[] = [];
        for (const { call, after } of requests) {
          // oxlint-disable-next-line no-await-in-loop -- time goes on between them
          await vi.advanceTimersByTimeAsync(after);
          void one
            .take(call, never)
            .then(() => made.push({ at: Date.now(), cost: CALL_COSTS[call] }));
        }
        await vi.runAllTimersAsync();
        expect(made).toHaveLength(requests.length);
        for (const { at } of made) {
          const within = made.filter((other) => other.at >= at && other.at < at + 1000);
          const cost = within.reduce((sum, other) => sum + other.cost, 0);
          expect(cost).toBeLessThanOrEqual(perSecond * 2 + Math.max(...Object.values(CALL_COSTS)));
        }
      }),
      { numRuns: 50 },
    );
  });

  test("a second's worth comes at once, the next waits its turn", async () => {
    const one = budget(4);
    let made = 0;
    for (let i = 0; i < 6; i += 1)
      void one.take("getExecutionHistory", never).then(() => (made += 1));
    await vi.advanceTimersByTimeAsync(0);
    expect(made).toBe(4);
    await vi.advanceTimersByTimeAsync(249);
    expect(made).toBe(4);
    await vi.advanceTimersByTimeAsync(1);
    expect(made).toBe(5);
  });

  test("throttled: nobody calls for a second, then two, then four; once it goes well, a second again", async () => {
    const one = budget(1e6);
    const waited = async (): Promise<number> => {
      const from = Date.now();
      const taken = one.take("getExecutionHistory", never);
      await vi.runAllTimersAsync();
      await taken;
      return Date.now() - from;
    };
    const pauses: number[] = [];
    for (let i = 0; i < 3; i += 1) {
      one.throttled();
      one.throttled();
      // oxlint-disable-next-line no-await-in-loop -- one after the other, as it is told here
      pauses.push(await waited());
    }
    one.succeeded();
    one.throttled();
    pauses.push(await waited());
    expect(pauses).toEqual([1000, 2000, 4000, 1000]);
  });

  test("who waits when it is stopped is told so, and leaves no timer behind", async () => {
    const stopping = new AbortController();
    const one = budget(1);
    await one.take("getExecutionHistory", stopping.signal);
    const second = one.take("getExecutionHistory", stopping.signal);
    stopping.abort(new Error("stopped"));
    await expect(second).rejects.toThrow("stopped");
    await expect(one.take("getExecutionHistory", stopping.signal)).rejects.toThrow("stopped");
    expect(vi.getTimerCount()).toBe(0);
  });
});
