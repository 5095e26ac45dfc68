// Runs a traced workflow with the packages of this folder: node play.js <address of a Temporal server>
// Prints one line of JSON: what the workflow gave, the spans, the log lines, the history.
import { fileURLToPath } from "node:url";
import { trace } from "@opentelemetry/api";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { ApplicationFailure, activityInfo } from "@temporalio/activity";
import { Client, Connection } from "@temporalio/client";
import { DefaultLogger, NativeConnection, Runtime, Worker } from "@temporalio/worker";
import { workflowMixin } from "durascope/correlation";
import { workflowTracing } from "durascope/temporal";
import { pino } from "pino";

const [address] = process.argv.slice(2);
const lines = [];
const log = pino({ mixin: workflowMixin() }, { write: (line) => lines.push(JSON.parse(line)) });

async function charge(orderId) {
  log.info("charging");
  if (activityInfo().attempt === 1)
    throw ApplicationFailure.create({ type: "CardUnavailable", message: orderId });
  return activityInfo().attempt;
}

const exporter = new InMemorySpanExporter();
trace.setGlobalTracerProvider(
  new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
);
Runtime.install({ logger: new DefaultLogger("ERROR") });
const tracing = workflowTracing();
const [native, connection] = await Promise.all([
  NativeConnection.connect({ address }),
  Connection.connect({ address }),
]);
const client = new Client({ connection, plugins: [tracing] });
const worker = await Worker.create({
  connection: native,
  taskQueue: "oldest",
  workflowsPath: fileURLToPath(new URL("workflows.js", import.meta.url)),
  activities: { charge },
  plugins: [tracing],
});
const result = await worker.runUntil(async () => {
  const handle = await client.workflow.start("order", {
    taskQueue: "oldest",
    workflowId: "order-1",
    args: ["order-1"],
  });
  await handle.signal("approve");
  return handle.result();
});
await tracing.flush();
const spans = exporter
  .getFinishedSpans()
  .map(({ name, attributes, kind }) => ({ name, kind, attributes }));
process.stdout.write(`${JSON.stringify({ node: process.version, result, spans, lines })}\n`);
await Promise.all([native.close(), connection.close()]);
