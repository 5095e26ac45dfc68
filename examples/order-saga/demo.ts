/**
 * The demo: all scenarios of the order saga on a real Temporal server and a real Step Functions endpoint, traced while
 * they run, and compared. `npm run demo` does its set-up and starts it; `npm run demo -- --metrics-port 9464` serves the
 * metrics of it while it runs.
 */
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Listr, type ListrTask } from "listr2";
import {
  type Stage,
  type StepFunctionsRecording,
  stepFunctionsStage,
  type TemporalRecording,
  temporalStage,
} from "./demo/play.ts";
import { demoResult, type Played } from "./demo/result.ts";
import { metricsPage, startTelemetry } from "./demo/telemetry.ts";
import { type Scenario, scenarios } from "./shared/scenarios.ts";

const path = resolve(".durascope/demo.otlp.jsonl");

/** How a signal ends a program, as shells have it. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/** How long, in ms, what is held back may take when an engine no longer answers. */
const SETTLE_MS = 5000;

interface Stages {
  temporal?: Stage<TemporalRecording>;
  stepFunctions?: Stage<StepFunctionsRecording>;
}

/** Engines that already run keep what they ran: there the orders of each demo get ids of their own. */
const isExternal = [process.env["TEMPORAL_ADDRESS"], process.env["AWS_ENDPOINT_URL_SFN"]].some(
  (address) => address !== undefined && address !== "",
);
const suffix = isExternal ? `-${Date.now().toString(36)}` : "";
const orders: readonly Scenario[] = scenarios.map(withSuffix);

function withSuffix({ order, ...scenario }: Scenario): Scenario {
  return { ...scenario, order: { ...order, orderId: `${order.orderId}${suffix}` } };
}

async function demo(): Promise<boolean> {
  const telemetry = startTelemetry(path, (error) =>
    process.stderr.write(`demo: ${error.message}\n`),
  );
  const metrics = await metricsPage(process.argv.slice(2));
  if (metrics !== undefined) process.stderr.write(`demo: metrics at ${metrics.url}\n`);
  const stages: Stages = {};
  const settle = async (): Promise<void> => {
    const stage = [stages.temporal, stages.stepFunctions];
    const settled = Promise.allSettled(stage.map((one) => Promise.resolve(one?.settle())));
    await Promise.race([settled, sleep(SETTLE_MS, undefined, { ref: false })]);
    await telemetry.close();
    await metrics?.shutdown();
  };
  for (const [signal, code] of Object.entries(SIGNALS)) {
    process.once(signal, () => {
      process.stderr.write("\ndemo: interrupted; what was recorded is kept\n");
      void settle().finally(() => process.exit(code));
    });
  }
  let played: Played[];
  try {
    played = await play(stages, telemetry.log, metrics);
  } catch (error) {
    process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n`);
    await settle();
    // Clients of an engine that died go on trying. The servers end with this process, whatever it ends by.
    process.exit(1);
  }
  await settle();
  await Promise.all([stages.temporal?.stop(), stages.stepFunctions?.stop()]);
  const terminal = {
    columns: process.stdout.columns ?? 100,
    color: process.stdout.hasColors?.() ?? false,
  };
  const result = await demoResult(played, path, terminal);
  process.stdout.write(`\n${result.text}\n`);
  return result.ok && telemetry.lost() === 0;
}

async function play(
  stages: Stages,
  ...[log, metrics]: Parameters<typeof temporalStage>
): Promise<Played[]> {
  const played: Played[] = [];
  const tasks = new Listr(
    [
      {
        title: "Engines",
        task: (_context, task) =>
          task.newListr(
            [
              {
                title: "Temporal server and worker",
                task: async () => void (stages.temporal = await temporalStage(log, metrics)),
              },
              {
                title: "Step Functions endpoint and functions",
                task: async () =>
                  void (stages.stepFunctions = await stepFunctionsStage(log, metrics)),
              },
            ],
            { concurrent: true },
          ),
      },
      {
        title: "Scenarios, on both engines",
        task: (_context, task) =>
          task.newListr(
            orders.map(
              (scenario, i): ListrTask => ({
                title: `${scenario.name} (${scenario.order.orderId})`,
                task: async () => {
                  if (stages.temporal === undefined || stages.stepFunctions === undefined)
                    throw new Error("the engines did not start");
                  const [temporal, stepFunctions] = await Promise.all([
                    stages.temporal.play(scenario),
                    stages.stepFunctions.play(scenario),
                  ]);
                  played[i] = { scenario, temporal, stepFunctions };
                },
              }),
            ),
            { concurrent: true },
          ),
      },
    ],
    {
      fallbackRenderer: "simple",
      rendererOptions: { collapseSubtasks: false },
      // Its own handler would end the process before what is held back is handed on.
      registerSignalListeners: false,
    },
  );
  await tasks.run();
  return played;
}

try {
  process.exitCode = (await demo()) ? 0 : 1;
} catch (error) {
  process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
