// Claim: on a real endpoint the poller tells of a wait while it lasts, gives the very spans that the whole history
// gives, goes on after a restart without repeating or losing a step, and outlives the endpoint.
import { setTimeout as sleep } from "node:timers/promises";
import { SFNClient } from "@aws-sdk/client-sfn";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { memoryLedger } from "../../examples/order-saga/shared/ledger.ts";
import { createLog } from "../../examples/order-saga/shared/log.ts";
import { sagaOptions } from "../../examples/order-saga/shared/options.ts";
import { type Scenario, scenarios } from "../../examples/order-saga/shared/scenarios.ts";
import { memoryApprovals } from "../../examples/order-saga/stepfunctions/approvals.ts";
import { createHandlers } from "../../examples/order-saga/stepfunctions/handlers.ts";
import { fetchStepFunctionsHistory } from "../../examples/order-saga/stepfunctions/history.ts";
import {
  type LocalStepFunctions,
  startLocalStepFunctions,
} from "../../examples/order-saga/stepfunctions/local.ts";
import { runOnStepFunctions } from "../../examples/order-saga/stepfunctions/run-scenario.ts";
import type { TraceSink } from "../../src/core/ports.ts";
import { startStepFunctionsEndpoint } from "../../src/engines/index.ts";
import { type SpanRecord, spansOf } from "../../src/index.ts";
import {
  memoryCheckpoints,
  StepFunctionsPoller,
  type StepFunctionsPollerOptions,
  traceFromHistory,
} from "../../src/stepfunctions/index.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const approvals = memoryApprovals();
const log = createLog({ write: () => undefined });
let local: LocalStepFunctions;

beforeAll(async () => {
  local = await startLocalStepFunctions(createHandlers({ ledger: memoryLedger(), approvals, log }));
});

afterAll(() => local.stop());

interface ReceivedSpan extends SpanRecord {
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
}

/** A sink that keeps each span with the time at which it came. */
function keepingSink(): TraceSink & { readonly spans: ReceivedSpan[] } {
  const spans: ReceivedSpan[] = [];
  return {
    spans,
    async accept(trace, after) {
      const receivedAt = Date.now();
      for (const span of spansOf(trace, { after })) spans.push({ ...span, receivedAt });
    },
  };
}

function poller(sink: TraceSink, options: StepFunctionsPollerOptions): StepFunctionsPoller {
  return new StepFunctionsPoller({
    client: local.sfn,
    sink,
    traceOptions: sagaOptions,
    minInterval: 100,
    maxInterval: 1000,
    callsPerSecond: 100,
    logger: { warn: () => undefined },
    ...options,
  });
}

function named(scenario: string, orderId: string): Scenario {
  const found = scenarios.find(({ name }) => name === scenario);
  if (found === undefined) throw new Error(`no scenario ${scenario}`);
  return { ...found, order: { ...found.order, orderId } };
}

/** Id, name and parent of each span, sorted. */
function shape(spans: readonly SpanRecord[]): string[] {
  return spans
    .map((span) => `${span.traceId} ${span.spanId} ${span.parentSpanId ?? "-"} ${span.name}`)
    .toSorted();
}

async function shapeOfHistory(executionArn: string): Promise<string[]> {
  const history = await fetchStepFunctionsHistory(local.sfn, executionArn);
  const result = traceFromHistory(history, { executionArn }, sagaOptions);
  if (!result.ok) throw new Error(result.error.message);
  return shape(spansOf(result.value));
}

/** Resolves when the poller has handed on so many closed runs. */
function closed(one: StepFunctionsPoller, count: number): Promise<void> {
  return vi.waitFor(() => expect(one.stats().closed).toBe(count), {
    timeout: 20_000,
    interval: 50,
  });
}

