/**
 * The demo: all scenarios of the order saga on a real Temporal server and a real Step Functions endpoint, traced while
 * they run, and compared. `npm run demo` does its set-up and starts it.
 */
import { rm } from "node:fs/promises";
import { resolve } from "node:path";
import { Listr, type ListrTask } from "listr2";
import {
  type Stage,
  type StepFunctionsRecording,
  stepFunctionsStage,
  type TemporalRecording,
  temporalStage,
} from "./demo/play.ts";
import { demoResult, type Played } from "./demo/result.ts";
import { startTelemetry } from "./demo/telemetry.ts";
import { scenarios } from "./shared/scenarios.ts";

const path = resolve(".durascope/demo.otlp.jsonl");

/** How a signal ends a program, as shells have it. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

interface Stages {
  temporal?: Stage<TemporalRecording>;
  stepFunctions?: Stage<StepFunctionsRecording>;
}

async function demo(): Promise<boolean> {
  await rm(path, { force: true });
  const telemetry = startTelemetry(path, (error) =>
    process.stderr.write(`demo: ${error.message}\n`),
  );
  const stages: Stages = {};
  const stop = async (): Promise<void> => {
    await Promise.allSettled([stages.temporal?.stop(), stages.stepFunctions?.stop()]);
    await telemetry.close();
  };
  for (const [signal, code] of Object.entries(SIGNALS)) {
    process.once(signal, () => void stop().finally(() => process.exit(code)));
  }
  try {
    const played = await play(stages, telemetry.log);
    await stop();
    const terminal = {
      columns: process.stdout.columns ?? 100,
      color: process.stdout.hasColors?.() ?? false,
    };
    const result = await demoResult(played, path, terminal);
    process.stdout.write(`\n${result.text}\n`);
    return result.ok && telemetry.lost() === 0;
  } finally {
    await stop();
  }
}

async function play(stages: Stages, log: Parameters<typeof temporalStage>[0]): Promise<Played[]> {
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
                task: async () => void (stages.temporal = await temporalStage(log)),
              },
              {
                title: "Step Functions endpoint and functions",
                task: async () => void (stages.stepFunctions = await stepFunctionsStage(log)),
              },
            ],
            { concurrent: true },
          ),
      },
      {
        title: "Scenarios, on both engines",
        task: (_context, task) =>
          task.newListr(
            scenarios.map(
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
    { fallbackRenderer: "simple", rendererOptions: { collapseSubtasks: false } },
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
