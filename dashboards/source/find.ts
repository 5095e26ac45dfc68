import { TextBoxVariableBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import type { DashboardSpec } from "./dashboard.ts";
import { UID } from "./link.ts";
import type { PanelSpec } from "./panel.ts";
import { logLinesOfId, logRecordsOfId, spanAttribute, spansOfId } from "./trace-query.ts";

const SPANS = spansOfId("id", "key");

const columns = [
  "engine",
  "type",
  "id",
  "outcome",
  "stepName",
  "stepKind",
  "stepAttempt",
  "stepCompensates",
  "waitOutcome",
] as const;

const traces: PanelSpec = {
  kind: "table",
  title: "Runs of $id",
  description:
    "Every trace that has a span with this id. A click on a trace id opens it. A run that still goes on has no root span yet: its trace shows what has ended so far.",
  width: 24,
  height: 7,
  unit: "none",
  queries: [{ source: "tempo", traceql: SPANS, shape: "traces" }],
  transformations: [],
};

const steps: PanelSpec = {
  kind: "table",
  title: "Steps, attempts and waits of $id",
  description:
    "The spans themselves, with what they say of step, attempt, outcome and compensation. At most 50 spans; open the trace for all of them.",
  width: 24,
  height: 10,
  unit: "none",
  queries: [
    {
      source: "tempo",
      traceql: `${SPANS} | select(${columns.map(spanAttribute).join(", ")}, status)`,
      shape: "spans",
    },
  ],
  transformations: [],
};

const logs: PanelSpec = {
  kind: "logs",
  title: "Log lines of $id",
  description:
    "Lines that carry the id as a field: query A reads OpenTelemetry logs, query B lines of JSON as pino writes them. Both need the mixin of durascope/correlation, or the plugin's workflow logger.",
  width: 24,
  height: 12,
  queries: [
    { source: "loki", logql: logRecordsOfId("id") },
    { source: "loki", logql: logLinesOfId("id") },
  ],
};

const elsewhere: PanelSpec = {
  kind: "text",
  title: "The same run elsewhere",
  description: "Searches of the engines' own consoles, and the command line.",
  width: 24,
  height: 5,
  markdown: [
    "- [Temporal UI](${temporal_ui}/workflows?query=WorkflowId%3D%22${id:percentencode}%22)",
    "- [Jaeger](${jaeger_ui}/search?service=__all_services__&tags=%7B%22workflow.id%22%3A%22${id:percentencode}%22%7D)",
    "- Step Functions, when the id is an execution's ARN: [AWS console](https://console.aws.amazon.com/states/home#/v2/executions/details/${id:percentencode})",
    "- `npx durascope lookup '${id}'` says what happened, and why, in one sentence",
  ].join("\n"),
};

/** One id, everything about it: traces, spans, log lines. */
export const find: DashboardSpec = {
  uid: UID.find,
  title: "Durascope / Find one",
  description:
    "Type a workflow id, run id, execution name or ARN, trace id or business key above. The time range must hold the moment at which the spans were sent: Tempo searches at most 168 hours at once.",
  sources: ["tempo", "loki"],
  variables: [
    new TextBoxVariableBuilder("id")
      .label("Id")
      .description("Write a backslash twice: Grafana escapes quotes alone.")
      .defaultValue(""),
    new TextBoxVariableBuilder("key").label("Business key").defaultValue("order.id"),
    new TextBoxVariableBuilder("temporal_ui")
      .label("Temporal UI, with namespace")
      .defaultValue("http://localhost:8233/namespaces/default"),
    new TextBoxVariableBuilder("jaeger_ui")
      .label("Jaeger UI")
      .defaultValue("http://localhost:16686"),
  ],
  from: "now-24h",
  rows: [
    { title: "Traces", panels: [traces, steps] },
    { title: "Logs", panels: [logs] },
    { title: "Links", panels: [elsewhere] },
  ],
};
