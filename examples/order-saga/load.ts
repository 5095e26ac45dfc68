/**
 * A load generator: plays the order saga in rounds until it is told to stop, and serves the metrics of what it plays.
 *
 *     node examples/order-saga/load.ts --engines temporal,stepfunctions --interval 15 --metrics-port 9464
 *
 * Its first line of output is JSON: where the metrics are. Engines that already run are taken from `TEMPORAL_ADDRESS` and
 * `AWS_ENDPOINT_URL_SFN`, else it starts its own, which keep all that they ran in memory: it is made for days, not months.
 * It ends on SIGTERM and SIGINT.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { pino } from "pino";
import { type EngineName, type Load, type LoadOptions, startLoad } from "./load/load.ts";
import { loadTelemetry } from "./load/telemetry.ts";
import { runCommand } from "./shared/command.ts";
import { createLog } from "./shared/log.ts";

const USAGE = `usage: node load.ts [options]
  --engines <names>        temporal,stepfunctions (default: both)
  --interval <seconds>     pause between two rounds (default: 15)
  --rounds <n>             how many rounds to play (default: until it is stopped)
  --stuck <n>              most orders that are left waiting at a time (default: 3)
  --no-poll                leave Step Functions to a poller of its own
  --metrics-port <port>    where to serve /metrics (default: $METRICS_PORT, else a free port)
  --metrics-host <host>    address to serve it at (default: $METRICS_HOST, else 127.0.0.1)
  --quiet                  no log lines of the steps
`;

interface Settings {
  readonly engines: readonly EngineName[];
  readonly intervalMs: number;
  readonly rounds: number;
  readonly stuck: number;
  readonly poll: boolean;
  readonly port: number;
  readonly host: string;
  readonly quiet: boolean;
}

/** Reads the command line; undefined when it is wrong. */
function settingsOf(args: readonly string[]): Settings | undefined {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        engines: { type: "string", default: "temporal,stepfunctions" },
        interval: { type: "string", default: "15" },
        rounds: { type: "string" },
        stuck: { type: "string", default: "3" },
        "no-poll": { type: "boolean", default: false },
        "metrics-port": { type: "string", default: process.env["METRICS_PORT"] ?? "0" },
        "metrics-host": { type: "string", default: process.env["METRICS_HOST"] ?? "127.0.0.1" },
        quiet: { type: "boolean", default: false },
      },
    });
    const engines = values.engines.split(",").filter(isEngine);
    const settings: Settings = {
      engines,
      intervalMs: Number(values.interval) * 1000,
      rounds: Number(values.rounds ?? Infinity),
      stuck: Number(values.stuck),
      poll: !values["no-poll"],
      port: Number(values["metrics-port"]),
      host: values["metrics-host"],
      quiet: values.quiet,
    };
    const numbers = [settings.intervalMs, settings.rounds, settings.stuck, settings.port];
    const isWrong =
      engines.length !== values.engines.split(",").length ||
      numbers.some((number) => Number.isNaN(number) || number < 0);
    return isWrong ? undefined : settings;
  } catch {
    return undefined;
  }
}

function isEngine(name: string): name is EngineName {
  return name === "temporal" || name === "stepfunctions";
}

async function run(settings: Settings): Promise<void> {
  const stopping = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stopping.abort());
  const telemetry = await loadTelemetry(settings.port, settings.host);
  const { metricsUrl, meterProvider, spanProcessor, loggerProvider } = telemetry;
  let load: Load | undefined;
  try {
    load = await startWhenThere(stopping.signal, {
      meterProvider,
      ...(spanProcessor !== undefined && { spanProcessor }),
      ...(loggerProvider !== undefined && { loggerProvider }),
      log: settings.quiet ? pino({ enabled: false }) : createLog(),
      engines: settings.engines,
      poll: settings.poll,
      stuck: settings.stuck,
      onError(error) {
        // What is under way when the engines stop cannot end well.
        if (stopping.signal.aborted) return;
        process.stderr.write(`load: ${error instanceof Error ? error.message : String(error)}\n`);
      },
    });
    if (load === undefined) return;
    process.stdout.write(`${JSON.stringify({ metricsUrl, engines: settings.engines })}\n`);
    await playRounds(load, settings, stopping.signal);
  } finally {
    await load?.stop();
    await telemetry.close();
  }
}

/** Engines of somebody else's may start later than this, and be restarted meanwhile. */
const isExternal: boolean = [
  process.env["TEMPORAL_ADDRESS"],
  process.env["AWS_ENDPOINT_URL_SFN"],
].some((address) => address !== undefined && address !== "");

const PAUSE_MS = 3000;

/** Starts the load, tries again where engines of somebody else's are not there yet; undefined when it was interrupted. */
async function startWhenThere(
  signal: AbortSignal,
  options: LoadOptions,
): Promise<Load | undefined> {
  while (!signal.aborted) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- until it is there
      return await startLoad(options);
    } catch (error) {
      if (!isExternal) throw error;
      options.onError(error);
    }
    // oxlint-disable-next-line no-await-in-loop -- the pause between two tries
    await sleep(PAUSE_MS, undefined, { signal }).catch(() => undefined);
  }
  return undefined;
}

async function playRounds(load: Load, settings: Settings, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && load.rounds() < settings.rounds) {
    // oxlint-disable-next-line no-await-in-loop -- one round after the other
    if (!(await ended(load.round(), signal))) return;
    process.stderr.write(`load: round ${load.rounds()} played\n`);
    // oxlint-disable-next-line no-await-in-loop -- the pause between two rounds
    await sleep(settings.intervalMs, undefined, { signal }).catch(() => undefined);
  }
}

/** Whether a round has ended before it was interrupted. */
function ended(round: Promise<void>, signal: AbortSignal): Promise<boolean> {
  const interrupted = new Promise<boolean>((resolve) => {
    if (signal.aborted) resolve(false);
    signal.addEventListener("abort", () => resolve(false), { once: true });
  });
  return Promise.race([round.then(() => true), interrupted]);
}

const settings = settingsOf(process.argv.slice(2));
if (settings === undefined) {
  process.stderr.write(USAGE);
  process.exitCode = 2;
} else {
  await runCommand(() => run(settings));
  // What waits for 72 hours in an engine's client must not keep a stopped generator alive.
  process.exit();
}
