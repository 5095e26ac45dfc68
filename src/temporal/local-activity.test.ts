import { expect, it } from "vitest";
import { jsonPayload } from "../../test/generators/temporal-history.ts";
import { localActivity } from "./local-activity.ts";

const marker = (markerName: string, details: Record<string, unknown>): Record<string, unknown> => ({
  markerName,
  details: Object.fromEntries(
    Object.entries(details).map(([name, value]) => [name, { payloads: [jsonPayload(value)] }]),
  ),
});

it("reads the marker of SDKs on the shared core", () => {
  const data = { seq: 3, attempt: 2, activity_id: "a-1", activity_type: "charge" };
  expect(localActivity(marker("core_local_activity", { data }))).toEqual({
    activityId: "a-1",
    activityType: "charge",
  });
});

it("reads the marker of the Go SDK", () => {
  const data = { ActivityID: "1", ActivityType: "charge", Attempt: 3 };
  expect(localActivity(marker("LocalActivity", { data }))).toEqual({
    activityId: "1",
    activityType: "charge",
  });
});

it("reads the marker of the Java SDK, which has a detail a field", () => {
  expect(
    localActivity(marker("LocalActivity", { activityId: "a-1", type: "charge" })),
  ).toMatchObject({ activityId: "a-1", activityType: "charge" });
});

it("falls back on the sequence number, and on words for what is missing", () => {
  expect(localActivity(marker("core_local_activity", { data: { seq: 3 } }))).toEqual({
    activityId: "3",
    activityType: "local activity",
  });
});

it.each([{}, { details: { data: { payloads: "none" } } }, { details: "none" }])(
  "reads what it can of the broken marker %j",
  (broken) => {
    expect(localActivity({ markerName: "core_local_activity", ...broken })).toEqual({
      activityId: "0",
      activityType: "local activity",
    });
  },
);

it("does not trust types: an id or a name that is none is passed over", () => {
  const data = { activity_id: { toString: 1 }, activity_type: 5 };
  expect(localActivity(marker("core_local_activity", { data }))).toEqual({
    activityId: "0",
    activityType: "local activity",
  });
});

it.each(["core_patch", "Version", "", undefined])("is none in a marker named %j", (markerName) => {
  expect(localActivity({ markerName })).toBeUndefined();
});
