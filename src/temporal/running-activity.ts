import { property } from "../correlation/property.ts";
import type { ActivityInfo } from "./activity-tracing.ts";

/**
 * Where the SDK keeps the context of the running activity, for all copies of `@temporalio/activity` in a process
 * (https://github.com/temporalio/sdk-typescript/blob/main/packages/activity/src/index.ts).
 */
const STORAGE = Symbol.for("__temporal_activity_context_storage__");

/**
 * The SDK's `Info` of the activity that the calling code runs in; undefined outside of one, and with an SDK that keeps it
 * elsewhere. Read from the global so that nothing of `@temporalio/activity` is imported. Never throws.
 */
export function runningActivity(): Partial<ActivityInfo> | undefined {
  try {
    const storage: unknown = Reflect.get(globalThis, STORAGE);
    const getStore = property(storage, "getStore");
    if (typeof getStore !== "function") return undefined;
    const info: unknown = property(Reflect.apply(getStore, storage, []), "info");
    return typeof info === "object" && info !== null ? info : undefined;
  } catch {
    return undefined;
  }
}
