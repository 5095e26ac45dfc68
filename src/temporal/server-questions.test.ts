import { afterEach, describe, expect, it, vi } from "vitest";
import { servers } from "./server-questions.ts";

const run = { namespace: "shop", workflowId: "order-1", runId: "run-1" };
const execution = { workflowId: "order-1", runId: "run-1" };

/** A worker whose server answers so, or throws it. */
function workerOf(answer: unknown): {
  connection: { workflowService: object };
  requests: unknown[];
} {
  const requests: unknown[] = [];
  const workflowService = {
    answer,
    async describeWorkflowExecution(request: unknown) {
      requests.push(request);
      if (this.answer instanceof Error) throw this.answer;
      return this.answer;
    },
    async getWorkflowExecutionHistoryReverse(request: unknown) {
      requests.push(request);
      return this.answer;
    },
  };
  return { connection: { workflowService }, requests };
}

const failing = (code: number): Error => Object.assign(new Error(`code ${code}`), { code });

afterEach(() => vi.useRealTimers());

describe("the servers of workers", () => {
  it("have five seconds each to answer, and another one is asked then", async () => {
    vi.useFakeTimers();
    const known = servers();
    known.add(workerOf(new Promise(() => undefined)));
    const refused = known.describe(run).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(5000);
    expect(await refused).toMatchObject({
      message: "describeWorkflowExecution was not answered in 5000 ms",
    });
    known.add(workerOf("answer"));
    const answer = known.describe(run);
    await vi.advanceTimersByTimeAsync(5000);
    expect(await answer).toBe("answer");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("are asked through a worker's own connection", async () => {
    const worker = workerOf("answer");
    const known = servers();
    known.add(worker);
    expect(await known.describe(run)).toBe("answer");
    expect(await known.newestEvents(run)).toBe("answer");
    expect(worker.requests).toEqual([
      { namespace: "shop", execution },
      { namespace: "shop", execution, maximumPageSize: 50 },
    ]);
  });

  it("are each asked once, until one knows the run", async () => {
    const [other, same, last] = [workerOf(failing(5)), workerOf("answer"), workerOf("never")];
    const known = servers();
    for (const worker of [other, { connection: other.connection }, same, last]) known.add(worker);
    expect(await known.describe(run)).toBe("answer");
    expect([other, same, last].map(({ requests }) => requests.length)).toEqual([1, 1, 0]);
  });

  it("do not know the run when all say so, and cannot say when one cannot", async () => {
    const known = servers();
    known.add(workerOf(failing(5)));
    await expect(known.describe(run)).rejects.toMatchObject({ code: 5 });
    known.add(workerOf(failing(14)));
    await expect(known.describe(run)).rejects.toMatchObject({ code: 14 });
    known.add(workerOf(failing(5)));
    await expect(known.describe(run)).rejects.toMatchObject({ code: 14 });
  });

  it("are not asked once their workers have ended: the connection may be closed", async () => {
    const [ended, running] = [workerOf("ended"), workerOf("running")];
    const known = servers();
    known.add(ended);
    known.add(running);
    known.remove(ended);
    expect(await known.describe(run)).toBe("running");
    known.remove(running);
    await expect(known.describe(run)).rejects.toThrow(/no worker/);
  });

  it("are none where a worker shows no connection, or one that cannot be asked", async () => {
    const known = servers();
    known.add({});
    known.add(undefined);
    await expect(known.describe(run)).rejects.toThrow(/no worker/);
    known.add({ connection: { workflowService: {} } });
    await expect(known.describe(run)).rejects.toThrow(/describeWorkflowExecution/);
  });
});
