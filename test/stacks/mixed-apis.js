/**
 * A process whose provider comes with API 1.9 while its own code loads the API 1.10 of this repository:
 * node mixed-apis.js <url> <history.json>. Prints the warnings and the trace id of a span of its own.
 */
import { readFileSync } from "node:fs";
import { trace } from "@opentelemetry/api";
import { StepFunctionsPoller } from "durascope/stepfunctions";
import { officialExporter, register } from "./otel-sdk-2/sdk.js";

const [url, history] = process.argv.slice(2);
const warnings = [];
process.on("warning", ({ message }) => void warnings.push(message));

const provider = register(officialExporter(url));
const { executionArn, events } = JSON.parse(readFileSync(history, "utf8"));
const poller = new StepFunctionsPoller({
  executionArns: [executionArn],
  client: {
    getExecutionHistory: () => Promise.resolve({ events }),
    listExecutions: () => Promise.resolve({ executions: [] }),
    describeExecution: () => Promise.resolve({ executionArn }),
  },
});
await poller.poll();
await poller.stop();
const own = trace.getTracer("application").startSpan("own");
await provider.shutdown();
const ownTraceId = own.spanContext().traceId;
process.stdout.write(`${JSON.stringify({ warnings, ownTraceId })}\n`);
