/**
 * How long a lookup takes: `npm run bench:lookup`.
 *
 * In a file: a gigabyte of OTLP JSON lines of order sagas, as they were recorded on both engines but for their ids; the
 * run that is looked up stands at its end, and a word that is no id on every line. Measured is the built command line in a
 * process of its own, from its start to its end, by the clock, and the most memory that it held. `--megabytes 100` makes a
 * smaller file, for a quick look.
 *
 * In a real Jaeger (`npm run setup:backends`; left out with a word when it is not there): some thousand traces, and one
 * run of them. Measured is what a lookup takes beyond the time in which it waits for Jaeger: inside a process that has
 * looked up before, and the whole command line from its start to its end.
 *
 * Each is told by its best round: what else runs on the machine only ever adds. The last line is JSON.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createJaegerBackend } from "../../src/lookup/jaeger/jaeger.ts";
import { lookUp } from "../../src/lookup/look-up.ts";
import { missingBackend } from "../backends/installed.ts";
import { type RunningJaeger, startJaeger } from "../backends/jaeger.ts";
import { spanRequest, storyRun } from "../support/lookup-stories.ts";
import { SCENARIO_NAMES } from "../support/saga-fixtures.ts";
import { writeSagas } from "./lookup-corpus.ts";
import { type MeasuredRun, runMeasured } from "./measured-child.ts";
import { waitingFetch } from "./waiting-fetch.ts";

interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly bar: number;
  readonly holds: boolean;
}

const SECONDS_BAR = 10;
const MEGABYTES_BAR = 300;
const BEYOND_BAR = 300;
/** Exit code of a lookup that finds nothing. */
const NOT_FOUND = 3;
const FILE_ROUNDS = 3;
const JAEGER_ROUNDS = 20;
const COMMAND_ROUNDS = 12;
const JAEGER_TRACES = 2000;

const { values } = parseArgs({ options: { megabytes: { type: "string", default: "1000" } } });
const megabytes = Number(values.megabytes);
const figures: Figure[] = [];

function tell(name: string, value: number, unit: string, bar: number): void {
  const rounded = Math.round(value * 100) / 100;
  figures.push({ name, value: rounded, unit, bar, holds: rounded < bar });
  process.stdout.write(`${`${name}:`.padEnd(64)} ${rounded} ${unit} (bar: ${bar})\n`);
}

/** The run's output has to be that of the run: else the time is of something else. */
function checked(run: MeasuredRun, expected: string, exitCode = 0): MeasuredRun {
  if (run.exitCode !== exitCode || !`${run.stdout}${run.stderr}`.includes(expected))
    throw new Error(`exit code ${run.exitCode}, or no ${expected}\n${run.stderr}${run.stdout}`);
  return run;
}

async function rounds<Result>(count: number, round: () => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  for (let i = 0; i < count; i += 1) {
    // oxlint-disable-next-line no-await-in-loop -- rounds side by side would disturb each other
    results.push(await round());
  }
  return results;
}

async function inFile(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "durascope-bench-"));
  try {
    const path = join(folder, "sagas.otlp.jsonl");
    const last = await writeSagas(path, megabytes * 1e6);
    const size = `${megabytes} MB of OTLP JSON lines`;
    const found = (run: MeasuredRun): MeasuredRun => checked(run, last.runId);
    await lookedUpInFile(`workflow id at the end of ${size}`, path, last.workflowId, found);
    await lookedUpInFile(`run id at the end of ${size}`, path, last.runId, found);
    await lookedUpInFile(`word on every line of ${size}`, path, "completed", (run) =>
      checked(run, "Nothing found of completed", NOT_FOUND),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function lookedUpInFile(
  name: string,
  path: string,
  id: string,
  check: (run: MeasuredRun) => MeasuredRun,
): Promise<void> {
  const runs = await rounds(FILE_ROUNDS, async () =>
    check(await runMeasured(["lookup", id, "--file", path])),
  );
  tell(name, Math.min(...runs.map((run) => run.seconds)), "s", SECONDS_BAR);
  tell(`${name}, memory`, Math.max(...runs.map((run) => run.megabytes)), "MB", MEGABYTES_BAR);
  const cpu = Math.min(...runs.map((run) => run.cpuSeconds));
  process.stdout.write(`  of which processor time: ${cpu.toFixed(2)} s\n`);
}

async function inJaeger(): Promise<void> {
  const missing = missingBackend("jaeger");
  if (missing !== undefined) {
    process.stderr.write(`Lookup in a real Jaeger was not measured: ${missing}.\n`);
    return;
  }
  const jaeger = await startJaeger();
  try {
    await lookedUpInJaeger(jaeger, await fill(jaeger));
  } finally {
    await jaeger.stop();
  }
}

/** Sends runs of all scenarios; gives one of them. */
async function fill({ otlpUrl }: RunningJaeger): Promise<{ workflowId: string; runId: string }> {
  const runs = Array.from({ length: JAEGER_TRACES }, (_, i) =>
    storyRun(i % 2 === 0 ? "temporal" : "stepfunctions", {
      scenario: SCENARIO_NAMES[i % SCENARIO_NAMES.length] ?? "approved",
      endsAt: Date.now() - i * 1000,
    }),
  );
  for (const run of runs) {
    // oxlint-disable-next-line no-await-in-loop -- no faster than it takes them
    const { ok } = await fetch(`${otlpUrl}/v1/traces`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: spanRequest(run.spans),
    });
    if (!ok) throw new Error("Jaeger did not take the spans");
  }
  const middle = runs[JAEGER_TRACES / 2];
  if (middle === undefined) throw new Error("no runs were sent");
  return middle;
}

async function lookedUpInJaeger(
  { queryUrl }: RunningJaeger,
  { workflowId, runId }: { workflowId: string; runId: string },
): Promise<void> {
  const waiting = waitingFetch(fetch);
  const inside = await rounds(JAEGER_ROUNDS, async () => {
    // A new one each time, as the command has: it finds out anew which version it asks.
    const options = { url: queryUrl, fetch: waiting.fetch, keys: ["order.id"] };
    const backend = createJaegerBackend(options);
    const started = performance.now();
    const { runs } = await lookUp(backend, { id: workflowId });
    const beyond = performance.now() - started - waiting.waited();
    if (runs[0]?.runId !== runId) throw new Error("Jaeger did not give the run");
    return beyond;
  });
  const commands = await rounds(COMMAND_ROUNDS, async () => {
    const run = await runMeasured(["lookup", workflowId], { JAEGER_URL: queryUrl });
    const { seconds, waitedSeconds, cpuSeconds } = checked(run, runId);
    const [beyond, waited, cpu] = [seconds - waitedSeconds, waitedSeconds, cpuSeconds];
    return { beyond: beyond * 1000, waited: waited * 1000, cpu: cpu * 1000 };
  });
  const name = "lookup in a real Jaeger, beyond its answers";
  tell(`${name}: in-process`, Math.min(...inside), "ms", BEYOND_BAR);
  const best = commands.reduce((least, run) => (run.beyond < least.beyond ? run : least));
  tell(`${name}: the command`, best.beyond, "ms", BEYOND_BAR);
  process.stdout.write(
    `  beside ${best.waited.toFixed(0)} ms of waiting; processor time: ${best.cpu.toFixed(0)} ms\n`,
  );
}

await inFile();
await inJaeger();
process.stdout.write(`${JSON.stringify({ bench: "lookup", figures })}\n`);
