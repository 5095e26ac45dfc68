/** The load generator as a process: it serves the metrics of what it plays, and ends when it is told to. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";

const LOAD = fileURLToPath(new URL("../../examples/order-saga/load.ts", import.meta.url));
const children: ChildProcess[] = [];

afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
});

function load(...args: string[]): { child: ChildProcess; said: () => string } {
  const env = { ...process.env, TEMPORAL_ADDRESS: "", OTEL_EXPORTER_OTLP_ENDPOINT: "" };
  const child = spawn(process.execPath, [LOAD, ...args], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
  return { child, said: () => text };
}

it("plays rounds until SIGTERM, with runs that are left waiting and one that is cancelled", async () => {
  const { child, said } = load("--engines", "temporal", "--interval", "600", "--quiet");
  await expect.poll(said, { timeout: 60_000 }).toContain("round 1 played");
  const url = /"metricsUrl":"([^"]+)"/.exec(said())?.[1] ?? "";
  const text = await (await fetch(url)).text();
  const closed = (outcome: string, count: number): RegExp =>
    new RegExp(`workflow_closed_total\\{[^}]*workflow_outcome="${outcome}"[^}]*\\} ${count}`);
  expect(text).toMatch(closed("completed", 4));
  expect(text).toMatch(closed("failed", 3));
  expect(text).toMatch(closed("cancelled", 1));
  expect(text).toMatch(/workflow_waiting\{[^}]*workflow_step_name="approval"[^}]*\} 1/);
  child.kill("SIGTERM");
  expect(await once(child, "exit")).toEqual([0, null]);
});

it("tells how it is called when it is called wrongly", async () => {
  const { child, said } = load("--engines", "temporal,airflow");
  expect(await once(child, "exit")).toEqual([2, null]);
  expect(said()).toContain("usage: node load.ts");
});
