/** What the load generator plays: the scenarios again and again, and orders that end in ways of their own. */

import type { Order } from "../shared/order.ts";
import { type Scenario, scenarios } from "../shared/scenarios.ts";

/** Orders of one round: every scenario once, under ids that no other round and no other process takes. */
export function roundOf(prefix: string, round: number): readonly Scenario[] {
  const ofRound = ({ order, ...scenario }: Scenario): Scenario => ({
    ...scenario,
    order: { ...order, orderId: `${prefix}-${round}-${scenario.name}` },
  });
  return scenarios.map(ofRound);
}

/** An order that waits for a reviewer who does not answer by himself. */
export function waitingOrder(prefix: string, round: number, name: string): Order {
  return { orderId: `${prefix}-${round}-${name}`, cents: 75_000 };
}
