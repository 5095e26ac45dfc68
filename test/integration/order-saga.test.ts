import { DescribeExecutionCommand } from "@aws-sdk/client-sfn";
import { Client, WorkflowFailedError } from "@temporalio/client";
import { ApplicationFailure } from "@temporalio/common";
import { DefaultLogger, Runtime } from "@temporalio/worker";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { memoryLedger } from "../../examples/order-saga/shared/ledger.ts";
import { createLog } from "../../examples/order-saga/shared/log.ts";
import { type Scenario, scenarios } from "../../examples/order-saga/shared/scenarios.ts";
import { memoryApprovals } from "../../examples/order-saga/stepfunctions/approvals.ts";
import { answer } from "../../examples/order-saga/stepfunctions/approve.ts";
import { createHandlers } from "../../examples/order-saga/stepfunctions/handlers.ts";
import { fetchStepFunctionsHistory } from "../../examples/order-saga/stepfunctions/history.ts";
import {
  type LocalStepFunctions,
  startLocalStepFunctions,
} from "../../examples/order-saga/stepfunctions/local.ts";
import { runOnStepFunctions } from "../../examples/order-saga/stepfunctions/run-scenario.ts";
import { fetchTemporalHistory } from "../../examples/order-saga/temporal/history.ts";
import {
  type LocalTemporal,
  startLocalTemporal,
} from "../../examples/order-saga/temporal/local.ts";
import { runOnTemporal } from "../../examples/order-saga/temporal/run-scenario.ts";

// Every scenario on the real engines: does each end as it says, on both of them?

const log = createLog({ write: () => undefined });
const startTimeout = 60_000;
const cases = scenarios.map((scenario) => [scenario.name, scenario] as const);

const approvals = memoryApprovals();
let temporal: LocalTemporal;
let stepFunctions: LocalStepFunctions;
let client: Client;

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger("ERROR") });
  [temporal, stepFunctions] = await Promise.all([
    startLocalTemporal({ ledger: memoryLedger(), log }),
    startLocalStepFunctions(createHandlers({ ledger: memoryLedger(), approvals, log })),
  ]);
  client = new Client({ connection: temporal.connection });
}, startTimeout);

afterAll(async () => {
  await Promise.all([temporal.stop(), stepFunctions.stop()]);
});

describe.concurrent("on Temporal", () => {
  test.each(cases)(
    "%s ends as expected",
    async (_name, scenario) => {
      const run = await runOnTemporal(scenario, { connection: temporal.connection });
      const handle = client.workflow.getHandle(run.workflowId, run.runId);

      expect(run.workflowId).toBe(scenario.order.orderId);
      expect(await temporalOutcome(() => handle.result())).toEqual(scenario.expected);
    },
    startTimeout,
  );

  test("the history names the wait, and the reviewer who ended it", async () => {
    const run = await runOnTemporal(approvedAs("order-2002"), { connection: temporal.connection });
    const { events } = await fetchTemporalHistory(client, run);
    const started = events.find((event) => event["eventType"] === "EVENT_TYPE_TIMER_STARTED");
    const signaled = events.find((event) =>
      String(event["eventType"]).endsWith("EXECUTION_SIGNALED"),
    );
    const summary = Buffer.from(JSON.stringify("approval")).toString("base64");

    expect(started).toMatchObject({ userMetadata: { summary: { data: summary } } });
    expect(signaled).toMatchObject({
      workflowExecutionSignaledEventAttributes: { signalName: "approve", identity: "alice" },
    });
  });
});

describe.concurrent("on Step Functions", () => {
  test.each(cases)(
    "%s ends as expected",
    async (_name, scenario) => {
      const { executionArn } = await runOnStepFunctions(scenario, { ...stepFunctions, approvals });
      const execution = await stepFunctions.sfn.send(
        new DescribeExecutionCommand({ executionArn }),
      );

      expect(execution.name).toBe(scenario.order.orderId);
      expect(stepFunctionsOutcome(execution)).toEqual(scenario.expected);
    },
    startTimeout,
  );

  test("a history comes whole and in order, and without execution data unless asked for", async () => {
    const scenario = approvedAs("order-2002");
    const { executionArn } = await runOnStepFunctions(scenario, { ...stepFunctions, approvals });
    const { events } = await fetchStepFunctionsHistory(stepFunctions.sfn, executionArn);

    expect(events.map((event) => event["id"])).toEqual(events.map((_, index) => index + 1));
    expect(events.at(-1)).toMatchObject({
      type: "ExecutionSucceeded",
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/u),
    });
    expect(JSON.stringify(events)).not.toContain("taskToken");
  });

  test("an order that no reviewer was asked about cannot be answered", async () => {
    const decision = { approved: true, reviewerId: "alice" };
    await expect(answer(stepFunctions.sfn, approvals, "order-0", decision)).rejects.toThrow(
      "no reviewer was asked about order-0",
    );
  });
});

/** An approved order of its own, so that a test needs no other one to have run. */
function approvedAs(orderId: string): Scenario {
  return {
    name: "approved",
    order: { orderId, cents: 75_000 },
    review: { approved: true, reviewerId: "alice" },
    expected: { outcome: "completed", status: "fulfilled" },
  };
}

async function temporalOutcome(result: () => Promise<unknown>): Promise<unknown> {
  try {
    return completed(await result());
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    return { outcome: "failed", error: innermostType(error) };
  }
}

function innermostType(error: Error): string | undefined {
  if (error.cause instanceof Error) return innermostType(error.cause);
  return error instanceof ApplicationFailure ? (error.type ?? undefined) : error.name;
}

function stepFunctionsOutcome(execution: {
  readonly status?: string | undefined;
  readonly output?: string | undefined;
  readonly error?: string | undefined;
}): unknown {
  if (execution.status === "SUCCEEDED") return completed(JSON.parse(execution.output ?? "null"));
  return { outcome: execution.status === "FAILED" ? "failed" : "other", error: execution.error };
}

function completed(result: unknown): unknown {
  return { outcome: "completed", ...(typeof result === "object" ? result : {}) };
}
