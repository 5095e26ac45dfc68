import { ApplicationFailure, CancelledFailure, TimeoutFailure } from "@temporalio/common";
import { describe, expect, it } from "vitest";
import { endingOf } from "./attempt-ending.ts";

class CardDeclined extends Error {}
class OwnFailure extends ApplicationFailure {
  override readonly name: string = "OwnFailure";
}

const application = (type: string, cause?: Error): ApplicationFailure =>
  ApplicationFailure.create({ type, message: "no", ...(cause !== undefined && { cause }) });
const typesOf = (error: unknown): unknown[] => {
  const { outcome, failure } = endingOf(error, {}, undefined);
  return [outcome, failure?.type, failure?.innermost];
};
const aborted = (): unknown => AbortSignal.abort().reason;

describe("how an attempt ended", () => {
  it.each([
    ["an application failure", application("Busy"), "Busy", undefined],
    ["an application failure without a type", ApplicationFailure.create({}), "Error", undefined],
    ["a subclass of it", new OwnFailure("no", "Busy"), "Busy", undefined],
    ["an error of a class of its own", new CardDeclined("no"), "CardDeclined", undefined],
    [
      "an error with a type of somebody else's",
      Object.assign(new CardDeclined(), { type: "system" }),
      "CardDeclined",
      undefined,
    ],
    ["an object of no class", Object.create(null), "Error", undefined],
    ["a text", "no", "Error", undefined],
    ["nothing", undefined, "Error", undefined],
    ["a request that the activity aborted by itself", aborted(), "DOMException", undefined],
    [
      "a cancellation that nobody asked for",
      new CancelledFailure("own"),
      "CancelledFailure",
      undefined,
    ],
    [
      "a cause with a type",
      new CardDeclined("no", { cause: application("Inner") }),
      "CardDeclined",
      "Inner",
    ],
    [
      "the deepest cause with a type",
      application("Outer", application("Middle", application("Inner"))),
      "Outer",
      "Inner",
    ],
    [
      "a cause that is a time-out of Temporal's",
      application("Outer", new TimeoutFailure("late", undefined, "START_TO_CLOSE")),
      "Outer",
      "Timeout",
    ],
    [
      "a cause without a type",
      new CardDeclined("no", { cause: new TypeError("x") }),
      "CardDeclined",
      undefined,
    ],
    [
      "a cause that is no error",
      new CardDeclined("no", { cause: { type: "x" } }),
      "CardDeclined",
      undefined,
    ],
  ])("is told by %s as the history tells it", (_what, error, type, innermost) => {
    expect(typesOf(error)).toEqual(["failed", type, innermost]);
  });

  it("is followed by causes that go round in a circle, though not for ever", () => {
    const [one, other] = [application("One"), application("Other")];
    Object.assign(one, { cause: other });
    Object.assign(other, { cause: one });
    expect(typesOf(one)[0]).toBe("failed");
  });

  it.each([
    ["CANCELLED", "cancelled", undefined],
    ["NOT_FOUND", "cancelled", undefined],
    ["TIMED_OUT", "timed_out", "Timeout"],
    ["WORKER_SHUTDOWN", "failed", "WorkerShutdown"],
  ])("is told by the SDK's reason %s, where it cancelled the attempt", (reason, outcome, type) => {
    for (const error of [new CancelledFailure(reason), aborted()]) {
      const ending = endingOf(error, {}, reason);
      expect([ending.outcome, ending.failure?.type]).toEqual([outcome, type]);
    }
    expect(endingOf(new CardDeclined("no"), {}, reason).failure?.type).toBe("CardDeclined");
  });

  it("is an expected failure where the application says so to Temporal", () => {
    const benign = { category: "BENIGN" } as const;
    expect(endingOf(ApplicationFailure.create(benign), {}, undefined).failure?.benign).toBe(true);
    expect(
      endingOf(Object.assign(new Error("no"), benign), {}, undefined).failure?.benign,
    ).toBeUndefined();
  });
});
