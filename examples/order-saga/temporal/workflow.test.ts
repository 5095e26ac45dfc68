import { fileURLToPath } from "node:url";
import { Client, Connection } from "@temporalio/client";
import { DefaultLogger, NativeConnection, Runtime, Worker } from "@temporalio/worker";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTemporalServer, type TemporalServer } from "../../../src/engines/index.ts";
import type { Order } from "../shared/order.ts";
import type { OrderActivities } from "./activities.ts";
import { fetchTemporalHistory } from "./history.ts";
import { runOnTemporal } from "./run-scenario.ts";

// The workflow alone, with activities that only take note: what does it decide, and in what order?

const calls: string[] = [];
const note =
  <Result>(name: string, result: Result) =>
  async (order: Order): Promise<Result> => {
    calls.push(`${name} ${order.orderId}`);
    return result;
  };
const activities: OrderActivities = {
  reserveInventory: note("reserveInventory", { reservationId: "r" }),
  notifyReviewer: note("notifyReviewer", { noticeId: "n" }),
  chargeCard: note("chargeCard", { chargeId: "c" }),
  allocateShipping: note("allocateShipping", { shipmentId: "s" }),
  refund: note("refund", { undone: [] }),
};

let server: TemporalServer;
let connection: Connection;
let native: NativeConnection;
let worker: Worker;
let running: Promise<void>;

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger("ERROR") });
  server = await startTemporalServer();
  connection = await Connection.connect({ address: server.address });
  native = await NativeConnection.connect({ address: server.address });
  worker = await Worker.create({
    connection: native,
    taskQueue: "workflow-test",
    workflowsPath: fileURLToPath(new URL("workflow.ts", import.meta.url)),
    activities,
  });
  running = worker.run();
}, 60_000);

afterAll(async () => {
  worker.shutdown();
  await running;
  await native.close();
  await connection.close();
  await server.stop();
});

test("an order that nobody answers is refunded after 72 hours, which the server skips", async () => {
  const run = await runOnTemporal(
    {
      name: "expired",
      order: { orderId: "order-slow", cents: 75_000 },
      review: "never answers",
      expected: { outcome: "completed", status: "rejected" },
    },
    { connection, taskQueue: "workflow-test" },
  );
  const client = new Client({ connection });
  const result: unknown = await client.workflow.getHandle(run.workflowId, run.runId).result();
  const { events } = await fetchTemporalHistory(client, run);
  const hours = (timeOf(events.at(-1)) - timeOf(events.at(0))) / 3_600_000;

  expect(result).toEqual({ status: "rejected" });
  expect(calls.filter((call) => call.endsWith("order-slow"))).toEqual([
    "reserveInventory order-slow",
    "notifyReviewer order-slow",
    "refund order-slow",
  ]);
  expect(events.map((event) => event["eventType"])).toContain("EVENT_TYPE_TIMER_FIRED");
  expect(Math.floor(hours)).toBe(72);
}, 60_000);

test("a second answer does not change the first one", async () => {
  const client = new Client({ connection });
  const handle = await client.workflow.signalWithStart("orderSaga", {
    workflowId: "order-twice",
    taskQueue: "workflow-test",
    args: [{ orderId: "order-twice", cents: 75_000 }],
    signal: "approve",
    signalArgs: [{ approved: false, reviewerId: "alice" }],
  });
  await handle.signal("approve", { approved: true, reviewerId: "bob" });

  expect(await handle.result()).toEqual({ status: "rejected" });
  expect(calls).not.toContain("chargeCard order-twice");
}, 60_000);

function timeOf(event: Readonly<Record<string, unknown>> | undefined): number {
  return Date.parse(String(event?.["eventTime"]));
}
