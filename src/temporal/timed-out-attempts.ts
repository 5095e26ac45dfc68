import type { Clock } from "../core/ports.ts";
import { property } from "../host/property.ts";
import { attributesField, eventType } from "./history-event.ts";
import { newestIds } from "./newest-ids.ts";
import type { ActivityInfo } from "./running-activity.ts";
import type { AskedRun, RunQuestions } from "./server-questions.ts";
import { isTimeout } from "./workflow/failure.ts";
import { integer, message, timestamp } from "./workflow/proto-value.ts";

/** An attempt that begins: the parts of the SDK's activity `Info` that tell whether the one before it may have timed out. */
export type BegunAttempt = Pick<
  ActivityInfo,
  | "activityId"
  | "attempt"
  | "isLocal"
  | "currentAttemptScheduledTimestampMs"
  | "scheduledTimestampMs"
  | "startToCloseTimeoutMs"
  | "heartbeatTimeoutMs"
>;

/** An attempt that the server gave up, and tries again. */
export interface TimedOutAttempt {
  /** Its failure as the server has it (`temporal.api.failure.v1.Failure`). */
  readonly failure: unknown;
  /** When the server gave it up, in milliseconds since the epoch; undefined where the server does not say. */
  readonly ended: number | undefined;
}

/** Finds the attempts that timed out and were tried again: of those no worker is told. */
export interface TimedOutAttempts {
  /**
   * The attempt before the one that begins, where it timed out. Asks the server, and only where that can be; never rejects.
   * To be called before the attempt is run, so that the server answers while it still knows.
   *
   * @param spanId span of the attempt before
   */
  before(begun: BegunAttempt, run: AskedRun, spanId: string): Promise<TimedOutAttempt | undefined>;
  /** Whether the retry of an attempt is still to be told of here: true the first time, false afterwards. */
  claim(spanId: string): boolean;
}

/** Most attempts a minute that are asked about: a worker that dies leaves as many behind as it ran, some hundred. */
export const MOST_ASKED: number = 200;
const MINUTE_MS = 60_000;

/** Most attempts that are remembered as told of. */
const MOST_CLAIMED = 10_000;

/**
 * Makes what finds the retries that follow a time-out. An attempt that failed is told of by its own worker, which has the
 * failure; the worker of one that timed out is dead, hangs or does not know. The next attempt's worker knows no more than
 * its number, so it asks the server for the failure before it, by reads that change nothing: where attempts have lasted
 * long enough for a time-out, and about at most {@link MOST_ASKED} a minute.
 */
export function timedOutAttempts(server: RunQuestions, clock: Clock = Date.now): TimedOutAttempts {
  const claimed = newestIds(MOST_CLAIMED);
  let minute = -Infinity;
  let asked = 0;

  function mayAsk(): boolean {
    const now = clock();
    if (now - minute >= MINUTE_MS || now < minute) {
      minute = now;
      asked = 0;
    }
    asked += 1;
    return asked <= MOST_ASKED;
  }

  return {
    claim: (spanId) => claimed.claim(spanId),
    async before(begun, run, spanId) {
      if (!mayHaveTimedOut(begun) || claimed.has(spanId) || !mayAsk()) return undefined;
      try {
        const found = await lastTimeout(server, begun, run);
        return found !== undefined && claimed.claim(spanId) ? found : undefined;
      } catch {
        return undefined;
      }
    },
  };
}

/** Attempts follow each other: no less time has passed since the first was scheduled than one that timed out took. */
function mayHaveTimedOut(begun: BegunAttempt): boolean {
  // The attempts of a local activity are the worker's own affair: the server knows none of them.
  if (begun.attempt < 2 || begun.isLocal) return false;
  const { startToCloseTimeoutMs = 0, heartbeatTimeoutMs = 0, scheduledTimestampMs = 0 } = begun;
  const limits = [startToCloseTimeoutMs, heartbeatTimeoutMs].filter((ms) => ms > 0);
  return begun.currentAttemptScheduledTimestampMs - scheduledTimestampMs >= Math.min(...limits);
}

async function lastTimeout(
  server: RunQuestions,
  begun: BegunAttempt,
  run: AskedRun,
): Promise<TimedOutAttempt | undefined> {
  const pending = list(await server.describe(run), "pendingActivities").find(
    (it) => property(it, "activityId") === begun.activityId,
  );
  // An attempt that takes a few milliseconds is over before the answer, and with it the activity: that is in the history.
  const known =
    pending ?? startedEvent(list(await server.newestEvents(run), "history", "events"), begun);
  const { attempt, lastFailure, lastAttemptCompleteTime } = message(known);
  // By now it may be a later attempt's turn: then the failure is another one's.
  if (integer(attempt) !== begun.attempt || !isTimeout(lastFailure)) return undefined;
  const ended = timestamp(lastAttemptCompleteTime);
  return { failure: lastFailure, ended: Number.isNaN(ended) ? undefined : ended };
}

/** What the event says that was written with the end of an activity's last attempt; undefined when there is none. */
function startedEvent(newestFirst: readonly unknown[], { activityId }: BegunAttempt): unknown {
  const started = new Map<number, unknown>();
  for (const event of newestFirst) {
    const type = eventType(property(event, "eventType"));
    const attributes = message(property(event, attributesField(type)));
    if (type === "ActivityTaskStarted")
      started.set(integer(attributes["scheduledEventId"]) ?? -1, attributes);
    if (type === "ActivityTaskScheduled" && attributes["activityId"] === activityId)
      return started.get(integer(property(event, "eventId")) ?? -1);
  }
  return undefined;
}

function list(answer: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = path.reduce(property, answer);
  return Array.isArray(found) ? found : [];
}
