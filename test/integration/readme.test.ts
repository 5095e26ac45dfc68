/** Claim: each drop-in of the README works as it stands there. What a reader has of their own is put around it. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { memoryLedger } from "../../examples/order-saga/shared/ledger.ts";
import { createLog } from "../../examples/order-saga/shared/log.ts";
import { memoryApprovals } from "../../examples/order-saga/stepfunctions/approvals.ts";
import { createHandlers } from "../../examples/order-saga/stepfunctions/handlers.ts";
import { startLocalStepFunctions } from "../../examples/order-saga/stepfunctions/local.ts";
import { startOrder } from "../../examples/order-saga/stepfunctions/start.ts";
import { startTemporalServer } from "../../src/engines/index.ts";
import { startOtlpReceiver } from "../doubles/otlp-receiver.ts";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const README = readFileSync(join(ROOT, "README.md"), "utf8");

/** A snippet of the README by its mark. */
function snippet(name: string): string {
  const code = new RegExp(`\`\`\`ts ${name}\\n([\\s\\S]*?)\`\`\``).exec(README)?.[1];
  if (code === undefined) throw new Error(`the README has no snippet ${name}`);
  return code;
}

describe("the README's", () => {
  // Inside the repository, where `durascope` resolves to the package itself.
  let folder = "";

  beforeAll(() => {
    mkdirSync(join(ROOT, ".durascope"), { recursive: true });
    folder = mkdtempSync(join(ROOT, ".durascope", "readme-"));
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs a program and gives what it prints; rejects when it fails. */
  async function play(
    name: string,
    program: string,
    environment: Record<string, string> = {},
  ): Promise<string> {
    const path = join(folder, `${name}.ts`);
    writeFileSync(path, program);
    const env = {
      ...process.env,
      OTEL_EXPORTER_OTLP_ENDPOINT: "",
      NODE_NO_WARNINGS: "1",
      ...environment,
    };
    const { stdout } = await run(process.execPath, [path], { cwd: folder, env, timeout: 80_000 });
    return stdout;
  }

  it("Temporal snippet traces a workflow, and needs nothing but an OTLP endpoint", async () => {
    const [server, receiver] = await Promise.all([startTemporalServer(), startOtlpReceiver()]);
    writeFileSync(
      join(folder, "workflows.ts"),
      `export async function hello(name: string) { return "hello " + name; }\n`,
    );
    const program = [
      `const address = ${JSON.stringify(server.address)};`,
      `const workflowsPath = ${JSON.stringify(join(folder, "workflows.ts"))};`,
      "const activities = {};",
      snippet("readme-temporal"),
      `console.log(await worker.runUntil(client.workflow.execute("hello", { taskQueue: "orders", workflowId: "readme", args: ["reader"] })));`,
      "await connection.close();",
      "await client.connection.close();",
    ].join("\n");
    const printed = await play("temporal", program, { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
    expect(printed).toContain("hello reader");
    expect(
      receiver
        .spans()
        .map((span) => span.name)
        .toSorted(),
    ).toEqual(["hello", "hello started", "start hello"]);
    await Promise.all([server.stop(), receiver.stop()]);
  });

  it("Lambda snippet wraps a handler", async () => {
    const receiver = await startOtlpReceiver();
    const program = [
      snippet("readme-lambda"),
      `const event = { order: { id: "42" }, _wf: { e: "arn:aws:states:us-east-1:123456789012:execution:m:x", s: { Name: "charge", EnteredTime: "2026-01-01T00:00:00.000Z", RetryCount: 0 }, r: 0 } };`,
      `const context = { awsRequestId: "r-1", functionName: "charge", getRemainingTimeInMillis: () => 3000 };`,
      `console.log(JSON.stringify(await Reflect.apply(handler, undefined, [event, context])));`,
    ].join("\n");
    const printed = await play("lambda", program, { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
    expect(printed.trim()).toBe('{"charged":"42"}');
    expect(receiver.spans()).toMatchObject([
      { attributes: { "workflow.step.name": "charge", "workflow.id": "x" } },
    ]);
    await receiver.stop();
  });

  it("poller snippet finds executions and exports them", async () => {
    const receiver = await startOtlpReceiver();
    const saga = await startLocalStepFunctions(
      createHandlers({
        ledger: memoryLedger(),
        approvals: memoryApprovals(),
        log: createLog({ write: () => undefined }),
      }),
    );
    await startOrder(
      saga.sfn,
      { orderId: "order-1", cents: 100 },
      { stateMachineArn: saga.stateMachineArn },
    );
    const program = [
      `const stateMachineArn = ${JSON.stringify(saga.stateMachineArn)};`,
      snippet("readme-poller"),
      "setTimeout(() => process.kill(process.pid, 'SIGTERM'), 4000);",
    ].join("\n");
    await play("poller", program, {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      AWS_ENDPOINT_URL_SFN: saga.endpoint.endpoint,
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "local",
      AWS_SECRET_ACCESS_KEY: "local",
    });
    expect(receiver.spans().map((span) => span.name)).toEqual(
      expect.arrayContaining([
        "orderSaga started",
        "reserveInventory",
        "chargeCard attempt 1",
        "allocateShipping",
        "orderSaga",
      ]),
    );
    await Promise.all([saga.stop(), receiver.stop()]);
  });

  it("pino snippet puts ids on the lines of a step", async () => {
    const program = [
      snippet("readme-pino"),
      `import { withWorkflow } from "durascope/lambda";`,
      `const event = { _wf: { e: "arn:aws:states:us-east-1:123456789012:execution:m:x", s: { Name: "charge", EnteredTime: "2026-01-01T00:00:00.000Z", RetryCount: 0 }, r: 0 } };`,
      `await withWorkflow(async (event) => log.info("charged"))(event, { awsRequestId: "r-1" });`,
    ].join("\n");
    const line: unknown = JSON.parse(await play("pino", program));
    expect(line).toMatchObject({
      msg: "charged",
      "workflow.id": "x",
      "workflow.step.name": "charge",
      "workflow.step.attempt": 1,
    });
    expect(line).toHaveProperty("trace_id");
    expect(line).toHaveProperty("span_id");
  });

  it("history snippet reads a recorded history", async () => {
    const fixture = new URL("../fixtures/temporal/approved.json", import.meta.url);
    const program = [
      `import { readFileSync } from "node:fs";`,
      `const { history, workflowId, runId } = JSON.parse(readFileSync(${JSON.stringify(fileURLToPath(fixture))}, "utf8"));`,
      snippet("readme-history"),
    ].join("\n");
    const printed = await play("history", program);
    expect(printed).toContain("wait approval resolved");
    expect(printed).toMatch(/\d+ spans/);
  });

  it("saga snippet makes a plugin", async () => {
    const printed = await play("saga", `${snippet("readme-saga")}\nconsole.log(tracing.name);\n`);
    expect(printed.trim()).toBe("durascope");
  });
});
