import { ApplicationFailure, Context, sleep } from "@temporalio/activity";

/** Activities whose first attempt goes wrong, each in a way of its own; the second one is well. */
export interface RetriedActivities {
  /** Waits until the SDK says that its time is over. */
  hangs(): Promise<void>;
  /** Tells of its heart once, and then no more. */
  fallsSilent(): Promise<void>;
  /** Fails when its time is long over. */
  failsTooLate(): Promise<void>;
  /** Is well, but when its time is long over. */
  endsTooLate(): Promise<void>;
  failsWithType(): Promise<void>;
  failsWithClass(): Promise<void>;
  failsWithCause(): Promise<void>;
  failsWithPlainCause(): Promise<void>;
  /** Aborts a request of its own, which is no cancellation of Temporal's. */
  abortsItself(): Promise<void>;
  /** Fails with a class that the retry policy takes for final. */
  failsForGood(): Promise<void>;
  /** Fails so that the next attempt would begin after the time for all of them. */
  failsTooNearTheEnd(): Promise<void>;
  /** Goes on until its worker stops. */
  outlivesItsWorker(): Promise<void>;
}

class GatewayBusy extends Error {}
class CardDeclined extends Error {}

/** Runs the attempt that goes wrong; later ones end at once. */
function first(wrong: () => Promise<void> | never): () => Promise<void> {
  return async () => {
    if (Context.current().info.attempt === 1) await wrong();
  };
}

function fail(error: unknown): () => never {
  return () => {
    throw error;
  };
}

export const activities: RetriedActivities = {
  hangs: first(() => Context.current().cancelled),
  fallsSilent: first(() => {
    Context.current().heartbeat();
    return Context.current().cancelled;
  }),
  failsTooLate: first(async () => {
    await sleep(1800);
    throw ApplicationFailure.create({ type: "TooLate" });
  }),
  endsTooLate: first(() => sleep(1800)),
  failsWithType: first(fail(ApplicationFailure.create({ type: "CardUnavailable" }))),
  failsWithClass: first(fail(new GatewayBusy("busy"))),
  failsWithCause: first(
    fail(new Error("outer", { cause: ApplicationFailure.create({ type: "Inner" }) })),
  ),
  failsWithPlainCause: first(fail(new GatewayBusy("outer", { cause: new Error("socket") }))),
  abortsItself: first(fail(AbortSignal.abort().reason)),
  failsForGood: fail(new CardDeclined("no")),
  failsTooNearTheEnd: fail(new GatewayBusy("busy")),
  outlivesItsWorker: first(() => sleep("1 hour")),
};
