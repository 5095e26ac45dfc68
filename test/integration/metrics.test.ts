/**
 * Metrics and log lines of the live paths: each scenario of the order saga, played on a real Temporal server and a real
 * Step Functions endpoint, counts the same on both; no id is ever a label.
 */
import {
  InMemoryLogRecordExporter,
  LoggerProvider,
  SimpleLogRecordProcessor,
} from "@opentelemetry/sdk-logs";
import { Client } from "@temporalio/client";
import { DefaultLogger, Runtime } from "@temporalio/worker";
import { StepFunctionsPoller } from "durascope/stepfunctions";
import { type WorkflowTracing, workflowTracing } from "durascope/temporal";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { memoryLedger } from "../../examples/order-saga/shared/ledger.ts";
import { sagaOptions } from "../../examples/order-saga/shared/options.ts";
import { type Scenario, scenarios } from "../../examples/order-saga/shared/scenarios.ts";
import { memoryApprovals } from "../../examples/order-saga/stepfunctions/approvals.ts";
import { createHandlers } from "../../examples/order-saga/stepfunctions/handlers.ts";
import {
  type LocalStepFunctions,
  startLocalStepFunctions,
} from "../../examples/order-saga/stepfunctions/local.ts";
import { runOnStepFunctions } from "../../examples/order-saga/stepfunctions/run-scenario.ts";
import { startOrder } from "../../examples/order-saga/temporal/client.ts";
import {
  type LocalTemporal,
  startLocalTemporal,
} from "../../examples/order-saga/temporal/local.ts";
import { runOnTemporal } from "../../examples/order-saga/temporal/run-scenario.ts";
import { TASK_QUEUE } from "../../examples/order-saga/temporal/task-queue.ts";
import type { Metered } from "../../src/telemetry/meter.ts";
import { openRuns } from "../../src/telemetry/open-runs.ts";
import { oldestRuns } from "../../src/temporal/oldest-runs.ts";
import { servers } from "../../src/temporal/server-questions.ts";
import { silentRuns } from "../../src/temporal/silent-runs.ts";
import { type MemoryMetrics, memoryMetrics } from "../doubles/memory-metrics.ts";
import { memoryProcessor } from "../doubles/memory-processor.ts";
import { openTrace } from "../support/open-trace.ts";

/** What one engine's path told, read anew after each scenario. */
interface Told {
  readonly metrics: MemoryMetrics;
  readonly logs: InMemoryLogRecordExporter;
  readonly loggerProvider: LoggerProvider;
  before: ReadonlyMap<string, number>;
}

function told(): Told {
  const logs = new InMemoryLogRecordExporter();
  const processors = [new SimpleLogRecordProcessor({ exporter: logs })];
  return {
    metrics: memoryMetrics(),
    logs,
    loggerProvider: new LoggerProvider({ processors }),
    before: new Map(),
  };
}

/** Labels that engines have different words for. */
const ENGINES_OWN = new Set([
  "workflow.engine",
  "workflow.step.kind",
  "workflow.wait.kind",
  "workflow.task_queue",
]);

/** What was counted since the last look, in words that both engines share. */
async function countedSince(engine: Told): Promise<string[]> {
  const now = new Map<string, number>();
  for (const { name, labels, value } of await engine.metrics.points()) {
    // Gauges show what is open now, and what tells of durascope itself is one engine's own.
    if (!name.startsWith("workflow.") || /open|waiting/.test(name)) continue;
    const keys = Object.keys(labels).filter((key) => !ENGINES_OWN.has(key));
    const words = [name, ...keys.toSorted().map((key) => String(labels[key]))].join(" ");
    now.set(words, (now.get(words) ?? 0) + value);
  }
  const grown = [...now].map(([words, value]) => [words, value - (engine.before.get(words) ?? 0)]);
  engine.before = now;
  return grown.flatMap(([words, value]) => (value === 0 ? [] : [`${words}: ${value}`])).toSorted();
}

/** The log lines since the last look, by event and severity. */
function linesSince({ logs }: Told): string[] {
  const lines = logs.getFinishedLogRecords().map(({ eventName, severityText, attributes }) => {
    const { "workflow.step.name": step = "", "workflow.outcome": outcome = "" } = attributes;
    return [eventName, severityText, step, outcome].map(String).join(" ");
  });
  logs.reset();
  return lines.toSorted();
}

