// Claim: the engines start, answer, say when they die, and never outlive the process that started them.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { ListStateMachinesCommand, SFNClient } from "@aws-sdk/client-sfn";
import { Connection } from "@temporalio/client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  describeExit,
  startStepFunctionsEndpoint,
  startTemporalServer,
} from "../../src/engines/index.ts";
import { isAlive } from "../support/is-alive.ts";

vi.setConfig({ testTimeout: 60_000 });

let folder = "";

const holder = fileURLToPath(new URL("fixtures/hold-engines.ts", import.meta.url));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "durascope-test-"));
  // The tests are about engines of our own, whatever the environment points at.
  vi.stubEnv("TEMPORAL_ADDRESS", "");
  vi.stubEnv("AWS_ENDPOINT_URL_SFN", "");
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  vi.unstubAllEnvs();
});

describe("the Temporal dev server", () => {
  it("answers, is its own when it is named by TEMPORAL_ADDRESS, and is gone after stop", async () => {
    const server = await startTemporalServer();
    const connection = await Connection.connect({ address: server.address });
    const info = await connection.workflowService.getSystemInfo({});
    expect(info.serverVersion).toMatch(/^\d+\./u);
    await connection.close();

    vi.stubEnv("TEMPORAL_ADDRESS", server.address);
    const external = await startTemporalServer();
    expect(external).toMatchObject({ address: server.address, external: true });
    await external.stop();
    expect(isAlive(server.pid)).toBe(true);

    await server.stop();
    await server.stop();
    expect(isAlive(server.pid)).toBe(false);
    expect(await server.closed).toMatchObject({ expected: true });
  });

  it("serves its web UI when asked to", async () => {
    const server = await startTemporalServer({ ui: true });
    const response = await fetch(server.uiUrl ?? "");
    expect(response.status).toBe(200);
    await server.stop();
  });

  it("is an error in one sentence when nobody answers at TEMPORAL_ADDRESS", async () => {
    const address = await silentAddress();
    vi.stubEnv("TEMPORAL_ADDRESS", address);
    await expect(startTemporalServer()).rejects.toMatchObject({
      code: "TEMPORAL_UNREACHABLE",
      message: expect.stringContaining(address),
    });
  });
});

describe("the Step Functions endpoint", () => {
  it("answers, is used when it is named by AWS_ENDPOINT_URL_SFN, and is gone after stop", async () => {
    const server = await startStepFunctionsEndpoint();
    vi.stubEnv("AWS_ENDPOINT_URL_SFN", server.endpoint);
    const external = await startStepFunctionsEndpoint();
    expect(external).toMatchObject({ endpoint: server.endpoint, external: true });
    const client = new SFNClient({
      endpoint: external.endpoint,
      region: "us-east-1",
      credentials: { accessKeyId: "local", secretAccessKey: "local" },
    });
    const answer = await client.send(new ListStateMachinesCommand({}));
    expect(answer.stateMachines).toEqual([]);
    client.destroy();
    await external.stop();
    expect(isAlive(server.pid)).toBe(true);
    await server.stop();
    expect(isAlive(server.pid)).toBe(false);
  });

  it("is an error in one sentence when nobody answers at AWS_ENDPOINT_URL_SFN", async () => {
    const endpoint = `http://${await silentAddress()}`;
    vi.stubEnv("AWS_ENDPOINT_URL_SFN", endpoint);
    await expect(startStepFunctionsEndpoint()).rejects.toMatchObject({
      code: "STEP_FUNCTIONS_UNREACHABLE",
      message: expect.stringContaining(endpoint),
    });
  });

  it("says how it ended when it dies", async () => {
    const server = await startStepFunctionsEndpoint({ logDirectory: folder });
    process.kill(server.pid ?? 0, "SIGKILL");
    const exit = await server.closed;
    expect(exit).toMatchObject({ expected: false, signal: "SIGKILL" });
    expect(describeExit(exit)).toContain("signal SIGKILL");
  });

  it("ends when its signal fires", async () => {
    const controller = new AbortController();
    const server = await startStepFunctionsEndpoint({ signal: controller.signal });
    controller.abort();
    expect(await server.closed).toMatchObject({ expected: true });
    expect(isAlive(server.pid)).toBe(false);
  });
});

describe("engines whose starter is gone", () => {
  it.each(["SIGKILL", "SIGTERM", "SIGINT"] as const)("end after a %s", async (signal) => {
    const starter = spawn(process.execPath, [holder], {
      stdio: ["ignore", "pipe", "inherit"],
      // Nobody is left to remove the logs.
      env: { ...process.env, TMPDIR: folder },
    });
    const pids = await firstLine(starter);
    expect(pids.map(isAlive)).toEqual([true, true]);
    starter.kill(signal);
    await gone(pids);
    expect(pids.map(isAlive)).toEqual([false, false]);
  });
});

async function firstLine(child: ChildProcess): Promise<readonly number[]> {
  if (child.stdout === null) throw new Error("the starter has no standard output");
  for await (const line of createInterface({ input: child.stdout })) {
    const pids: readonly number[] = JSON.parse(line);
    return pids;
  }
  throw new Error("the starter ended without a word");
}

/** Resolves when no process has any of the ids; the test's timeout is its limit. */
async function gone(pids: readonly number[]): Promise<void> {
  while (pids.some(isAlive)) {
    // oxlint-disable-next-line no-await-in-loop -- each look decides whether there is another
    await sleep(50);
  }
}

/** An address that nobody listens at: a port that was free a moment ago. */
async function silentAddress(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return typeof address === "object" && address !== null ? `127.0.0.1:${address.port}` : "";
}
