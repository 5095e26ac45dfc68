/**
 * A process of the application: node otel-program.js <url> <exporter> <history.json>
 *
 * It registers the SDK of the folder that it was copied to, polls one recorded execution, handles one invocation with a span
 * of its own inside, and prints what it saw as one line of JSON. `exporter`: `official` (OpenTelemetry's own),
 * `json` or `protobuf` (durascope's, behind the SDK's batch processor).
 */
import { readFileSync } from "node:fs";
import { otlpSpanExporter } from "durascope/exporters";
import { withWorkflow } from "durascope/lambda";
import { StepFunctionsPoller } from "durascope/stepfunctions";
import { officialExporter, register, trace } from "../sdk.js";

const [url, kind, history] = process.argv.slice(2);
const warnings = [];
process.on("warning", ({ message }) => void warnings.push(message));

const exporter =
  kind === "official"
    ? officialExporter(url)
    : await otlpSpanExporter({ url: `${url}/v1/traces`, protocol: `http/${kind}` });
const provider = register(exporter);

const { executionArn, events } = JSON.parse(readFileSync(history, "utf8"));
const poller = new StepFunctionsPoller({
  executionArns: [executionArn],
  client: {
    getExecutionHistory: async () => ({ events }),
    listExecutions: async () => ({ executions: [] }),
    describeExecution: async () => ({ executionArn, startDate: events[0].timestamp }),
  },
});
await poller.poll();
await poller.stop();

const entered = "2026-01-02T03:04:05.678Z";
const handler = withWorkflow(
  async () => {
    trace.getTracer("application").startActiveSpan("charge the card", (span) => span.end());
    return "done";
  },
  // A busy machine is no reason for a warning here.
  { flushTimeoutMs: 10_000 },
);
const event = { _wf: { e: executionArn, s: { Name: "chargeCard", EnteredTime: entered }, r: 0 } };
const answer = await handler(event, {
  awsRequestId: "8a7f3a2e-0d1b-4c5e-9f00-000000000001",
  functionName: "charge",
  invokedFunctionArn: "arn:aws:lambda:us-east-1:123456789012:function:charge",
  getRemainingTimeInMillis: () => 30_000,
});
await provider.forceFlush();
await provider.shutdown();
const counts = exporter.counts?.();
process.stdout.write(
  `${JSON.stringify({ answer, warnings, faults: poller.stats().faults, counts })}\n`,
);
