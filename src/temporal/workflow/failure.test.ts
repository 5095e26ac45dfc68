import { describe, expect, it } from "vitest";
import { failedOutcome, failureOf, isCancellation, isTermination, isTimeout } from "./failure.ts";

const application = (type: string, more: object = {}): object => ({
  message: `${type} happened`,
  stackTrace: "at secret.ts:1",
  applicationFailureInfo: { type, details: { payloads: [{ data: "c2VjcmV0" }] } },
  ...more,
});
const wrapped = (cause: unknown): object => ({
  message: "Activity task failed",
  activityFailureInfo: { activityType: { name: "charge" }, identity: "worker" },
  cause,
});

describe("failureOf", () => {
  it("tells the application's type and message, and never details or stack traces", () => {
    expect(failureOf(application("CardDeclined"))).toEqual({
      type: "CardDeclined",
      message: "CardDeclined happened",
    });
  });

  it.each([
    "activityFailureInfo",
    "childWorkflowExecutionFailureInfo",
    "nexusOperationExecutionFailureInfo",
  ])("tells what %s wraps instead of the wrapper", (wrapper) => {
    const failure = { message: "Wrapper", [wrapper]: {}, cause: application("CardDeclined") };
    expect(failureOf(failure).type).toBe("CardDeclined");
  });

  it("names no cause that has no type: it would hide the one around it", () => {
    const failure = application("GatewayBusy", { cause: { message: "socket hang up" } });
    expect(failureOf(failure)).not.toHaveProperty("innermost");
    const deeper = application("SagaFailed", { cause: application("Busy", { cause: {} }) });
    expect(failureOf(deeper).innermost).toBe("Busy");
  });

  it("names the deepest cause beside the outermost failure", () => {
    const failure = wrapped(application("SagaFailed", { cause: application("CardDeclined") }));
    expect(failureOf(failure)).toEqual({
      type: "SagaFailed",
      message: "SagaFailed happened",
      innermost: "CardDeclined",
    });
  });

  it.each<[string, object]>([
    ["Timeout", { timeoutFailureInfo: {} }],
    ["Cancelled", { canceledFailureInfo: {} }],
    ["Terminated", { terminatedFailureInfo: {} }],
    ["ServerFailure", { serverFailureInfo: {} }],
    ["NOT_FOUND", { nexusHandlerFailureInfo: { type: "NOT_FOUND" } }],
    ["ActivityFailure", { activityFailureInfo: {} }],
    ["ChildWorkflowFailure", { childWorkflowExecutionFailureInfo: {} }],
    ["Error", { resetWorkflowFailureInfo: {} }],
    ["Error", { applicationFailureInfo: {} }],
  ])("calls a failure of the engine %s, without the engine's message", (type, info) => {
    expect(failureOf({ message: "may quote a payload", ...info })).toMatchObject({ type });
    expect(JSON.stringify(failureOf({ ...info, message: "" }))).not.toContain("message");
  });

  it("keeps a message to itself where only the engine speaks", () => {
    expect(failureOf({ message: "secret", timeoutFailureInfo: {} })).toEqual({ type: "Timeout" });
  });

  it("drops or rewrites messages as told", () => {
    expect(failureOf(application("X"), "drop")).toEqual({ type: "X" });
    expect(failureOf(application("X"), () => "redacted").message).toBe("redacted");
  });

  it.each([1, "APPLICATION_ERROR_CATEGORY_BENIGN", "Benign"])(
    "knows a failure of the category %s as an expected one",
    (category) => {
      const failure = { applicationFailureInfo: { type: "NotYet", category } };
      expect(failureOf(failure).benign).toBe(true);
      expect(failureOf(application("X"))).not.toHaveProperty("benign");
    },
  );

  it.each([undefined, null, "text", 5, {}])("calls %j an Error", (failure) => {
    expect(failureOf(failure)).toEqual({ type: "Error" });
  });

  it("ends with a chain of causes that does not", () => {
    const endless: Record<string, unknown> = { applicationFailureInfo: { type: "Loop" } };
    endless["cause"] = endless;
    expect(failureOf(endless)).toEqual({ type: "Loop" });
  });
});

describe("how a step ended whose engine only says that it failed", () => {
  it.each<[string, object]>([
    ["cancelled", { canceledFailureInfo: {} }],
    ["terminated", { terminatedFailureInfo: {} }],
    ["timed_out", { timeoutFailureInfo: {} }],
    ["failed", application("CardDeclined")],
  ])("is %s, by the failure itself or what it wraps", (outcome, failure) => {
    expect(failedOutcome(failure)).toBe(outcome);
    expect(failedOutcome(wrapped(failure))).toBe(outcome);
  });

  it("is not told by a deeper cause: a child that failed since its activity timed out did fail", () => {
    const child = {
      childWorkflowExecutionFailureInfo: {},
      cause: wrapped({ timeoutFailureInfo: {} }),
    };
    expect(failedOutcome(child)).toBe("failed");
  });

  it.each([undefined, null, {}, "text"])("is failed when there is no failure but %j", (failure) => {
    expect(failedOutcome(failure)).toBe("failed");
    expect([isTimeout(failure), isCancellation(failure), isTermination(failure)]).toEqual([
      false,
      false,
      false,
    ]);
  });
});
