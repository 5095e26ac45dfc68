/**
 * Claims, with the snippets of docs/datadog.md, the real dd-trace (its newest and the line before), a real Temporal server and
 * Datadog's test agent:
 * - what dd-trace traces in an activity or a handler has the trace id of the run, all 128 bits of it, and hangs below the attempt;
 * - dd-trace's spans carry the vocabulary, and its log ids are those of its active span;
 * - durascope's spans reach the agent by OTLP, and a start joins the trace of the dd-trace span that it is made in;
 * - OpenTelemetry's API 1.10, which cannot see dd-trace's provider, is told of.
 */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runIds } from "../../../src/core/ids.ts";
import { nodeSha256 } from "../../../src/host/node-sha256.ts";
import { missingBackend, withReason } from "../../backends/installed.ts";
import { type RunningTestAgent, startTestAgent } from "../../backends/test-agent.ts";
import { pinnedVersion } from "../../support/pinned-version.ts";
import { typeErrors } from "../../support/type-check.ts";
import { API_PROGRAM, DATADOG_PROGRAM, datadogSnippets, type ProgramOutput } from "./program.ts";
import {
  type DatadogTestSpan,
  datadogSpans,
  type OtlpTestSpan,
  otlpSpans,
  startSession,
} from "./test-agent-traces.ts";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const STACKS = fileURLToPath(new URL("..", import.meta.url));

/** Why a stack cannot be used, as a sentence; undefined when it can. */
function missingStack(stack: string): string | undefined {
  return existsSync(join(STACKS, stack, "node_modules/dd-trace"))
    ? undefined
    : `npm ci was not run in test/stacks/${stack}: run \`npm run setup:backends\``;
}

const because = (reason: string | undefined): string => withReason("", reason);

