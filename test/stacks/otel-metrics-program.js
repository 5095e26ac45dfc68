/**
 * A process of the application: node otel-metrics-program.js <dist/stepfunctions/index.mjs> <history.json>
 *
 * It registers the metrics and logs SDKs of the folder that it was copied to as the global ones, polls one recorded
 * execution, and prints what was measured and logged as one line of JSON.
 */
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import * as api from "@opentelemetry/api";
import {
  InMemoryLogRecordExporter,
  LoggerProvider,
  SimpleLogRecordProcessor,
} from "@opentelemetry/sdk-logs";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";

const [module, history] = process.argv.slice(2);

const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const reader = new PeriodicExportingMetricReader({
  exporter: metricExporter,
  exportIntervalMillis: 3_600_000,
});
const meterProvider = new MeterProvider({ readers: [reader] });
api.metrics.setGlobalMeterProvider(meterProvider);

// API 1.10 has the logs API itself; beside 1.9 it is a package of its own.
const { logs } = api.logs === undefined ? await import("@opentelemetry/api-logs") : api;
const logExporter = new InMemoryLogRecordExporter();
const processors = [new SimpleLogRecordProcessor({ exporter: logExporter })];
logs.setGlobalLoggerProvider(new LoggerProvider({ processors }));

const { StepFunctionsPoller } = await import(pathToFileURL(module).href);
const { executionArn, events } = JSON.parse(readFileSync(history, "utf8"));
const poller = new StepFunctionsPoller({
  executionArns: [executionArn],
  spanProcessor: { onEnd: () => undefined },
  client: {
    getExecutionHistory: async () => ({ events }),
    listExecutions: async () => ({ executions: [] }),
    describeExecution: async () => ({ executionArn, startDate: events[0].timestamp }),
  },
});
await poller.poll();
await meterProvider.forceFlush();
const scopes = metricExporter.getMetrics().at(-1)?.scopeMetrics ?? [];
const counts = {};
for (const { descriptor, dataPoints } of scopes.flatMap(({ metrics }) => metrics)) {
  for (const { value } of dataPoints)
    counts[descriptor.name] = (counts[descriptor.name] ?? 0) + (value.count ?? value);
}
const lines = logExporter
  .getFinishedLogRecords()
  .map(({ body, severityText, spanContext }) => [severityText, body, spanContext?.traceId]);
await poller.stop();
process.stdout.write(`${JSON.stringify({ counts, lines, faults: poller.stats().faults })}\n`);
