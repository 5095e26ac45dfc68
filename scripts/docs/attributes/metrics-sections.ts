import { INSTRUMENTS, prometheusLabel, prometheusName } from "../../../src/core/instruments.ts";
import { VOCABULARY } from "../../../src/core/vocabulary.ts";
import type { LogEventName } from "../../../src/projection/log-events.ts";
import { MOST_ASKED } from "../../../src/temporal/timed-out-attempts.ts";
import { code, table } from "./markdown.ts";

function logEventTable(): string {
  const rows: readonly (readonly [LogEventName, string, string])[] = [
    ["workflow.run.started", "INFO", "a run began, or was redriven"],
    ["workflow.run.closed", "INFO; WARN cancelled; ERROR failed", "a run ended, and how"],
    ["workflow.step.failed", "ERROR", "a step failed, its retries included"],
    ["workflow.step.retried", "WARN", "an attempt failed and another one follows"],
    ["workflow.wait.begun", "INFO", "a run waits, and until when at most"],
    ["workflow.wait.ended", "INFO; ERROR refused", "a wait ended, and by what"],
    ["workflow.compensated", "WARN; ERROR failed", "a compensation ended, and what it undid"],
  ];
  return table(
    ["event name", "severity", "what"],
    rows.map(([name, severity, what]) => [code(name), severity, what]),
  );
}

function instrumentTable(): string {
  return table(
    ["instrument", "kind", "unit", "labels", "in Prometheus", "what"],
    Object.values(INSTRUMENTS).map((instrument) => [
      code(instrument.name),
      instrument.kind,
      code(instrument.unit),
      instrument.labels.map(code).join(", "),
      code(prometheusName(instrument)),
      instrument.description,
    ]),
  );
}

function bucketList(): string {
  return Object.values(INSTRUMENTS)
    .filter(({ buckets }) => buckets !== undefined)
    .map(({ name, buckets = [] }) => `- ${code(name)}: ${buckets.join(", ")}`)
    .join("\n");
}

/** The sections of the attributes page on log lines and metrics, as Markdown. */
export function metricsSections(): string {
  return `## Log lines of runs

Beside the application's own lines, where a global LoggerProvider is registered (API 1.10, or \`@opentelemetry/api-logs\` beside
API 1.9), each of these becomes a log record with the attributes of its span, the trace and span id, and an event name.
\`logEvents: false\` turns them off.

${logEventTable()}

## Metrics

They go to the application's global MeterProvider, or to the option \`meterProvider\`; where there is none, nothing is measured.
Ids are never labels.

${instrumentTable()}

Histograms end in \`_bucket\`, \`_sum\` and \`_count\`. A label is called as its key with underscores
(\`${prometheusLabel(VOCABULARY.stepName.key)}\`). Upper bounds of the buckets, in seconds:

${bucketList()}

- **One name by both routes.** OTLP into Prometheus 3 adds the unit (\`_seconds\`) and \`_total\` by itself. OpenTelemetry's own
  Prometheus exporter (0.301) adds \`_total\` and leaves the unit out, so what durascope serves (\`durascope poll\`,
  \`prometheusEndpoint\` of \`durascope/exporters\`) renames by views. An application with a PrometheusExporter of its own does the
  same: \`new MeterProvider({ readers: [exporter], views: prometheusViews() })\`. Scraped series carry \`otel_scope_name\` and
  \`otel_scope_version\` too.
- **What is measured when.** Everything at its end but \`workflow.started\`: a retry and the wait for a worker at the end of the attempt. A step
  that hands out a task token is measured without the wait, which is \`workflow.wait.duration\`. Choice, Pass and the like, signals and
  queries are not measured.
- **Once each, and when not.** Each run of a chain (continue-as-new, retry, cron) counts for itself; a redrive counts as started, and
  later as closed, once more. Step Functions: counted when the sink has acknowledged the spans; a poller that dies before its
  checkpoint is written counts that portion again. Temporal: counted where the workflow task ran, never on replay, so a run that moves between
  workers counts once; what a worker still held back when it was killed is counted by nobody. A run that is terminated or
  times out is closed by the server without any worker: workers that showed it as open learn of it within minutes and count it
  then, others never do. What no reader had collected when a process died is lost with it.
  A reset gives a run that counts as closed and not as started, since it began as the run that it is made from.
- **Gauges** are of what one process follows: sum them over processes. A poller shows what it follows, also after a restart from
  its checkpoints. A worker shows the runs whose tasks it ran, asks the server about those that have been silent, and forgets what
  has closed elsewhere or gone on with another worker (within hours where thousands are parked; until then both show it). After a
  restart it shows a run from its next task on, and of its waits those that begin then; but \`workflow.open.age.max\` knows runs
  over an hour old at once, since workers list those of their task queues every ten minutes (5,000 of each at most).
- **Retries on Temporal** are counted by the worker whose attempt failed, by the retry policy. Of an attempt that timed out no
  worker is told: the next attempt's worker asks the server for the failure before it, where attempts have lasted long enough for
  a time-out, about at most ${MOST_ASKED} attempts a minute. Where the server cannot be asked, or that attempt dies too, nobody counts it.
- **Bounded.** A label takes 1,000 values, further ones are \`other\`, and that is said once. \`metricAttributes\` adds business keys as labels of
  \`workflow.started\`, \`workflow.closed\` and \`workflow.duration\`: \`["order.tier"]\`. The gauges follow 10,000 open runs a process.`;
}
