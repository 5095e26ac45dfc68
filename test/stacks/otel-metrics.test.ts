/**
 * Claim: both sets of OpenTelemetry packages that install together take durascope's metrics and log lines, found by the
 * global providers alone: API 1.9 with `@opentelemetry/api-logs` and SDK 2.x, API 1.10 with SDK 3.x.
 */
import { execFile } from "node:child_process";
import { cpSync, existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { runIds } from "../../src/core/ids.ts";
import { nodeSha256 } from "../../src/host/node-sha256.ts";
import { sagaFixture, stepFunctionsFixture } from "../support/saga-fixtures.ts";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SCENARIO = "undeliverable";

interface Printed {
  readonly counts: Readonly<Record<string, number>>;
  readonly lines: readonly (readonly [string, string, string])[];
  readonly faults: number;
}

describe.each(["otel-sdk-2", "otel-sdk-3"])("%s", (stack) => {
  const folder = join(ROOT, "test/stacks", stack);
  const missing = !existsSync(join(folder, "node_modules/@opentelemetry/sdk-metrics"));
  const reason = missing ? ` (skipped: npm ci was not run in test/stacks/${stack})` : "";

  it.skipIf(missing)(`measures, and writes log lines, through this pair${reason}`, async () => {
    const program = join(folder, "node_modules/metrics-program.mjs");
    cpSync(join(ROOT, "test/stacks/otel-metrics-program.js"), program);
    const { stdout } = await run(process.execPath, [
      program,
      join(ROOT, "dist/stepfunctions/index.mjs"),
      sagaFixture("stepfunctions", SCENARIO),
    ]);
    const { counts, lines, faults }: Printed = JSON.parse(stdout);
    expect(faults).toBe(0);
    expect(counts).toMatchObject({
      "workflow.started": 1,
      "workflow.closed": 1,
      "workflow.duration": 1,
      "workflow.step.duration": 4,
      "workflow.schedule_to_start": 4,
      "durascope.poller.lag": 0,
      "durascope.poller.api_calls": 1,
    });
    const { traceId } = runIds(
      "aws_step_functions",
      stepFunctionsFixture(SCENARIO).executionArn,
      nodeSha256,
    );
    expect(lines).toEqual([
      ["INFO", "orderSaga started", traceId],
      ["ERROR", "allocateShipping failed (Undeliverable)", traceId],
      ["ERROR", "orderSaga failed (Undeliverable)", traceId],
    ]);
  });
});