/** Runs a program in a folder whose packages it finds, and gives the last line that it prints: sdk-core writes its warnings before it. */
async function play(
  below: string,
  program: string,
  flags: readonly string[],
  environment: Readonly<Record<string, string>>,
  parameters: readonly string[] = [],
): Promise<string> {
  mkdirSync(join(below, ".durascope"), { recursive: true });
  const folder = mkdtempSync(join(below, ".durascope", "run-"));
  try {
    const path = join(folder, "play.ts");
    writeFileSync(path, program);
    const { stdout } = await run(process.execPath, [...flags, path, ...parameters], {
      cwd: folder,
      timeout: 150_000,
      env: {
        ...process.env,
        NODE_NO_WARNINGS: "1",
        DD_INSTRUMENTATION_TELEMETRY_ENABLED: "false",
        DD_REMOTE_CONFIGURATION_ENABLED: "false",
        DD_TRACE_STARTUP_LOGS: "false",
        ...environment,
      },
    });
    return stdout.trim().split("\n").at(-1) ?? "";
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const fromDist = (program: string): string =>
  program.replaceAll(/"durascope\/(\w+)"/g, `"${ROOT}dist/$1/index.mjs"`);

describe.each([
  { stack: "dd-trace", protocol: "http/protobuf" },
  { stack: "dd-trace-5", protocol: "http/json" },
])("beside dd-trace", ({ stack, protocol }) => {
  const version = pinnedVersion(`test/stacks/${stack}/`, "dd-trace");
  const noStack = missingStack(stack);
  const reason = noStack ?? missingBackend("python");

  describe.skipIf(reason !== undefined)(`${version}, OTLP by ${protocol}${because(reason)}`, () => {
    let agent: RunningTestAgent;
    let output: ProgramOutput;
    let theirs: DatadogTestSpan[] = [];
    let ours: OtlpTestSpan[] = [];

    beforeAll(async () => {
      agent = await startTestAgent();
      // dd-trace sends no token of its own: what it sends belongs to the session that was begun last.
      await startSession(agent.agentUrl, stack);
      const printed = await play(
        join(STACKS, stack),
        fromDist(DATADOG_PROGRAM),
        ["--import", "dd-trace/initialize.mjs"],
        {
          DD_TRACE_AGENT_URL: agent.agentUrl,
          DD_SERVICE: "orders",
          OTEL_SERVICE_NAME: "orders",
          DD_LOGS_INJECTION: "true",
          OTEL_EXPORTER_OTLP_ENDPOINT: agent.otlpUrl,
          OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
          OTEL_EXPORTER_OTLP_HEADERS: `X-Datadog-Test-Session-Token=${stack}`,
        },
        ["declined", "fulfilled"],
      );
      output = JSON.parse(printed) as ProgramOutput;
      theirs = await datadogSpans(agent.agentUrl, stack);
      ours = await otlpSpans(agent.otlpUrl, stack);
    }, 160_000);

    afterAll(() => agent?.stop());

    const steps = (): DatadogTestSpan[] => theirs.filter(({ name }) => name === "workflow.step");
    const ofRun = (index: number) => {
      const { workflowId = "", runId = "", checkout = "" } = output.runs[index] ?? {};
      return { workflowId, runId, checkout, ids: runIds("temporal", runId, nodeSha256) };
    };

    it("dd-trace's span of an attempt carries the ids, below the attempt's own span", () => {
      const { workflowId, runId, ids } = ofRun(1);
      const found = steps().filter(({ meta }) => meta["workflow.id"] === workflowId);
      const charges = found.filter(({ resource }) => resource === "chargeCard");
      expect(found.length).toBe(5);
      expect(
        charges
          .map(({ metrics }) => metrics["workflow.step.attempt"] ?? 0)
          .toSorted((a, b) => a - b),
      ).toEqual([1, 2, 3]);
      for (const span of found) {
        expect(span.meta).toMatchObject({
          "workflow.engine": "temporal",
          "workflow.run_id": runId,
          "workflow.type": "orderSaga",
          "workflow.step.name": span.resource,
        });
        const { "workflow.step.id": id } = span.meta;
        expect({ traceId: span.traceId, parentId: span.parentId }).toEqual({
          traceId: ids.traceId,
          parentId: ids.attempt(`activity:${id}#${span.metrics["workflow.step.attempt"]}`),
        });
      }
    });

    it("both sides have one trace id, and the parent is there on the other side", () => {
      for (const index of [0, 1]) {
        const { ids } = ofRun(index);
        const attempts = ours.filter(({ traceId }) => traceId === ids.traceId);
        const names = new Map(attempts.map(({ spanId, name }) => [spanId, name]));
        for (const span of steps().filter(({ traceId }) => traceId === ids.traceId)) {
          const number = span.metrics["workflow.step.attempt"];
          expect(names.get(span.parentId)).toBe(`${span.resource} attempt ${number}`);
        }
        expect([...names.values()]).toEqual(
          expect.arrayContaining(["orderSaga", "orderSaga started", "chargeCard"]),
        );
      }
    });

    it("what dd-trace traces inside hangs below: its own spans, HTTP on both ends, OpenTelemetry's", () => {
      const { ids } = ofRun(1);
      const byId = new Map(theirs.map((span) => [span.spanId, span]));
      const above = (span: DatadogTestSpan): string[] => {
        const parent = byId.get(span.parentId);
        return parent === undefined ? [] : [parent.name, ...above(parent)];
      };
      const inTrace = theirs.filter(({ traceId }) => traceId === ids.traceId);
      const paths = new Map(inTrace.map((span) => [span.name, above(span)]));
      expect(Object.fromEntries(paths)).toMatchObject({
        "ledger.write": ["workflow.step"],
        "http.request": ["ledger.write", "workflow.step"],
        "web.request": ["http.request", "ledger.write", "workflow.step"],
        "ledger.otel": ["ledger.write", "workflow.step"],
      });
      expect(new Set(output.otherIds)).toEqual(new Set([ofRun(0).ids.traceId, ids.traceId]));
    });

    it("a failed attempt is an error with its type and its message, and no stack trace", () => {
      const { workflowId } = ofRun(0);
      const failed = steps().filter(({ error }) => error === 1);
      const declined = failed.find(({ meta }) => meta["workflow.id"] === workflowId);
      expect(declined?.meta).toMatchObject({
        "workflow.outcome": "failed",
        "error.type": "CardDeclined",
        "error.message": "the bank declined the card",
      });
      for (const { meta } of steps()) expect(meta).not.toHaveProperty("error.stack");
      expect(failed.length).toBe(3);
    });

    it("a start joins the trace of the dd-trace span that it is made in, and the run links back", () => {
      for (const index of [0, 1]) {
        const { workflowId, checkout, ids } = ofRun(index);
        const caller = theirs.find(
          ({ name, traceId }) => name === "checkout" && traceId === checkout,
        );
        const mine = ours.filter(({ attributes }) => attributes["workflow.id"] === workflowId);
        const start = mine.find(({ name }) => name === "start orderSaga");
        expect(start).toMatchObject({ traceId: checkout, parentSpanId: caller?.spanId });
        const saga = mine.find(({ name }) => name === "orderSaga");
        expect(saga).toMatchObject({ traceId: ids.traceId, links: [checkout] });
      }
    });

    it("log lines carry the ids of dd-trace's active span, as its own injection has them", () => {
      const inside = output.lines.filter(({ msg }) => msg === "in ledger.write");
      expect(inside.length).toBe(5);
      for (const line of output.lines) {
        const span = theirs.find(({ spanId }) => spanId === line["span_id"]);
        expect(span?.name).toBe(line.msg === "in ledger.write" ? "ledger.write" : "workflow.step");
        expect(line).toMatchObject({
          trace_id: span?.traceId,
          "dd.trace_id": line.dd.trace_id,
          "dd.span_id": line.dd.span_id,
        });
        expect(BigInt(line.dd.span_id).toString(16).padStart(16, "0")).toBe(span?.spanId);
        expect(line.dd.trace_id).toBe(span?.traceId);
      }
    });

    it("a Lambda handler's dd-trace span stands below the invocation's", () => {
      const arn = "arn:aws:states:us-east-1:123456789012:execution:orderSaga:lambda-bare";
      const invocation = ours.find(({ attributes }) => attributes["workflow.run_id"] === arn);
      const span = steps().find(({ meta }) => meta["workflow.id"] === "lambda-bare");
      expect(span).toMatchObject({
        resource: "chargeCard",
        traceId: runIds("aws_step_functions", arn, nodeSha256).traceId,
        parentId: invocation?.spanId,
      });
      expect(invocation?.traceId).toBe(span?.traceId);
      expect(output.results).toEqual([{ charged: "lambda-bare" }, { charged: "lambda-datadog" }]);
      expect(output.baggage).toBe("t-1");
    });

    it("a dd-trace span that is active around a handler gets the ids, and no other is made", () => {
      const around = theirs.find(({ name }) => name === "aws.lambda");
      expect(around?.meta).toMatchObject({
        "workflow.engine": "aws_step_functions",
        "workflow.id": "lambda-datadog",
        "workflow.step.name": "chargeCard",
      });
      expect(steps().filter(({ meta }) => meta["workflow.id"] === "lambda-datadog")).toEqual([]);
    });

    it("handing spans over makes no span of dd-trace's", () => {
      const posts = theirs.filter(({ meta }) => (meta["http.url"] ?? "").includes("/v1/traces"));
      expect(posts).toEqual([]);
    });
  });

  it.skipIf(noStack !== undefined)(
    `${version}: an application with OpenTelemetry's API 1.10 is told of empty spans${because(noStack)}`,
    async () => {
      // The repository's own API is 1.10: a program in its folder finds that one.
      const program = API_PROGRAM.replace("dd-trace", join(STACKS, stack, "node_modules/dd-trace"));
      const printed = await play(ROOT, program, [], { DD_TRACE_AGENT_URL: "http://127.0.0.1:9" });
      const { traceId, warnings } = JSON.parse(printed) as { traceId: string; warnings: string[] };
      expect(traceId).toBe("0".repeat(32));
      expect(warnings).toContainEqual(expect.stringContaining("Install @opentelemetry/api@1.9"));
    },
  );

  it.skipIf(noStack !== undefined)(
    `${version}: the snippets fit the tracer's own types${because(noStack)}`,
    async () => {
      mkdirSync(join(STACKS, stack, ".durascope"), { recursive: true });
      const folder = mkdtempSync(join(STACKS, stack, ".durascope", "types-"));
      const path = join(folder, "snippets.ts");
      const right = fromDist(`${datadogSnippets()}\nvoid [tracing, log, handler];\n`);
      writeFileSync(path, right);
      expect(await typeErrors(path)).toBe("");
      writeFileSync(path, right.replace("ddTracer: tracer", "ddTracer: tracer.scope()"));
      expect(await typeErrors(path)).toContain("DatadogTracer");
      rmSync(folder, { recursive: true });
    },
  );
});
