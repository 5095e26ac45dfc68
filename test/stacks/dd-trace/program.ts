import { docSnippet } from "../../support/doc-snippet.ts";

/**
 * The program of an application that `dd-trace` traces, with the snippets of docs/datadog.md in it: plays the order saga on a real
 * Temporal server and calls a Lambda handler. Run with `--import dd-trace/initialize.mjs`, in a folder two below the stack's;
 * prints one JSON object: runs, log lines, ids that it saw.
 */
export const DATADOG_PROGRAM: string = `
import { createServer } from "node:http";
import { get } from "node:http";
import { once } from "node:events";
import * as api from "@opentelemetry/api";
import { DefaultLogger, Runtime } from "@temporalio/worker";
import { memoryLedger } from "../../../../../examples/order-saga/shared/ledger.ts";
import { scenarios } from "../../../../../examples/order-saga/shared/scenarios.ts";
import { startLocalTemporal } from "../../../../../examples/order-saga/temporal/local.ts";
import { runOnTemporal } from "../../../../../examples/order-saga/temporal/run-scenario.ts";
${datadogSnippets()}

new tracer.TracerProvider().register();
Runtime.install({ logger: new DefaultLogger("ERROR") });
const lines = [];
const logger = pino({ mixin: workflowMixin({ ddTracer: tracer }) }, { write: (line) => void lines.push(line) });
const service = createServer((request, response) => response.end("ok")).listen(0, "127.0.0.1");
await once(service, "listening");

const otherIds = [];
const known = memoryLedger();
/** Calls a service, and traces it in each of the ways that an application has. */
const ledger = {
  find: (key) => known.find(key),
  once: (key, effect) =>
    tracer.trace("ledger.write", async () => {
      logger.info("in ledger.write");
      await new Promise((resolve, reject) => {
        get({ host: "127.0.0.1", port: service.address().port, path: "/ledger" }, (response) => {
          response.resume().on("end", resolve);
        }).on("error", reject);
      });
      api.trace.getTracer("orders").startActiveSpan("ledger.otel", (span) => {
        otherIds.push(span.spanContext().traceId);
        span.end();
      });
      return known.once(key, effect);
    }),
};

const temporal = await startLocalTemporal({ ledger, log: logger, plugins: [tracing] });
const runs = [];
for (const name of process.argv.slice(2)) {
  const scenario = scenarios.find((candidate) => candidate.name === name);
  await tracer.trace("checkout", { resource: name }, async (span) => {
    const run = await runOnTemporal(scenario, { connection: temporal.connection, plugins: [tracing] });
    runs.push({ ...run, checkout: span.context().toTraceId(true) });
  });
}
await temporal.stop();

const event = (id) => ({
  order: { id },
  _wf: {
    e: "arn:aws:states:us-east-1:123456789012:execution:orderSaga:" + id,
    s: { Name: "chargeCard", EnteredTime: "2026-01-01T00:00:00.000Z", RetryCount: 0 },
    r: 0,
  },
});
const context = { awsRequestId: "r-1", functionName: "charge", getRemainingTimeInMillis: () => 3000 };
tracer.setBaggageItem("tenant", "t-1");
const results = [await handler(event("lambda-bare"), context)];
const baggage = tracer.getBaggageItem("tenant");
await tracer.trace("aws.lambda", async () => {
  results.push(await handler(event("lambda-datadog"), context));
});
service.close();
// dd-trace sends every flushInterval, and at the end of the process.
process.stdout.write(JSON.stringify({ runs, lines: lines.map((line) => JSON.parse(line)), otherIds, results, baggage }));
`;

/** What {@link DATADOG_PROGRAM} prints. */
export interface ProgramOutput {
  /** In the order of the scenarios; `checkout` is the trace id of the `dd-trace` span that it was started in. */
  readonly runs: readonly {
    readonly workflowId: string;
    readonly runId: string;
    readonly checkout: string;
  }[];
  /** Log lines of activities, with what `dd-trace` put on them itself as `dd`. */
  readonly lines: readonly {
    readonly [key: string]: unknown;
    readonly msg: string;
    readonly dd: { readonly trace_id: string; readonly span_id: string };
  }[];
  /** Trace ids of OpenTelemetry's spans in activities. */
  readonly otherIds: readonly string[];
  readonly results: readonly unknown[];
  /** What is left of a baggage item after a handler has run. */
  readonly baggage?: string;
}

/** An application whose copy of OpenTelemetry's API is newer than the one that `dd-trace` registers by. */
export const API_PROGRAM = `
import { trace } from "@opentelemetry/api";
import { workflowTracing } from "durascope/temporal";
const { default: tracer } = await import("dd-trace/index.js");

tracer.init();
new tracer.TracerProvider().register();
const span = trace.getTracer("orders").startSpan("mine");
const warnings = [];
const tracing = workflowTracing({ ddTracer: tracer, onWarning: (message) => void warnings.push(message) });
await tracing.runWorker({}, async () => undefined);
process.stdout.write(JSON.stringify({ traceId: span.spanContext().traceId, warnings }));
process.exit();
`;

/** The snippets alone, for the compiler. */
export function datadogSnippets(): string {
  return merged("datadog-init", "datadog-temporal", "datadog-logs", "datadog-lambda");
}

/** Several snippets as one module: each of their imports once, and no export. */
function merged(...names: readonly string[]): string {
  const lines = names.flatMap((name) => docSnippet("datadog.md", name).split("\n"));
  const imports = new Set(lines.filter((line) => line.startsWith("import ")));
  const body = lines
    .filter((line) => !line.startsWith("import "))
    .map((line) => line.replace(/^export /, ""));
  return [...imports, ...body].join("\n");
}
