import { type ActivityOptions, log, proxyActivities } from "@temporalio/workflow";
import type { RetriedActivities } from "./activities.ts";

const POLICY: NonNullable<ActivityOptions["retry"]> = {
  initialInterval: "50ms",
  nonRetryableErrorTypes: ["CardDeclined"],
};

/** What is not as it is for the others. */
const OPTIONS: Partial<Record<keyof RetriedActivities, ActivityOptions>> = {
  hangs: { startToCloseTimeout: "1s" },
  failsTooLate: { startToCloseTimeout: "1s" },
  endsTooLate: { startToCloseTimeout: "1s" },
  fallsSilent: { startToCloseTimeout: "30s", heartbeatTimeout: "1s" },
  failsTooNearTheEnd: {
    scheduleToCloseTimeout: "5s",
    retry: { ...POLICY, initialInterval: "1 minute" },
  },
};

/** Calls one activity, whatever becomes of it. */
export async function retried(name: keyof RetriedActivities): Promise<void> {
  const activities = proxyActivities<RetriedActivities>({
    startToCloseTimeout: "30s",
    retry: POLICY,
    ...OPTIONS[name],
  });
  try {
    await activities[name]();
  } catch (error) {
    log.info("failed for good", { name, error: String(error) });
  }
}
