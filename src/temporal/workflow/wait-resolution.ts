import type { StepClosed } from "../../core/event.ts";
import type { StepOutcome } from "../../core/model.ts";

/** What may have ended a wait: a signal or an update that the same workflow task took in. */
export interface Resolver {
  /** Key of the signal's or the update's step. */
  readonly step: string;
  readonly identity?: string;
}

/** How a cancelled timer's wait ended, told by what came in with the same workflow task. */
export function resolution(
  resolver: Resolver | undefined,
  runCancelled: boolean,
): { readonly outcome: StepOutcome; readonly wait: NonNullable<StepClosed["wait"]> } {
  if (resolver === undefined && runCancelled)
    return { outcome: "cancelled", wait: { outcome: "cancelled" } };
  return {
    outcome: "completed",
    wait: {
      outcome: "resolved",
      ...(resolver !== undefined && { resolvedByStep: resolver.step }),
      ...(resolver?.identity !== undefined && { resolvedBy: resolver.identity }),
    },
  };
}
