/**
 * Claim: both sets of OpenTelemetry packages that install together take durascope's spans, as ES modules, in processes of
 * their own: by the SDK's global provider with OpenTelemetry's exporter, and with durascope's exporter behind its batch
 * processor. The application's own spans become children. What is copied is what `npm run build` made.
 */
import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { runIds } from "../../src/core/ids.ts";
import { nodeSha256 } from "../../src/host/node-sha256.ts";
import { spansOf } from "../../src/index.ts";
import { type ScriptedCollector, startScriptedCollector } from "../doubles/scripted-collector.ts";
import { sagaFixture, stepFunctionsFixture } from "../support/saga-fixtures.ts";
import { sagaTrace } from "../support/saga-runs.ts";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SCENARIO = "undeliverable";

interface Printed {
  readonly answer: string;
  readonly warnings: readonly string[];
  readonly faults: number;
  readonly counts?: { readonly exported: number };
}

describe.each(["otel-sdk-2", "otel-sdk-3"])("%s", (stack) => {
  const folder = join(ROOT, "test/stacks", stack);
  const missing = !existsSync(join(folder, "node_modules/@opentelemetry/api"));
  const reason = missing ? ` (skipped: npm ci was not run in test/stacks/${stack})` : "";

  describe.skipIf(missing)(`a process with this pair${reason}`, () => {
    let collector: ScriptedCollector;

    beforeAll(() => {
      // Copies, not links: through a link they would load the repository's packages.
      const copy = join(folder, "node_modules/durascope");
      rmSync(copy, { recursive: true, force: true });
      mkdirSync(copy);
      cpSync(join(ROOT, "dist"), join(copy, "dist"), { recursive: true });
      cpSync(join(ROOT, "package.json"), join(copy, "package.json"));
      cpSync(join(ROOT, "test/stacks/otel-program.js"), join(folder, "node_modules/program.mjs"));
    });
    beforeEach(async () => {
      collector = await startScriptedCollector();
    });
    afterEach(() => collector.stop());

    async function play(exporter: string): Promise<Printed> {
      const { stdout } = await run(
        process.execPath,
        [
          join(folder, "node_modules/program.mjs"),
          collector.origin,
          exporter,
          sagaFixture("stepfunctions", SCENARIO),
        ],
        { cwd: folder, timeout: 60_000 },
      );
      return JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
    }

    it.each(["official", "json", "protobuf"])(
      "exports by %s: all spans, once",
      async (exporter) => {
        const printed = await play(exporter);
        expect(printed).toMatchObject({ answer: "done", warnings: [], faults: 0 });
        const arrived = collector.requests.flatMap(({ spans }) => spans);
        const expected = spansOf(sagaTrace("stepfunctions", SCENARIO)).map(({ spanId }) => spanId);
        const fromPoller = arrived.filter(({ spanId }) => expected.includes(spanId));
        expect(fromPoller.map(({ spanId }) => spanId)).toEqual(expected);
        // Beside them the invocation and the application's own span.
        expect(arrived).toHaveLength(expected.length + 2);
        // Only ours counts.
        expect([undefined, arrived.length]).toContain(printed.counts?.exported);
      },
    );

    it("makes the application's own spans children of the step that they run for", async () => {
      await play("official");
      const arrived = collector.requests.flatMap(({ spans }) => spans);
      const own = arrived.find(({ name }) => name === "charge the card");
      const invocation = arrived.find(({ spanId }) => spanId === own?.parentSpanId);
      expect(invocation?.attributes).toMatchObject({ "workflow.step.name": "chargeCard" });
      const { executionArn } = stepFunctionsFixture(SCENARIO);
      const { traceId } = runIds("aws_step_functions", executionArn, nodeSha256);
      expect([own?.traceId, invocation?.traceId]).toEqual([traceId, traceId]);
    });
  });
});

describe("a provider that was registered by API 1.9, in an application with API 1.10", () => {
  const missing = !existsSync(join(ROOT, "test/stacks/otel-sdk-2/node_modules/@opentelemetry/api"));
  const reason = missing ? " (skipped: npm ci was not run in test/stacks/otel-sdk-2)" : "";

  it.skipIf(missing)(`gets durascope's spans, and what is wrong is said${reason}`, async () => {
    const collector = await startScriptedCollector();
    const { stdout } = await run(
      process.execPath,
      [
        join(ROOT, "test/stacks/mixed-apis.js"),
        collector.origin,
        sagaFixture("stepfunctions", SCENARIO),
      ],
      { cwd: ROOT, timeout: 60_000 },
    );
    const { warnings, ownTraceId }: { warnings: string[]; ownTraceId: string } = JSON.parse(stdout);
    expect(ownTraceId).toBe("0".repeat(32));
    expect(warnings).toEqual([
      expect.stringMatching(
        /registered by @opentelemetry\/api 1\.9\.1, .*own @opentelemetry\/api 1\.10\.0 does not see it/,
      ),
    ]);
    const expected = spansOf(sagaTrace("stepfunctions", SCENARIO)).map(({ spanId }) => spanId);
    const arrived = collector.requests.flatMap(({ spans }) => spans);
    expect(arrived.map(({ spanId }) => spanId)).toEqual(expected);
    await collector.stop();
  });
});