describe("metrics and log lines of the live paths", () => {
  const temporal = told();
  const stepFunctions = told();
  const approvals = memoryApprovals();
  const log = pino({ enabled: false });
  let tracing: WorkflowTracing;
  let server: LocalTemporal;
  let endpoint: LocalStepFunctions;
  let poller: StepFunctionsPoller;

  beforeAll(async () => {
    Runtime.install({ logger: new DefaultLogger("ERROR") });
    tracing = workflowTracing({
      ...sagaOptions,
      spanProcessor: memoryProcessor(),
      meterProvider: temporal.metrics.provider,
      loggerProvider: temporal.loggerProvider,
    });
    [server, endpoint] = await Promise.all([
      startLocalTemporal({ ledger: memoryLedger(), log, plugins: [tracing] }),
      startLocalStepFunctions(createHandlers({ ledger: memoryLedger(), approvals, log })),
    ]);
    poller = new StepFunctionsPoller({
      client: endpoint.sfn,
      stateMachineArns: [endpoint.stateMachineArn],
      traceOptions: sagaOptions,
      minInterval: 200,
      maxInterval: 1000,
      callsPerSecond: 100,
      spanProcessor: memoryProcessor(),
      meterProvider: stepFunctions.metrics.provider,
      loggerProvider: stepFunctions.loggerProvider,
    });
    await poller.start();
  });

  afterAll(async () => {
    await poller?.stop();
    await Promise.all([server?.stop(), endpoint?.stop()]);
  });

  let played = 0;

  /** Plays a scenario on both engines, until both have counted it as closed. */
  async function play(scenario: Scenario): Promise<void> {
    const { sfn, stateMachineArn } = endpoint;
    await Promise.all([
      runOnTemporal(scenario, { connection: server.connection, plugins: [tracing] }),
      runOnStepFunctions(scenario, { sfn, stateMachineArn, approvals }),
    ]);
    played += 1;
    const closed = async (): Promise<readonly number[]> => {
      await tracing.flush();
      await poller.poll();
      return Promise.all([closedRuns(temporal), closedRuns(stepFunctions)]);
    };
    await expect.poll(closed, { timeout: 20_000, interval: 200 }).toEqual([played, played]);
  }

  it.each(scenarios)(
    "the scenario '$name' counts, and is told, the same on both engines",
    async (scenario) => {
      await play(scenario);
      const counts = await countedSince(temporal);
      expect(counts).toContain("workflow.started orderSaga: 1");
      expect(counts).toContain(`workflow.closed ${scenario.expected.outcome} orderSaga: 1`);
      expect(await countedSince(stepFunctions)).toEqual(counts);
      const lines = linesSince(temporal);
      expect(lines.length).toBeGreaterThan(1);
      expect(linesSince(stepFunctions)).toEqual(lines);
    },
  );

  it("counts retries by the failure that made them necessary", async () => {
    for (const { metrics } of [temporal, stepFunctions]) {
      // oxlint-disable-next-line no-await-in-loop -- one engine after the other
      const retries = (await metrics.points()).filter(({ name }) => name.endsWith(".retries"));
      expect(retries.map(({ value, labels }) => [value, labels["error.type"]])).toEqual([
        [2, "GatewayTimeout"],
      ]);
    }
  });

  it("shows what is open and waits while it does, and nothing of it afterwards", async () => {
    const scenario = scenarios.find(({ name }) => name === "approved");
    if (scenario === undefined) throw new Error("no such scenario");
    const order = { ...scenario.order, orderId: "order-2002" };
    const gauges = async (): Promise<unknown[]> =>
      Promise.all(
        [temporal, stepFunctions].map(async ({ metrics }) =>
          (await metrics.points())
            .filter(({ name }) => name === "workflow.open" || name === "workflow.waiting")
            .map(({ name, value, labels }) => [name, labels["workflow.step.name"], value]),
        ),
      );
    const shown = (value: number): unknown[] => [
      ["workflow.open", undefined, value],
      ["workflow.waiting", "approval", value],
    ];
    const playing = play({ ...scenario, order });
    await expect.poll(gauges, { timeout: 20_000, interval: 100 }).toEqual([shown(1), shown(1)]);
    await playing;
    await expect.poll(gauges).toEqual([shown(0), shown(0)]);
  });

  /** A worker that held a run as open and was told nothing since; an order that waits for its approval elsewhere. */
  async function silentWorker(orderId: string) {
    const { connection } = server;
    const client = new Client({ connection });
    const handle = await startOrder(client, { orderId, cents: 75_000 });
    const runId = handle.firstExecutionRunId;
    let now = Date.now();
    const open = openRuns(() => now);
    const recorded: Metered[] = [];
    const known = servers();
    known.add({ connection });
    const silent = silentRuns(open, known.describe, {
      enabled: () => true,
      record: (values) => void recorded.push(...values),
    });
    const run = { workflowId: orderId, namespace: "default", started: now };
    open.told(openTrace(runId, run), 0);
    const lookLater = (): Promise<void> => {
      now += 600_000;
      return silent.look();
    };
    return { handle, open, recorded, lookLater };
  }

  it("asks the server about runs that have been silent: one that it terminated counts as closed", async () => {
    const { handle, open, recorded, lookLater } = await silentWorker("order-2003");
    await lookLater();
    expect([open.size, recorded]).toEqual([1, []]);
    await handle.terminate("no more");
    await lookLater();
    expect(open.size).toBe(0);
    expect(recorded).toMatchObject([
      { instrument: "closed", labels: { "workflow.outcome": "terminated" } },
      { instrument: "duration", value: expect.any(Number) },
    ]);
  });

  it("shows a run no more that another worker has gone on with", async () => {
    const { handle, open, recorded, lookLater } = await silentWorker("order-2004");
    const waits = async (): Promise<unknown> => {
      const { raw } = await handle.describe();
      return raw.pendingWorkflowTask == null && raw.pendingActivities?.length === 0;
    };
    await expect.poll(waits, { timeout: 20_000 }).toBe(true);
    await lookLater();
    await lookLater();
    expect(open.size).toBe(1);
    await handle.signal("unheard");
    await expect.poll(waits, { timeout: 20_000 }).toBe(true);
    await lookLater();
    expect([open.size, recorded]).toEqual([0, []]);
    await handle.terminate("no more");
  });

  it("asks the server for the oldest open runs: one that is parked is known to a worker that was restarted", async () => {
    const { handle } = await silentWorker("order-2005");
    const hour = 3_600_000;
    const oldest = oldestRuns(
      () => true,
      () => Date.now() + 2 * hour,
    );
    const worker = {
      connection: server.connection,
      options: { namespace: "default", taskQueue: TASK_QUEUE },
    };
    oldest.workerStarted(worker);
    const ages = async (): Promise<unknown> => {
      await oldest.look();
      return oldest.gauges().map(({ labels, value }) => [labels["workflow.type"], value > 7200]);
    };
    await expect.poll(ages, { timeout: 20_000 }).toEqual([["orderSaga", true]]);
    await handle.terminate("no more");
    await expect.poll(ages, { timeout: 20_000 }).toEqual([]);
    oldest.workerStopped(worker);
  });

  it("has no id and no identity among its labels", async () => {
    const all = [
      ...(await temporal.metrics.points()),
      ...(await stepFunctions.metrics.points()),
    ].flatMap(({ labels }) => Object.values(labels).map(String));
    expect(all.length).toBeGreaterThan(50);
    const isId = /order-\d|arn:|alice|[\da-f]{8}-[\da-f]{4}/;
    expect(all.filter((label) => isId.test(label))).toEqual([]);
  });

  it("counts spans, calls and events of its own", async () => {
    const own = { ...(await stepFunctions.metrics.values()) };
    expect(own["durascope.spans.exported"]).toBeGreaterThan(50);
    expect(own["durascope.history.events aws_step_functions"]).toBeGreaterThan(100);
    expect(own["durascope.poller.api_calls getExecutionHistory ok"]).toBeGreaterThan(7);
    expect(own["durascope.poller.lag"]).toBeGreaterThanOrEqual(0);
    expect((await temporal.metrics.values())["durascope.spans.exported"]).toBeGreaterThan(50);
  });
});

async function closedRuns({ metrics }: Told): Promise<number> {
  const closed = (await metrics.points()).filter(({ name }) => name === "workflow.closed");
  return closed.reduce((sum, { value }) => sum + value, 0);
}
