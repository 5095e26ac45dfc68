import { afterEach, describe, expect, it, vi } from "vitest";
import { type OldestRuns, oldestRuns } from "./oldest-runs.ts";

const HOUR = 3_600_000;
const NOW = 1000 * HOUR;
const at = (ms: number): object => ({ seconds: ms / 1000, nanos: 0 });
const run = (type: string, hoursAgo: number): object => ({
  type: { name: type },
  startTime: at(NOW - hoursAgo * HOUR),
});

/** A worker whose server lists so, page by page. */
function workerOf(
  pages: readonly unknown[],
  options: object = { namespace: "shop", taskQueue: "orders" },
): { options: object; connection: object; requests: { nextPageToken?: unknown; query: string }[] } {
  const requests: { nextPageToken?: unknown; query: string }[] = [];
  const workflowService = {
    async listWorkflowExecutions(request: { query: string }) {
      requests.push(request);
      const page = pages[(requests.length - 1) % pages.length];
      if (page instanceof Error) throw page;
      return page;
    },
  };
  return { options, connection: { workflowService }, requests };
}

const ages = (oldest: OldestRuns): unknown =>
  Object.fromEntries(
    oldest.gauges().map(({ value, labels }) => [labels["workflow.type"], value / 3600]),
  );

afterEach(() => vi.useRealTimers());

describe("the oldest open runs", () => {
  it("are asked for when a worker starts, and again every ten minutes until the last one ends", async () => {
    vi.useFakeTimers();
    const oldest = oldestRuns(
      () => true,
      () => NOW,
    );
    const worker = workerOf([{ executions: [] }]);
    oldest.workerStarted(worker);
    await vi.advanceTimersByTimeAsync(0);
    expect(worker.requests).toMatchObject([
      {
        namespace: "shop",
        query: `TaskQueue = "orders" AND ExecutionStatus = "Running" AND StartTime < "1970-02-11T15:00:00.000Z"`,
      },
    ]);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(worker.requests).toHaveLength(2);
    oldest.workerStopped(worker);
    await vi.advanceTimersByTimeAsync(6_000_000);
    expect(worker.requests).toHaveLength(2);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("are the oldest of each type, over all pages and task queues; a task queue is asked about once", async () => {
    const oldest = oldestRuns(
      () => true,
      () => NOW,
    );
    const more = { nextPageToken: new Uint8Array([1]) };
    const orders = workerOf([
      { executions: [run("saga", 2), run("saga", 90), run("refund", 3)], ...more },
      {
        executions: [run("saga", 5), { type: { name: "odd" } }, null],
        nextPageToken: new Uint8Array(),
      },
    ]);
    const same = workerOf([new Error("asked twice")]);
    const delayed = { ...run("refund", 700), executionTime: at(NOW - 4 * HOUR) };
    const others = workerOf([{ executions: [delayed] }], {
      namespace: "shop",
      taskQueue: "refunds",
    });
    for (const worker of [same, orders, others]) oldest.workerStarted(worker);
    await oldest.look();
    await oldest.look();
    expect(ages(oldest)).toEqual({ saga: 90, refund: 4 });
    expect(orders.requests.map(({ nextPageToken }) => nextPageToken)).toContain(more.nextPageToken);
    expect(same.requests.length).toBeLessThanOrEqual(1);
  });

  it("are asked for of every task queue whose worker starts while another one is asked about", async () => {
    const oldest = oldestRuns(
      () => true,
      () => NOW,
    );
    const orders = workerOf([{ executions: [run("saga", 2)] }]);
    const refunds = workerOf([{ executions: [run("refund", 3)] }], {
      namespace: "shop",
      taskQueue: "refunds",
    });
    oldest.workerStarted(orders);
    oldest.workerStarted(refunds);
    await oldest.look();
    expect(ages(oldest)).toEqual({ saga: 2, refund: 3 });
    oldest.workerStopped(orders);
    expect(ages(oldest)).toEqual({ refund: 3 });
    oldest.workerStopped(refunds);
  });

  it("are known of the other task queues where one may not be listed", async () => {
    const oldest = oldestRuns(
      () => true,
      () => NOW,
    );
    const denied = workerOf([new Error("denied")], { namespace: "secret", taskQueue: "orders" });
    const orders = workerOf([{ executions: [run("saga", 2)] }]);
    for (const worker of [denied, orders]) oldest.workerStarted(worker);
    await oldest.look();
    expect([denied.requests.length, ages(oldest)]).toEqual([1, { saga: 2 }]);
    for (const worker of [denied, orders]) oldest.workerStopped(worker);
  });

  it("stay as they were while the server does not answer, and are none once no worker runs", async () => {
    const oldest = oldestRuns(
      () => true,
      () => NOW,
    );
    const worker = workerOf([{ executions: [run("saga", 9)] }, new Error("away"), { other: true }]);
    oldest.workerStarted(worker);
    for (let i = 0; i < 3; i += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one answer after the other
      await oldest.look();
      expect(ages(oldest)).toEqual({ saga: 9 });
    }
    oldest.workerStopped(worker);
    expect(oldest.gauges()).toEqual([]);
  });

  it("are listed up to 5,000 of a task queue", async () => {
    const oldest = oldestRuns(
      () => true,
      () => NOW,
    );
    const endless = workerOf([
      { executions: [run("saga", 9)], nextPageToken: new Uint8Array([1]) },
    ]);
    oldest.workerStarted(endless);
    await oldest.look();
    expect(endless.requests).toHaveLength(20);
  });

  it("are not asked for where nothing shows them, or a worker does not say its task queue", async () => {
    const worker = workerOf([{ executions: [run("saga", 9)] }]);
    const unseen = oldestRuns(
      () => false,
      () => NOW,
    );
    unseen.workerStarted(worker);
    await unseen.look();
    const oldest = oldestRuns(
      () => true,
      () => NOW,
    );
    oldest.workerStarted({});
    oldest.workerStarted({ ...worker, options: { namespace: "shop" } });
    oldest.workerStarted({ ...worker, options: { namespace: "shop", taskQueue: 'a" OR "b' } });
    await oldest.look();
    expect(worker.requests).toEqual([]);
    unseen.workerStopped(worker);
  });
});
