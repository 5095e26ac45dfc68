import { expect, test } from "vitest";
import { memoryLedger } from "../shared/ledger.ts";
import { createLog } from "../shared/log.ts";
import type { Order } from "../shared/order.ts";
import { memoryApprovals } from "./approvals.ts";
import { createHandlers, type HandlerDependencies, type StepEvent } from "./handlers.ts";

const order: Order = { orderId: "order-1", cents: 75_000 };

function event(retryCount = 0, sent: Order = order): StepEvent {
  return {
    order: sent,
    _wf: {
      e: "arn:aws:states:us-east-1:123456789012:execution:orderSaga:order-1",
      s: { Name: "chargeCard", RetryCount: retryCount, EnteredTime: "2026-11-01T12:00:00.000Z" },
      r: 0,
    },
  };
}

function bench(): HandlerDependencies & { readonly lines: string[] } {
  const lines: string[] = [];
  const log = createLog({ write: (line) => lines.push(line) });
  log.level = "trace";
  return { ledger: memoryLedger(), approvals: memoryApprovals(), log, lines };
}

test("the attempt's number is the state's retry count and one", async () => {
  const { chargeCard } = createHandlers(bench());
  const unlucky: Order = {
    ...order,
    inject: { chargeCard: { error: "GatewayTimeout", attempts: 2 } },
  };

  await expect(chargeCard(event(0, unlucky))).rejects.toThrow("did not answer");
  await expect(chargeCard(event(1, unlucky))).rejects.toThrow("did not answer");
  expect(await chargeCard(event(2, unlucky))).toEqual({ chargeId: "chargeCard-order-1" });
});

test("an error keeps its name, which Lambda reports as its type", async () => {
  const { allocateShipping } = createHandlers(bench());
  const undeliverable: Order = {
    ...order,
    inject: { allocateShipping: { error: "Undeliverable" } },
  };

  await expect(allocateShipping(event(0, undeliverable))).rejects.toMatchObject({
    name: "Undeliverable",
  });
});

test("the task token goes to the approvals, and into no log line and no result", async () => {
  const { lines, ...stores } = bench();
  const { notifyReviewer } = createHandlers(stores);
  const result = await notifyReviewer({ ...event(), taskToken: "the-token" });

  expect(await stores.approvals.find("order-1")).toBe("the-token");
  expect(lines.length).toBeGreaterThan(0);
  expect(`${JSON.stringify(result)}${lines.join("")}`).not.toContain("the-token");
});

test("the token of a reviewer who could not be told is kept nevertheless", async () => {
  const stores = bench();
  const { notifyReviewer } = createHandlers(stores);
  const broken: Order = { ...order, inject: { notifyReviewer: { error: "GatewayTimeout" } } };

  await expect(notifyReviewer({ ...event(0, broken), taskToken: "t" })).rejects.toThrow(
    "did not answer",
  );
  expect(await stores.approvals.find("order-1")).toBe("t");
});

test("all handlers of an application share one ledger", async () => {
  const { reserveInventory, chargeCard, refund } = createHandlers(bench());
  await reserveInventory(event());
  await chargeCard(event());

  expect(await refund(event())).toEqual({ undone: ["chargeCard", "reserveInventory"] });
});
