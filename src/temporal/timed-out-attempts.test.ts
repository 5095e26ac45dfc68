import { describe, expect, it } from "vitest";
import type { RunQuestions } from "./server-questions.ts";
import {
  type BegunAttempt,
  MOST_ASKED,
  type TimedOutAttempts,
  timedOutAttempts,
} from "./timed-out-attempts.ts";

const run = { namespace: "shop", workflowId: "order-1", runId: "run-1" };
const begun: BegunAttempt = {
  activityId: "7",
  attempt: 2,
  isLocal: false,
  scheduledTimestampMs: 1000,
  currentAttemptScheduledTimestampMs: 32_000,
  startToCloseTimeoutMs: 30_000,
};
const timeout = { timeoutFailureInfo: { timeoutType: 1 } };
const busy = { applicationFailureInfo: { type: "Busy" } };
const pending = (lastFailure: object, over: object = {}): object => ({
  pendingActivities: [
    { activityId: "6", attempt: 2, lastFailure: timeout },
    { activityId: "7", attempt: 2, lastFailure, ...over },
  ],
});

/** A server that answers so, and how often it was asked. */
function serverOf(
  describeAnswer: unknown,
  events: readonly object[] = [],
): { attempts: TimedOutAttempts; asked: string[]; pass: (ms: number) => void } {
  let now = 0;
  const asked: string[] = [];
  const answer = (question: string, value: unknown) => async (): Promise<unknown> => {
    asked.push(question);
    if (value instanceof Error) throw value;
    return value;
  };
  const server: RunQuestions = {
    describe: answer("describe", describeAnswer),
    newestEvents: answer("events", { history: { events } }),
  };
  const attempts = timedOutAttempts(server, () => now);
  return { attempts, asked, pass: (ms) => void (now += ms) };
}

describe("an attempt that timed out", () => {
  it("is found by the one that follows it, with its failure and its end", async () => {
    const { attempts, asked } = serverOf(
      pending(timeout, { lastAttemptCompleteTime: { seconds: 31, nanos: 0 } }),
    );
    expect(await attempts.before(begun, run, "span")).toEqual({ failure: timeout, ended: 31_000 });
    expect(asked).toEqual(["describe"]);
    const { attempts: others } = serverOf(pending(timeout));
    expect((await others.before(begun, run, "span"))?.ended).toBeUndefined();
  });

  it("is found in the history when the one that follows is over with its activity already", async () => {
    const events = (over: object = {}): object[] => [
      { eventId: "9", eventType: "EVENT_TYPE_ACTIVITY_TASK_COMPLETED" },
      {
        eventId: "8",
        eventType: 11,
        activityTaskStartedEventAttributes: {
          scheduledEventId: { low: 5, high: 0 },
          attempt: 2,
          lastFailure: timeout,
          ...over,
        },
      },
      {
        eventId: { low: 6, high: 0 },
        eventType: 10,
        activityTaskScheduledEventAttributes: { activityId: "8" },
      },
      {
        eventId: { low: 5, high: 0 },
        eventType: 10,
        activityTaskScheduledEventAttributes: { activityId: "7" },
      },
    ];
    const none = { pendingActivities: [] };
    const found = (known: readonly object[]): Promise<unknown> =>
      serverOf(none, known).attempts.before(begun, run, "span");
    expect(await found(events())).toEqual({ failure: timeout, ended: undefined });
    expect(await found(events({ attempt: 3 }))).toBeUndefined();
    expect(await found(events({ lastFailure: busy }))).toBeUndefined();
    expect(await found(events({ scheduledEventId: 6 }))).toBeUndefined();
    expect(await found(events().slice(0, 2))).toBeUndefined();
    expect(await found([])).toBeUndefined();
  });

  it("is none that failed: its own worker told of it", async () => {
    const { attempts, asked } = serverOf(pending(busy));
    expect(await attempts.before(begun, run, "span")).toBeUndefined();
    expect(asked).toEqual(["describe"]);
  });

  it("is none when the server speaks of another attempt by then", async () => {
    const { attempts } = serverOf(pending(timeout, { attempt: 3 }));
    expect(await attempts.before(begun, run, "span")).toBeUndefined();
  });

  it.each([
    ["a first attempt", { attempt: 1 }],
    ["a local activity", { isLocal: true }],
    ["attempts that together were too short", { currentAttemptScheduledTimestampMs: 30_999 }],
    ["no limit", { startToCloseTimeoutMs: 0 }],
  ])("is not asked for before %s", async (_what, over) => {
    const { attempts, asked } = serverOf(pending(timeout));
    expect(await attempts.before({ ...begun, ...over }, run, "span")).toBeUndefined();
    expect(asked).toEqual([]);
  });

  it("is asked for where it may have been its heart that fell silent", async () => {
    const { attempts } = serverOf(pending(timeout));
    const short = { currentAttemptScheduledTimestampMs: 3000, heartbeatTimeoutMs: 2000 };
    expect(await attempts.before({ ...begun, ...short }, run, "span")).toBeDefined();
  });

  it("is told of once in a process, by whoever is first", async () => {
    const { attempts, asked } = serverOf(pending(timeout));
    expect(await attempts.before(begun, run, "found")).toBeDefined();
    expect(attempts.claim("found")).toBe(false);
    expect(attempts.claim("failed")).toBe(true);
    expect(await attempts.before(begun, run, "failed")).toBeUndefined();
    expect(asked).toHaveLength(1);
  });

  it("is not asked for without end: so many a minute, and more in the next", async () => {
    const { attempts, asked, pass } = serverOf(pending(busy));
    const askAll = async (): Promise<void> => {
      await Promise.all(
        Array.from({ length: MOST_ASKED + 10 }, (_, i) => attempts.before(begun, run, `${i}`)),
      );
    };
    await askAll();
    expect(asked).toHaveLength(MOST_ASKED);
    pass(60_000);
    await askAll();
    expect(asked).toHaveLength(2 * MOST_ASKED);
    pass(-120_000);
    await askAll();
    expect(asked).toHaveLength(3 * MOST_ASKED);
  });

  it("is none where the server cannot be asked, or answers something else", async () => {
    for (const answer of [new Error("denied"), undefined, "text", { pendingActivities: [null] }]) {
      // oxlint-disable-next-line no-await-in-loop -- one answer after the other
      expect(await serverOf(answer).attempts.before(begun, run, "span")).toBeUndefined();
    }
  });

  it("remembers the newest 10,000 that were told of, no more", () => {
    const { attempts } = serverOf(undefined);
    for (let i = 0; i <= 10_000; i += 1) attempts.claim(`${i}`);
    expect(attempts.claim("10000")).toBe(false);
    expect(attempts.claim("1")).toBe(false);
    expect(attempts.claim("0")).toBe(true);
  });
});
