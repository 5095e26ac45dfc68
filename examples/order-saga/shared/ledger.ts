/**
 * The store that makes each step idempotent.
 *
 * Both engines run a step *at least* once: a worker may die after the card was charged and before
 * it could say so. So every effect goes through a ledger under a key that is derived from the order,
 * and the second call with the same key gets the first one's result.
 */
import type { Order, StepName } from "./order.ts";

/** Where the steps remember their effects. In production: a table with a unique key. */
export interface Ledger {
  /**
   * Runs `effect` once for this key, and gives its result to every later call, also to one that
   * comes while the first still runs. An effect that throws is forgotten and may run again.
   */
  once(key: string, effect: () => Promise<string>): Promise<string>;
  /** The result under this key; `undefined` when nothing was done. */
  find(key: string): Promise<string | undefined>;
}

/** The key of a step's effect. The same order always gives the same key, on every attempt. */
export function effectKey(step: StepName, order: Order): string {
  return `${order.orderId}/${step}`;
}

/** The key under which the undoing of a step's effect is remembered. */
export function undoKey(step: StepName, order: Order): string {
  return `${order.orderId}/undo/${step}`;
}

/** A ledger in this process's memory, enough for a demo and for tests. */
export function memoryLedger(): Ledger {
  const results = new Map<string, Promise<string>>();
  return {
    once(key, effect) {
      const known = results.get(key);
      if (known !== undefined) return known;
      const result = effect().catch((error: unknown) => {
        results.delete(key);
        throw error;
      });
      results.set(key, result);
      return result;
    },
    async find(key) {
      return results.get(key);
    },
  };
}
