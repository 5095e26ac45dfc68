import { expect, test } from "vitest";
import { needsApproval } from "./order.ts";
import { scenarios } from "./scenarios.ts";

test("scenarios have ids and names of their own", () => {
  expect(scenarios.map((scenario) => `${scenario.name} ${scenario.order.orderId}`)).toEqual([
    "fulfilled order-1000",
    "declined order-1001",
    "approved order-1002",
    "rejected order-1003",
    "expired order-1004",
    "undeliverable order-1005",
    "refund-fails order-1006",
  ]);
});

test("a reviewer has a part exactly where the price asks for one", () => {
  for (const { order, review } of scenarios) {
    expect(review !== undefined).toBe(needsApproval(order));
  }
});

test("500.00 itself needs no approval, one cent more does", () => {
  expect(needsApproval({ orderId: "order-1", cents: 50_000 })).toBe(false);
  expect(needsApproval({ orderId: "order-1", cents: 50_001 })).toBe(true);
});
