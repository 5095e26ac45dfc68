/**
 * Claim: for a team that keeps Temporal's own interceptors, for OpenTelemetry's SDK 1 or 2, the snippet of
 * docs/official-interceptors.md is enough to have the saga found by `lookup`, told with steps and attempts, without payloads.
 */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { property } from "../../../src/host/property.ts";
import { docSnippet } from "../../support/doc-snippet.ts";
import { pinnedVersion } from "../../support/pinned-version.ts";
import { typeErrors } from "../../support/type-check.ts";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const STACKS = fileURLToPath(new URL("..", import.meta.url));
const SNIPPET = docSnippet("official-interceptors.md", "official-interceptors");

/** The snippet with what the page says is different for `-v2`. */
const SNIPPET_V2 = SNIPPET.replace("import { Resource }", "import { resourceFromAttributes }")
  .replace("new Resource(", "resourceFromAttributes(")
  .replace("interceptors-opentelemetry", "interceptors-opentelemetry-v2");

const MEMO = "for nobody's eyes";

/** A workflow whose own code makes a span. */
const QUOTE = `
const { trace } = require("@opentelemetry/api");
exports.quote = async () => {
  const span = trace.getTracer("shop").startSpan("price quoted", { attributes: { "order.cents": 4200 } });
  span.end();
};
`;

const program = (snippet: string): string => `
import { fileURLToPath } from "node:url";
import { Client } from "@temporalio/client";
import { DefaultLogger, NativeConnection, Runtime, Worker } from "@temporalio/worker";
import { fileSpanExporter } from "durascope/exporters";
import { memoryLedger } from "../../../../../examples/order-saga/shared/ledger.ts";
import { createLog } from "../../../../../examples/order-saga/shared/log.ts";
import { scenarios } from "../../../../../examples/order-saga/shared/scenarios.ts";
import { startLocalTemporal } from "../../../../../examples/order-saga/temporal/local.ts";
import { runOnTemporal } from "../../../../../examples/order-saga/temporal/run-scenario.ts";

const [path, ...names] = process.argv.slice(2);
Runtime.install({ logger: new DefaultLogger("ERROR") });
const exporter = fileSpanExporter(path);
${snippet}
const log = createLog({ write: () => undefined });
const temporal = await startLocalTemporal({ ledger: memoryLedger(), log, plugins: [plugin] });
for (const name of names) {
  const scenario = scenarios.find((candidate) => candidate.name === name);
  const options = { connection: temporal.connection, plugins: [plugin], reviewPauseMs: 100 };
  await runOnTemporal(scenario, options);
}
const native = await NativeConnection.connect({ address: temporal.server.address });
const worker = await Worker.create({
  connection: native,
  taskQueue: "quotes",
  workflowsPath: fileURLToPath(new URL("quote.cjs", import.meta.url)),
  plugins: [plugin],
});
const client = new Client({ connection: temporal.connection, plugins: [plugin] });
await worker.runUntil(
  client.workflow.execute("quote", { workflowId: "order-1", taskQueue: "quotes", memo: { note: "${MEMO}" } }),
);
await native.close();
await temporal.stop();
await provider.shutdown();
`;

const typed = (snippet: string): string => `
import { InMemorySpanExporter } from "@opentelemetry/sdk-trace-base";
const exporter = new InMemorySpanExporter();
${snippet}
void plugin;
`;

const fromDist = (text: string): string =>
  text.replaceAll(/"durascope\/(\w+)"/g, `"${ROOT}dist/$1/index.mjs"`);