describe("the poller on a real endpoint", () => {
  test("a wait is told of within 3 s of its begin, long before it ends, and all spans are those of the history", async () => {
    const sink = keepingSink();
    const one = poller(sink, { stateMachineArns: [local.stateMachineArn], since: Date.now() });
    await one.start();
    const run = await runOnStepFunctions(named("approved", "order-7002"), {
      ...local,
      approvals,
      reviewPauseMs: 3000,
    });
    await closed(one, 1);
    await one.stop();

    const marker = sink.spans.find(({ name }) => name === "waiting for approval");
    const wait = sink.spans.find(({ name }) => name === "wait approval");
    if (marker === undefined || wait === undefined) throw new Error("no wait");
    expect(marker.receivedAt - marker.startTime).toBeLessThan(3000);
    expect(marker.receivedAt).toBeLessThan(wait.endTime);
    expect(shape(sink.spans)).toEqual(await shapeOfHistory(run.executionArn));
    expect(one.stats()).toMatchObject({ faults: 0, apiErrors: 0, warnings: [] });
  });

  test("several executions at once, restarts in the middle of them: no id twice, no step lost", async () => {
    const sink = keepingSink();
    const checkpoints = memoryCheckpoints();
    const since = Date.now();
    const options = { stateMachineArns: [local.stateMachineArn], checkpoints, since };
    let one = poller(sink, options);
    await one.start();
    const playing = Promise.all(
      scenarios.map(({ name }) =>
        runOnStepFunctions(named(name, `restart-${name}`), { ...local, approvals }),
      ),
    );
    let restarts = 0;
    let finished = 0;
    const isOver = (): Promise<boolean> =>
      Promise.race([playing.then(() => true), sleep(400).then(() => false)]);
    // oxlint-disable-next-line no-await-in-loop -- a life after the other
    while (!(await isOver())) {
      // oxlint-disable-next-line no-await-in-loop
      await one.stop();
      finished += one.stats().closed;
      restarts += 1;
      one = poller(sink, options);
      // oxlint-disable-next-line no-await-in-loop
      await one.start();
    }
    const runs = await playing;
    await closed(one, runs.length - finished);
    await one.stop();

    expect(restarts).toBeGreaterThan(3);
    const expected = await Promise.all(
      runs.map(({ executionArn }) => shapeOfHistory(executionArn)),
    );
    expect(shape(sink.spans)).toEqual(expected.flat().toSorted());
  });

  test("an execution that is given by its ARN is followed without a list", async () => {
    const sink = keepingSink();
    const run = await runOnStepFunctions(named("declined", "order-7001"), { ...local, approvals });
    const one = poller(sink, { executionArns: [run.executionArn] });
    await one.poll();
    await one.stop();

    expect(shape(sink.spans)).toEqual(await shapeOfHistory(run.executionArn));
    expect(one.stats().apiCalls).toMatchObject({ listExecutions: 0, getExecutionHistory: 1 });
  });

  test("business keys are picked from the input when the user asks for it, and nothing else of it goes out", async () => {
    const sink = keepingSink();
    const run = await runOnStepFunctions(named("declined", "order-7003"), { ...local, approvals });
    const one = poller(sink, {
      executionArns: [run.executionArn],
      includeExecutionData: true,
      traceOptions: {
        ...sagaOptions,
        businessKeys: ({ input }) => ({
          "order.id": (input as { order: { orderId: string } }).order.orderId,
        }),
      },
    });
    await one.poll();
    await one.stop();

    expect(sink.spans.every(({ attributes }) => attributes["order.id"] === "order-7003")).toBe(
      true,
    );
    expect(JSON.stringify(sink.spans)).not.toContain("12900");
  });

  test("an endpoint that dies in the middle is counted, not thrown, and the poller stops at once", async () => {
    const mortal = await startStepFunctionsEndpoint();
    const sfn = new SFNClient({
      endpoint: mortal.endpoint,
      region: "us-east-1",
      credentials: { accessKeyId: "local", secretAccessKey: "local" },
      maxAttempts: 1,
    });
    const warnings: string[] = [];
    const one = poller(keepingSink(), {
      client: sfn,
      stateMachineArns: [local.stateMachineArn],
      executionArns: [local.stateMachineArn.replace(":stateMachine:", ":execution:") + ":none"],
      logger: { warn: (text) => warnings.push(text) },
    });
    await one.start();
    await vi.waitFor(() => expect(one.stats().gone).toBe(1), { timeout: 10_000 });
    await mortal.stop();
    const before = one.stats().apiErrors;
    await vi.waitFor(() => expect(one.stats().apiErrors).toBeGreaterThan(before + 1), {
      timeout: 10_000,
    });
    await one.stop();
    sfn.destroy();

    expect(warnings.length).toBeLessThan(8);
    expect(one.stats().faults).toBe(0);
  });
});
