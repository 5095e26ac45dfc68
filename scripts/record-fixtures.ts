/**
 * Records the order saga's histories from the real engines: `node scripts/record-fixtures.ts`.
 *
 * Starts both engines, plays every scenario on both, and writes what the engines say into
 * `test/fixtures/`. Only what names this machine or opens a door is taken out: paths, host names and
 * task tokens. Recordings are never edited by hand.
 */
import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { hostname } from "node:os";
import { fileURLToPath } from "node:url";
import { Client } from "@temporalio/client";
import { DefaultLogger, Runtime } from "@temporalio/worker";
import { memoryLedger } from "../examples/order-saga/shared/ledger.ts";
import { createLog } from "../examples/order-saga/shared/log.ts";
import { scenarios } from "../examples/order-saga/shared/scenarios.ts";
import { memoryApprovals } from "../examples/order-saga/stepfunctions/approvals.ts";
import { createHandlers } from "../examples/order-saga/stepfunctions/handlers.ts";
import { fetchStepFunctionsHistory } from "../examples/order-saga/stepfunctions/history.ts";
import { startLocalStepFunctions } from "../examples/order-saga/stepfunctions/local.ts";
import { runOnStepFunctions } from "../examples/order-saga/stepfunctions/run-scenario.ts";
import { fetchTemporalHistory } from "../examples/order-saga/temporal/history.ts";
import { startLocalTemporal } from "../examples/order-saga/temporal/local.ts";
import { runOnTemporal } from "../examples/order-saga/temporal/run-scenario.ts";

const repository = fileURLToPath(new URL("../", import.meta.url));
const fixtures = fileURLToPath(new URL("../test/fixtures/", import.meta.url));

/** Plays all scenarios on Temporal and writes `{ workflowId, runId, namespace, history }` of each. */
async function recordTemporal(): Promise<void> {
  const saga = await startLocalTemporal({ ledger: memoryLedger(), log: quietLog() });
  try {
    const { namespace } = saga.server;
    const client = new Client({ connection: saga.connection, namespace });
    await Promise.all(
      scenarios.map(async (scenario) => {
        const run = await runOnTemporal(scenario, { connection: saga.connection, namespace });
        const history = await fetchTemporalHistory(client, run);
        await write("temporal", scenario.name, { ...run, namespace, history });
      }),
    );
  } finally {
    await saga.stop();
  }
}

/** Plays all scenarios on Step Functions and writes `{ executionArn, events }` of each. */
async function recordStepFunctions(): Promise<void> {
  const approvals = memoryApprovals();
  const saga = await startLocalStepFunctions(
    createHandlers({ ledger: memoryLedger(), approvals, log: quietLog() }),
  );
  try {
    await Promise.all(
      scenarios.map(async (scenario) => {
        const run = await runOnStepFunctions(scenario, { ...saga, approvals });
        const { events } = await fetchStepFunctionsHistory(saga.sfn, run.executionArn, {
          includeExecutionData: true,
        });
        const token = await approvals.find(scenario.order.orderId);
        await write("stepfunctions", scenario.name, { ...run, events }, token);
      }),
    );
  } finally {
    await saga.stop();
  }
}

async function write(
  engine: string,
  name: string,
  recording: object,
  token?: string,
): Promise<void> {
  const folder = `${fixtures}${engine}/`;
  await mkdir(folder, { recursive: true });
  await writeFile(`${folder}${name}.json`, `${anonymous(recording, token)}\n`);
}

/** The recording as JSON text, without what belongs to this machine or could end a wait. */
function anonymous(recording: object, token: string | undefined): string {
  const text = JSON.stringify(
    recording,
    (_key, value: unknown) => (typeof value === "string" ? withoutMachine(value, token) : value),
    1,
  );
  const left = [repository, `@${hostname()}`, ...(token === undefined ? [] : [token])].find(
    (secret) => text.includes(secret),
  );
  if (left !== undefined) throw new Error("a path, a host name or a task token was left");
  return text;
}

function withoutMachine(value: string, token: string | undefined): string {
  const named = value
    .replaceAll(`${process.pid}@${hostname()}`, "worker@host")
    .replaceAll(repository, "/app/");
  return token === undefined ? named : named.replaceAll(token, "<task token>");
}

function quietLog(): ReturnType<typeof createLog> {
  return createLog({ write: () => undefined });
}

// Failures are a part of the scenarios: only what breaks the worker itself is worth a line.
Runtime.install({ logger: new DefaultLogger("ERROR") });
await Promise.all([recordTemporal(), recordStepFunctions()]);
const biome = createRequire(import.meta.url).resolve("@biomejs/biome/bin/biome");
execFileSync(process.execPath, [biome, "format", "--write", fixtures]);
process.stdout.write(`${scenarios.length} scenarios recorded from each engine into ${fixtures}\n`);
