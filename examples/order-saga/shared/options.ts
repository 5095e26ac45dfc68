/**
 * What a history does not say by itself, said once.
 *
 * No engine knows that `refund` undoes two other steps, or that the wait after `notifyReviewer` is
 * an approval. The trace readers of both engines take these options, and `refund` itself walks the
 * same list, so the trace cannot claim a compensation that the code does not do.
 */

import type { StepName } from "./order.ts";

/** The shape of {@link sagaOptions}. */
export interface SagaOptions {
  /** The steps that each compensation undoes, in the order in which they are done. */
  readonly compensates: { readonly refund: readonly StepName[] };
  /** The name of the wait that begins after a step. */
  readonly waits: { readonly notifyReviewer: string };
}

/** Which step undoes which, and what is waited for after which step. */
export const sagaOptions: SagaOptions = {
  compensates: { refund: ["reserveInventory", "chargeCard"] },
  waits: { notifyReviewer: "approval" },
};
