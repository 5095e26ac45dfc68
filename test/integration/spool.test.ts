// Claim: real processes that are killed while the backend is away lose nothing that they were told is in safe hands.
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { otlpHttpProcessor } from "../../src/exporters/otlp-http.ts";
import { spansOf } from "../../src/index.ts";
import { traceFromHistory } from "../../src/stepfunctions/history.ts";
import { memoryCheckpoints } from "../../src/stepfunctions/poller/checkpoints/memory.ts";
import { StepFunctionsPoller } from "../../src/stepfunctions/poller/poller.ts";
import { otlpSpanExporter } from "../../src/telemetry/otlp-exporter.ts";
import { fakeStepFunctions } from "../doubles/fake-step-functions.ts";
import { startScriptedCollector } from "../doubles/scripted-collector.ts";
import { stepFunctionsFixture } from "../support/saga-fixtures.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const PROGRAM = fileURLToPath(new URL("../doubles/spooling-process.ts", import.meta.url));
const folder = temporaryFolder();

function start(url: string, prefix: string, count: number): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [PROGRAM, url, folder.path("spool"), prefix, String(count)]);
}

/** Runs a process until it has printed so many names, kills it, and gives the names. */
async function killedAfter(url: string, prefix: string, most: number): Promise<string[]> {
  const child = start(url, prefix, 1000);
  const names: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    names.push(line);
    if (names.length === most) child.kill("SIGKILL");
  }
  return names;
}

it("two processes at a time, killed again and again, and then a backend that is back", async () => {
  const collector = await startScriptedCollector();
  collector.always("cut");
  const url = `${collector.origin}/v1/traces`;
  const safe: string[] = [];
  for (const round of ["a", "b", "c"]) {
    // oxlint-disable-next-line no-await-in-loop
    const both = await Promise.all([
      killedAfter(url, `${round}-one-`, 7),
      killedAfter(url, `${round}-two-`, 11),
    ]);
    safe.push(...both.flat());
  }
  expect(safe.length).toBeGreaterThanOrEqual(54);
  collector.always({ status: 200 });
  const last = start(url, "last-", 1);
  await once(last, "close");
  const taken = collector.taken();
  for (const name of [...safe, "last-0"]) expect(taken).toContain(name);
  // Each process's own come in the order in which it gave them.
  const ofOne = taken.filter((name) => name.startsWith("b-two-"));
  expect(ofOne).toEqual(ofOne.map((_, i) => `b-two-${i}`));
  expect(new Set(taken).size).toBe(taken.length);
  await collector.stop();
});

it("a poller whose backend is away moves its checkpoints on, and a later one sends what waits", async () => {
  const collector = await startScriptedCollector();
  collector.always({ status: 503 });
  const fake = fakeStepFunctions();
  const checkpoints = memoryCheckpoints();
  const scenarios = ["approved", "undeliverable", "declined"].map(stepFunctionsFixture);
  for (const { executionArn, events } of scenarios) fake.add(executionArn, events);

  async function poll(): Promise<{ faults: number; spooled: number }> {
    const spanProcessor = await otlpHttpProcessor({
      url: `${collector.origin}/v1/traces`,
      spool: folder.path("spool"),
      environment: {},
      onWarning: () => undefined,
    });
    const poller = new StepFunctionsPoller({
      client: fake.api,
      checkpoints,
      spanProcessor,
      executionArns: scenarios.map(({ executionArn }) => executionArn),
      callsPerSecond: 1e6,
    });
    await poller.poll();
    await poller.stop();
    const { spooled } = spanProcessor.counts();
    await spanProcessor.shutdown();
    return { faults: poller.stats().faults, spooled };
  }

  const expected = scenarios.flatMap(({ executionArn, events }) => {
    const result = traceFromHistory(events, { executionArn });
    return result.ok ? spansOf(result.value).map(({ spanId }) => spanId) : [];
  });
  expect(await poll()).toEqual({ faults: 0, spooled: expected.length });
  collector.always({ status: 200 });
  await poll();
  // Checkpointed as exported: the second poller makes none of them anew.
  const taken = collector.requests
    .slice(1)
    .flatMap(({ spans }) => spans.map(({ spanId }) => spanId));
  expect(taken.toSorted()).toEqual(expected.toSorted());
  await collector.stop();
});

it("a process that is never ended keeps what others leave from being forgotten", async () => {
  const collector = await startScriptedCollector();
  collector.always({ status: 503 });
  const url = `${collector.origin}/v1/traces`;
  const names = await killedAfter(url, "dead-", 3);
  collector.always({ status: 200 });
  const exporter = await otlpSpanExporter({
    url,
    spool: folder.path("spool"),
    environment: {},
    onWarning: () => undefined,
  });
  expect(exporter.counts().spooled).toBeGreaterThanOrEqual(3);
  await exporter.shutdown();
  for (const name of names) expect(collector.taken()).toContain(name);
  await collector.stop();
});
