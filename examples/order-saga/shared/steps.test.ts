import { describe, expect, test } from "vitest";
import { FINAL_FAILURES, failure, TRANSIENT_FAILURES } from "./failures.ts";
import { type Ledger, memoryLedger } from "./ledger.ts";
import { createLog } from "./log.ts";
import type { Order } from "./order.ts";
import {
  allocateShipping,
  chargeCard,
  notifyReviewer,
  refund,
  reserveInventory,
  type StepContext,
} from "./steps.ts";

const order: Order = { orderId: "order-1", cents: 12_900 };

/** A ledger that lists the keys of the effects that really ran, and the lines that were logged. */
function bench(): {
  readonly effects: string[];
  readonly lines: string[];
  readonly attempt: (number: number) => StepContext;
} {
  const effects: string[] = [];
  const lines: string[] = [];
  const memory = memoryLedger();
  const ledger: Ledger = {
    find: (key) => memory.find(key),
    once: (key, effect) =>
      memory.once(key, () => {
        effects.push(key);
        return effect();
      }),
  };
  const log = createLog({ write: (line) => lines.push(line) });
  return { effects, lines, attempt: (number) => ({ attempt: number, ledger, log }) };
}

describe.each([
  ["reserveInventory", reserveInventory],
  ["notifyReviewer", notifyReviewer],
  ["chargeCard", chargeCard],
  ["allocateShipping", allocateShipping],
] as const)("%s", (name, step) => {
  test("run twice for an order it has one effect and one result", async () => {
    const { effects, attempt } = bench();
    const first = await step(order, attempt(1));
    const second = await step({ ...order }, attempt(2));

    expect(second).toEqual(first);
    expect(effects).toEqual([`order-1/${name}`]);
  });

  test("an injected failure ends with the attempt that it names", async () => {
    const { effects, attempt } = bench();
    const unlucky: Order = {
      ...order,
      inject: { [name]: { error: "GatewayTimeout", attempts: 2 } },
    };

    await expect(step(unlucky, attempt(1))).rejects.toMatchObject({ name: "GatewayTimeout" });
    await expect(step(unlucky, attempt(2))).rejects.toMatchObject({ name: "GatewayTimeout" });
    expect(effects).toEqual([]);
    await step(unlucky, attempt(3));
    expect(effects).toEqual([`order-1/${name}`]);
  });

  test("it logs the order and no more than one line when all goes well", async () => {
    const { lines, attempt } = bench();
    await step(order, attempt(1));

    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ orderId: "order-1", level: 30 });
  });
});

test("refund undoes the charge before the reservation, each once", async () => {
  const { effects, attempt } = bench();
  await reserveInventory(order, attempt(1));
  await chargeCard(order, attempt(1));
  effects.length = 0;

  const undone = { undone: ["chargeCard", "reserveInventory"] };
  expect(await refund(order, attempt(1))).toEqual(undone);
  expect(await refund(order, attempt(2))).toEqual(undone);
  expect(effects).toEqual(["order-1/undo/chargeCard", "order-1/undo/reserveInventory"]);
});

test("refund undoes nothing that was not done", async () => {
  const { attempt } = bench();
  await reserveInventory(order, attempt(1));

  expect(await refund(order, attempt(1))).toEqual({ undone: ["reserveInventory"] });
});

test("refund leaves other orders alone", async () => {
  const { attempt } = bench();
  await chargeCard({ ...order, orderId: "order-2" }, attempt(1));

  expect(await refund(order, attempt(1))).toEqual({ undone: [] });
});

test("an injected failure without a number of attempts never ends", async () => {
  const { attempt } = bench();
  const hopeless: Order = { ...order, inject: { refund: { error: "RefundFailed" } } };

  await expect(refund(hopeless, attempt(1))).rejects.toMatchObject({ name: "RefundFailed" });
  await expect(refund(hopeless, attempt(99))).rejects.toMatchObject({ name: "RefundFailed" });
});

test("every failure has a message and is either transient or final", () => {
  for (const name of [...TRANSIENT_FAILURES, ...FINAL_FAILURES]) {
    expect(failure(name)).toMatchObject({ name, message: expect.stringMatching(/\w+ \w+/u) });
  }
  expect(TRANSIENT_FAILURES.filter((name) => FINAL_FAILURES.includes(name))).toEqual([]);
});
