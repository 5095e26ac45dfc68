/**
 * Where task tokens wait for a reviewer.
 *
 * A task token is a key: whoever holds it can end the wait. So it goes from the `notifyReviewer`
 * function into a store and from there into the approve command, and never into a log line.
 */

/** Keeps the task token of each waiting order. In production: a table with a time to live. */
export interface Approvals {
  /** Keeps the token of an order that waits from now on. A second token replaces the first. */
  keep(orderId: string, taskToken: string): Promise<void>;
  /** The token of a waiting order; `undefined` when nobody was asked about it. */
  find(orderId: string): Promise<string | undefined>;
}

/** Approvals in this process's memory, enough for a demo and for tests. */
export function memoryApprovals(): Approvals {
  const tokens = new Map<string, string>();
  return {
    async keep(orderId, taskToken) {
      tokens.set(orderId, taskToken);
    },
    async find(orderId) {
      return tokens.get(orderId);
    },
  };
}
