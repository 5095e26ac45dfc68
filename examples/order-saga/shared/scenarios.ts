/**
 * The seven ways an order can go, as data.
 *
 * Demo, tests and recorded fixtures all play this list, on both engines, with the same order ids.
 */
import type { Decision, FailureName, Order, OrderResult } from "./order.ts";

/** What must come out of a scenario, on either engine. */
export type ExpectedOutcome =
  | { readonly outcome: "completed"; readonly status: OrderResult["status"] }
  | { readonly outcome: "failed"; readonly error: FailureName };

/** The name of a scenario, also the name of its recorded histories. */
export type ScenarioName =
  | "fulfilled"
  | "declined"
  | "approved"
  | "rejected"
  | "expired"
  | "undeliverable"
  | "refund-fails";

/** One order, the reviewer's part in it, and the expected end. */
export interface Scenario {
  readonly name: ScenarioName;
  readonly order: Order;
  /** What the reviewer does; absent when the order needs no approval. */
  readonly review?: Decision | "never answers";
  readonly expected: ExpectedOutcome;
}

const SMALL = 12_900;
const LARGE = 75_000;

/** All scenarios, in the order of their ids. */
export const scenarios: readonly Scenario[] = [
  {
    name: "fulfilled",
    order: {
      orderId: "order-1000",
      cents: SMALL,
      inject: { chargeCard: { error: "GatewayTimeout", attempts: 2 } },
    },
    expected: { outcome: "completed", status: "fulfilled" },
  },
  {
    name: "declined",
    order: {
      orderId: "order-1001",
      cents: SMALL,
      inject: { chargeCard: { error: "CardDeclined" } },
    },
    expected: { outcome: "failed", error: "CardDeclined" },
  },
  {
    name: "approved",
    order: { orderId: "order-1002", cents: LARGE },
    review: { approved: true, reviewerId: "alice" },
    expected: { outcome: "completed", status: "fulfilled" },
  },
  {
    name: "rejected",
    order: { orderId: "order-1003", cents: LARGE },
    review: { approved: false, reviewerId: "alice" },
    expected: { outcome: "completed", status: "rejected" },
  },
  {
    name: "expired",
    order: { orderId: "order-1004", cents: LARGE },
    review: "never answers",
    expected: { outcome: "completed", status: "rejected" },
  },
  {
    name: "undeliverable",
    order: {
      orderId: "order-1005",
      cents: SMALL,
      inject: { allocateShipping: { error: "Undeliverable" } },
    },
    expected: { outcome: "failed", error: "Undeliverable" },
  },
  {
    name: "refund-fails",
    order: {
      orderId: "order-1006",
      cents: SMALL,
      inject: { chargeCard: { error: "CardDeclined" }, refund: { error: "RefundFailed" } },
    },
    expected: { outcome: "failed", error: "RefundFailed" },
  },
];
