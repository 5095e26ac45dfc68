import { expect, it } from "vitest";
import { runWithActivity } from "../../test/doubles/running-activity.ts";
import { runningActivity, runningCancelReason } from "./running-activity.ts";

it("the running activity, and why it was cancelled, are known where the SDK keeps them", () => {
  const controller = new AbortController();
  const info = { activityId: "7" };
  const known = (): unknown =>
    runWithActivity(info, () => [runningActivity(), runningCancelReason()], controller.signal);
  expect(known()).toEqual([info, undefined]);
  controller.abort(new Error("TIMED_OUT"));
  expect(known()).toEqual([info, "TIMED_OUT"]);
});

it("outside of an activity, or where the SDK keeps it elsewhere, a cancellation is taken for one", () => {
  expect(runningActivity()).toBeUndefined();
  expect(runningCancelReason()).toBe("CANCELLED");
});

it("what cannot be read harms nobody", () => {
  const broken = Object.defineProperty({}, "aborted", {
    get() {
      throw new Error("broken");
    },
  });
  expect(runWithActivity({}, runningCancelReason, Object(broken))).toBe("CANCELLED");
});
