import { describe, expect, it } from "vitest";
import { type RetryInfo, willRetry } from "./retry-prediction.ts";

const info: RetryInfo = { attempt: 2, retryPolicy: { maximumAttempts: 4 } };
const error = (over: object = {}): Error =>
  Object.assign(new Error("no"), { name: "ApplicationFailure", ...over });

describe("a failed attempt is tried again", () => {
  it("while the policy has attempts left, without a limit too, or without a policy", () => {
    expect(willRetry(info, error(), 0)).toBe(true);
    expect(willRetry({ ...info, attempt: 4 }, error(), 0)).toBe(false);
    expect(willRetry({ attempt: 99, retryPolicy: { maximumAttempts: 0 } }, error(), 0)).toBe(true);
    expect(willRetry({ attempt: 99, retryPolicy: {} }, error(), 0)).toBe(true);
    expect(willRetry({ attempt: 99 }, error(), 0)).toBe(true);
  });

  it("unless the application, or the policy by the error's type or name, says that it is final", () => {
    const retryPolicy = { nonRetryableErrorTypes: ["CardDeclined", "TypeError"] };
    expect(willRetry(info, error({ nonRetryable: true }), 0)).toBe(false);
    expect(willRetry({ ...info, retryPolicy }, error({ type: "CardDeclined" }), 0)).toBe(false);
    expect(willRetry({ ...info, retryPolicy }, new TypeError("x"), 0)).toBe(false);
    expect(willRetry({ ...info, retryPolicy }, error({ type: "Busy" }), 0)).toBe(true);
    expect(willRetry({ ...info, retryPolicy }, "thrown text", 0)).toBe(true);
    class CardDeclined extends Error {}
    expect(willRetry({ ...info, retryPolicy }, new CardDeclined("x"), 0)).toBe(false);
  });

  it("whatever an error says that is none of Temporal's: the server is not told", () => {
    const others = Object.assign(new Error("no"), { nonRetryable: true, nextRetryDelay: 1e9 });
    expect(willRetry(info, others, 0)).toBe(true);
    expect(willRetry({ ...info, scheduleToCloseTimeoutMs: 500 }, others, 0)).toBe(true);
  });

  it("unless the time for all attempts is over; 0 means without a limit", () => {
    const limited = { ...info, scheduledTimestampMs: 1000, scheduleToCloseTimeoutMs: 500 };
    expect(willRetry(limited, error(), 1400)).toBe(true);
    expect(willRetry(limited, error(), 1500)).toBe(false);
    expect(willRetry({ ...limited, scheduleToCloseTimeoutMs: 0 }, error(), 9999)).toBe(true);
  });

  it("unless that time would be over before the next attempt begins", () => {
    const limited = { attempt: 3, scheduledTimestampMs: 0, scheduleToCloseTimeoutMs: 10_000 };
    const after = (retryPolicy: RetryInfo["retryPolicy"], thrown = error()): boolean =>
      willRetry({ ...limited, retryPolicy }, thrown, 5000);
    expect(after({ initialInterval: 1000 })).toBe(true);
    expect(after({ initialInterval: 1250 })).toBe(false);
    expect(after({ initialInterval: 1250, backoffCoefficient: 1 })).toBe(true);
    expect(after({ initialInterval: 1250, maximumInterval: 4000 })).toBe(true);
    expect(after({ initialInterval: 1250, maximumInterval: 0 })).toBe(false);
    expect(after({ initialInterval: 1 }, error({ nextRetryDelay: 5000 }))).toBe(false);
    expect(after({ initialInterval: "1 hour" })).toBe(true);
  });
});
