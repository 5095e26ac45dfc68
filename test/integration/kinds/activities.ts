import { ApplicationFailure, Context, sleep } from "@temporalio/activity";

/** Activities of the workflows beside. */
export interface KindActivities {
  quick(what: string): Promise<string>;
  /** Fails but for its last permitted attempt. */
  flaky(what: string): Promise<string>;
  failing(what: string): Promise<void>;
  /** Goes on until it is cancelled. */
  slow(what: string): Promise<void>;
}

export const activities: KindActivities = {
  quick: (what) => Promise.resolve(what),
  async flaky(what) {
    if (Context.current().info.attempt < 3)
      throw ApplicationFailure.create({ message: "again", type: "Flaky" });
    Context.current().log.info("flaky at last");
    return what;
  },
  failing: () => Promise.reject(ApplicationFailure.nonRetryable("never", "ForGood")),
  async slow() {
    for (;;) {
      Context.current().heartbeat();
      // oxlint-disable-next-line no-await-in-loop -- a heartbeat at a time is what it is for
      await sleep(100);
    }
  },
};