describe.each([
  { stack: "official-interceptors", suffix: "", snippet: SNIPPET },
  { stack: "official-interceptors-v2", suffix: "-v2", snippet: SNIPPET_V2 },
])("beside Temporal's own interceptors", ({ stack, suffix, snippet }) => {
  const theirPackage = `@temporalio/interceptors-opentelemetry${suffix}`;
  const version = `${suffix} ${pinnedVersion(`test/stacks/${stack}/`, theirPackage)}`.trim();
  const here = join(STACKS, stack);
  const missing = !existsSync(join(here, "node_modules/@temporalio"));
  const reason = missing ? ` (skipped: npm ci was not run in test/stacks/${stack})` : "";

  describe.skipIf(missing)(`${version}${reason}`, () => {
    let folder = "";
    let file = "";

    beforeAll(async () => {
      // Inside the stack's folder, whose packages the program is to find.
      mkdirSync(join(here, ".durascope"), { recursive: true });
      folder = mkdtempSync(join(here, ".durascope", "run-"));
      file = join(folder, "spans.otlp.jsonl");
      const path = join(folder, "play.ts");
      writeFileSync(path, fromDist(program(snippet)));
      writeFileSync(join(folder, "quote.cjs"), QUOTE);
      await run(process.execPath, [path, file, "approved", "fulfilled", "undeliverable"], {
        cwd: folder,
        env: { ...process.env, NODE_NO_WARNINGS: "1" },
        timeout: 150_000,
      });
    }, 160_000);

    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    async function lookup(id: string): Promise<string> {
      const main = join(ROOT, "src/cli/main.ts");
      const { stdout } = await run(process.execPath, [main, "lookup", id, "--file", file], {
        env: { ...process.env, NO_COLOR: "1", NODE_NO_WARNINGS: "1" },
      });
      return stdout;
    }

    it("the snippet fits the types of OpenTelemetry's SDK and of the plugin", async () => {
      const path = join(folder, "snippet.ts");
      writeFileSync(path, fromDist(typed(snippet)));
      expect(await typeErrors(path)).toBe("");
    });

    it("lookup finds a run by its workflow id and tells its steps in their order", async () => {
      const found = await lookup("order-1000");
      expect(found).toMatch(/^orderSaga order-1000 {2}completed .* Temporal/);
      const steps = [...found.matchAll(/^✓ (\w+)/gm)].map(([, step]) => step);
      expect(steps).toEqual(["reserveInventory", "chargeCard", "allocateShipping"]);
    });

    it("lookup tells which step failed, and every attempt of a step", async () => {
      expect(await lookup("order-1005")).toContain("allocateShipping failed");
      expect(await lookup("order-1000")).toMatch(/chargeCard .*3 attempts/);
    });

    it("lookup finds a run that a signal was sent to, and where the signal's spans are", async () => {
      const found = await lookup("order-1002");
      expect(found).toMatch(/^orderSaga order-1002 {2}completed/);
      expect(found).toContain("SignalWorkflow:approve");
    });

    it("every span of the interceptors has the vocabulary's ids and a kind, and no payload", () => {
      const text = readFileSync(file, "utf8");
      const spans = text
        .trim()
        .split("\n")
        .flatMap((line) => told(JSON.parse(line)));
      const theirs = spans.filter(({ scope }) => scope.startsWith("@temporalio/"));
      expect(theirs.length).toBeGreaterThan(30);
      for (const { name, attributes } of theirs) {
        const ids = { name, id: attributes["workflow.id"], engine: attributes["workflow.engine"] };
        expect(ids).toEqual({ name, id: expect.stringMatching(/^order-/), engine: "temporal" });
      }
      const kinds = new Map(theirs.map(({ name, kind }) => [name, kind]));
      expect(Object.fromEntries(kinds)).toMatchObject({
        "start orderSaga": 4,
        orderSaga: 2,
        chargeCard: 3,
        "chargeCard attempt 1": 5,
        "chargeCard attempt 3": 5,
        "SignalWorkflow:approve": 4,
        "HandleSignal:approve": 1,
      });
      const old = /"(?:run_id|runId|workflowId|temporalWorkflowId|memo|searchAttributes|unsafe)"/;
      expect(text).not.toMatch(old);
      expect(text).not.toContain("stacktrace");
    });

    it("a span that workflow code makes keeps its name, kind and attributes, and carries no memo", () => {
      const text = readFileSync(file, "utf8");
      const own = text
        .trim()
        .split("\n")
        .flatMap((line) => told(JSON.parse(line)))
        .filter(({ scope }) => scope === "shop");
      expect(own).toMatchObject([
        { name: "price quoted", kind: 1, attributes: { "workflow.id": "order-1" } },
      ]);
      expect(own[0]?.attributes).toHaveProperty(["order.cents"]);
      expect(text).not.toContain(MEMO);
    });
  });
});

interface ToldSpan {
  readonly name: string;
  /** OTLP's number, one above the API's. */
  readonly kind: number;
  readonly scope: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** The spans of one line of OTLP JSON. */
function told(line: unknown): ToldSpan[] {
  return list(line, "resourceSpans").flatMap((resource) =>
    list(resource, "scopeSpans").flatMap((group) =>
      list(group, "spans").map((span) => ({
        name: String(property(span, "name")),
        kind: Number(property(span, "kind")),
        scope: String(property(property(group, "scope"), "name")),
        attributes: Object.fromEntries(
          list(span, "attributes").map((attribute) => [
            String(property(attribute, "key")),
            property(property(attribute, "value"), "stringValue"),
          ]),
        ),
      })),
    ),
  );
}

function list(value: unknown, name: string): readonly unknown[] {
  const found = property(value, name);
  return Array.isArray(found) ? found : [];
}
