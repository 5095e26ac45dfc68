import { BACKEND_LIMITS } from "./backend-limits.ts";

/**
 * A span that is exported more than this long after its end is late, in milliseconds: the shortest time after which a
 * backend that we know of refuses spans (see {@link BACKEND_LIMITS}), which is one hour.
 */
export const DEFAULT_LATE_AFTER_MS: number = Math.min(
  ...BACKEND_LIMITS.map(({ refusesAfter }) => refusesAfter ?? Infinity),
);
