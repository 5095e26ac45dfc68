/** `durascope poll` as a process, on a real Step Functions endpoint: spans in a file, metrics on a page. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { memoryLedger } from "../../examples/order-saga/shared/ledger.ts";
import { scenarios } from "../../examples/order-saga/shared/scenarios.ts";
import { memoryApprovals } from "../../examples/order-saga/stepfunctions/approvals.ts";
import { createHandlers } from "../../examples/order-saga/stepfunctions/handlers.ts";
import {
  type LocalStepFunctions,
  startLocalStepFunctions,
} from "../../examples/order-saga/stepfunctions/local.ts";
import { runOnStepFunctions } from "../../examples/order-saga/stepfunctions/run-scenario.ts";
import { startScriptedCollector } from "../doubles/scripted-collector.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

describe("durascope poll", () => {
  const approvals = memoryApprovals();
  const folder = temporaryFolder();
  let local: LocalStepFunctions;
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    const log = pino({ enabled: false });
    local = await startLocalStepFunctions(
      createHandlers({ ledger: memoryLedger(), approvals, log }),
    );
  });

  afterAll(async () => {
    for (const child of children) child.kill("SIGKILL");
    await local?.stop();
  });

  function poll(
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ): { child: ChildProcess; said: () => string } {
    const child = spawn(process.execPath, [MAIN, "poll", ...args], {
      env: {
        PATH: process.env["PATH"],
        AWS_ENDPOINT_URL_SFN: local.endpoint.endpoint,
        AWS_REGION: "us-east-1",
        AWS_ACCESS_KEY_ID: "local",
        AWS_SECRET_ACCESS_KEY: "local",
        ...environment,
      },
      stdio: ["ignore", "inherit", "pipe"],
    });
    children.push(child);
    let text = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    return { child, said: () => text };
  }

  it("follows a state machine: spans in a file, metrics for Prometheus, and ends on SIGTERM", async () => {
    const file = folder.path("spans.otlp.jsonl");
    const { child, said } = poll([
      "--state-machine-arn",
      local.stateMachineArn,
      "--interval",
      "0.2",
      "--compensates",
      "refund=reserveInventory,chargeCard",
      "--waits",
      "notifyReviewer=approval",
      "--out",
      file,
      "--metrics-port",
      "0",
    ]);
    await expect.poll(said, { timeout: 30_000 }).toContain("metrics: http://127.0.0.1:");
    const url = /http:\S+/.exec(said())?.[0] ?? "";
    const declined = scenarios.find(({ name }) => name === "declined");
    if (declined === undefined) throw new Error("no such scenario");
    const { sfn, stateMachineArn } = local;
    await runOnStepFunctions(declined, { sfn, stateMachineArn, approvals });
    const page = async (): Promise<string> => (await fetch(url)).text();
    await expect
      .poll(page, { timeout: 30_000, interval: 300 })
      .toMatch(/workflow_closed_total\{[^}]*workflow_outcome="failed"[^}]*\} 1/);
    const text = await page();
    expect(text).toMatch(
      /workflow_duration_seconds_count\{[^}]*workflow_type="orderSaga"[^}]*\} 1/,
    );
    expect(text).toMatch(/workflow_compensations_total\{[^}]*workflow_step_name="refund"[^}]*\} 1/);
    expect(text).toMatch(
      /durascope_poller_api_calls_total\{[^}]*durascope_outcome="ok"[^}]*\} \d+/,
    );
    expect(text).toMatch(/durascope_history_events_total\{[^}]*\} \d+/);
    expect(text).not.toContain(declined.order.orderId);
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
    expect(readFileSync(file, "utf8")).toContain(declined.order.orderId);
  });

  it("polls once with --once, and with --checkpoints hands nothing on twice", async () => {
    const file = folder.path("once.otlp.jsonl");
    const args = ["--state-machine-arn", local.stateMachineArn, "--out", file, "--once"];
    const pollOnce = async (): Promise<string> => {
      const { child } = poll([...args, "--checkpoints", folder.path("checkpoints")]);
      expect(await once(child, "exit")).toEqual([0, null]);
      return readFileSync(file, "utf8");
    };
    const first = await pollOnce();
    expect(first).toContain("order-1001");
    expect(await pollOnce()).toBe(first);
  });

  it("checkpoints nothing that an endpoint did not take: the next pass sends all of it", async () => {
    for (const scenario of scenarios.filter(({ name }) =>
      /^(fulfilled|undeliverable)$/.test(name),
    )) {
      const { sfn, stateMachineArn } = local;
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await runOnStepFunctions(scenario, { sfn, stateMachineArn, approvals });
    }
    const collector = await startScriptedCollector();
    const environment = {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.origin,
      OTEL_EXPORTER_OTLP_TIMEOUT: "500",
      OTEL_METRICS_EXPORTER: "none",
      OTEL_LOGS_EXPORTER: "none",
    };
    const args = ["--state-machine-arn", local.stateMachineArn, "--once"];
    args.push("--checkpoints", folder.path("checkpoints-of-outage"));
    const pollOnce = async (): Promise<{ code: unknown; text: string }> => {
      const { child, said } = poll(args, environment);
      const [code] = await once(child, "exit");
      return { code, text: said() };
    };
    try {
      collector.always({ status: 503 });
      const outage = await pollOnce();
      expect(outage).toMatchObject({
        code: 1,
        text: expect.stringContaining("0 executions ended"),
      });
      collector.always({
        status: 200,
        headers: { "content-type": "application/json" },
        body: "{}",
      });
      const after = await pollOnce();
      expect(after).toMatchObject({ code: 0, text: expect.stringContaining(" 0 still open") });
      const roots = collector.taken().filter((name) => name === "orderSaga");
      expect(roots).toHaveLength(Number(/(\d+) executions? ended/.exec(after.text)?.[1]));
      expect(roots.length).toBeGreaterThan(1);
    } finally {
      await collector.stop();
    }
  });

  it("keeps in a spool what a collector did not take, and sends it with the next poll", async () => {
    const collector = await startScriptedCollector();
    const spool = folder.path("spool");
    const environment = {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.origin,
      OTEL_METRICS_EXPORTER: "none",
      OTEL_LOGS_EXPORTER: "none",
    };
    const args = ["--state-machine-arn", local.stateMachineArn, "--once", "--spool", spool];
    const pollOnce = async (): Promise<void> => {
      const checkpoints = ["--checkpoints", folder.path("checkpoints")];
      const { child } = poll([...args, ...checkpoints], environment);
      expect(await once(child, "exit")).toEqual([0, null]);
    };
    try {
      collector.always({ status: 503 });
      await pollOnce();
      expect(collector.taken()).toEqual([]);
      expect(readdirSync(spool)).not.toEqual([]);
      collector.always({
        status: 200,
        headers: { "content-type": "application/json" },
        body: "{}",
      });
      await pollOnce();
      expect(collector.taken()).toEqual(expect.arrayContaining(["orderSaga", "refund"]));
    } finally {
      await collector.stop();
    }
  });
});
