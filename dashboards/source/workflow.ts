import type { DashboardSpec } from "./dashboard.ts";
import { toDashboard, UID } from "./link.ts";
import { OUTCOME_COLOURS } from "./look.ts";
import type { PanelSpec } from "./panel.ts";
import { EACH_BAR, events, maxBy, mean, quantile, sumBy, top, WHOLE_RANGE } from "./promql.ts";
import { LABEL, select } from "./series.ts";
import { summaryTable } from "./summary-table.ts";
import { OF_RUNS, runFilters, WINDOW, windowVariable } from "./variable.ts";

const STARTED = select("started", OF_RUNS);
const OPEN = select("open", OF_RUNS);
const OLDEST = select("openAgeMax", OF_RUNS);
const WAITING = select("waiting", OF_RUNS);
const BUCKETS = select("duration", OF_RUNS, "bucket");
const STEP_SUM = select("stepDuration", OF_RUNS, "sum");
const STEP_COUNT = select("stepDuration", OF_RUNS, "count");
const STEP_BUCKETS = select("stepDuration", OF_RUNS, "bucket");
const WAIT_SUM = select("waitDuration", OF_RUNS, "sum");
const BY_STEP = [LABEL.step];
const BY_STEP_AND_KIND = [LABEL.engine, LABEL.step, LABEL.stepKind];

const now: readonly PanelSpec[] = [
  {
    kind: "time",
    draw: "lines",
    title: "Open runs",
    description:
      "Runs that are open, by engine. A line that only rises: more is started than gets done.",
    width: 8,
    unit: "short",
    queries: [
      {
        source: "prometheus",
        promql: sumBy([LABEL.engine], OPEN),
        shape: "time",
        legend: `{{${LABEL.engine}}}`,
      },
    ],
  },
  {
    kind: "time",
    draw: "lines",
    title: "Oldest open run",
    description:
      "How long ago the oldest open run began. A straight slope is one run that does not move; it drops when that run closes.",
    width: 8,
    unit: "s",
    queries: [
      {
        source: "prometheus",
        promql: maxBy([LABEL.type, LABEL.engine], OLDEST),
        shape: "time",
        legend: `{{${LABEL.type}}} ({{${LABEL.engine}}})`,
      },
    ],
  },
  {
    kind: "time",
    draw: "lines",
    title: "Open waits",
    description: "What the open runs wait for, by the name of the wait.",
    width: 8,
    unit: "short",
    links: [toDashboard("Human waits", "waits")],
    queries: [
      {
        source: "prometheus",
        promql: sumBy(BY_STEP, WAITING),
        shape: "time",
        legend: `{{${LABEL.step}}}`,
      },
    ],
  },
];

const runs: readonly PanelSpec[] = [
  {
    kind: "time",
    draw: "bars",
    title: "Runs started",
    description: "Runs that began, counted a bar each; a redrive begins a run again.",
    width: 12,
    unit: "short",
    queries: [
      {
        source: "prometheus",
        promql: sumBy([LABEL.engine], events(STARTED, EACH_BAR)),
        shape: "time",
        legend: `{{${LABEL.engine}}}`,
      },
    ],
  },
  {
    kind: "time",
    draw: "bars",
    title: "Runs closed, by outcome",
    description: "Runs that ended, counted a bar each.",
    width: 12,
    unit: "short",
    looks: OUTCOME_COLOURS,
    queries: [
      {
        source: "prometheus",
        promql: sumBy([LABEL.outcome], events(select("closed", OF_RUNS), EACH_BAR)),
        shape: "time",
        legend: `{{${LABEL.outcome}}}`,
      },
    ],
  },
  {
    kind: "time",
    draw: "lines",
    title: "Duration of runs",
    description: "Median, 95th and 99th percentile of the runs that closed in the window before.",
    width: 12,
    unit: "s",
    queries: [0.5, 0.95, 0.99].map((q) => ({
      source: "prometheus",
      promql: quantile(q, BUCKETS, WINDOW),
      shape: "time",
      legend: `${q * 100} %`,
    })),
  },
  {
    kind: "heatmap",
    title: "Duration of runs, all of them",
    description:
      "How many runs closed, by how long they took. Two bands are two kinds of run: with and without an approval, for example.",
    width: 12,
    unit: "s",
    queries: [
      {
        source: "prometheus",
        promql: sumBy(["le"], events(BUCKETS, EACH_BAR)),
        shape: "heatmap",
        legend: "{{le}}",
      },
    ],
  },
];

const time: readonly PanelSpec[] = [
  {
    kind: "bars",
    title: "Time in steps",
    description:
      "Seconds that all runs together spent in each step, retries and back-off included, in the time range.",
    width: 12,
    unit: "s",
    links: [toDashboard("Steps and retries", "steps")],
    queries: [
      {
        source: "prometheus",
        promql: top(10, sumBy(BY_STEP, events(STEP_SUM, WHOLE_RANGE))),
        shape: "now",
        legend: `{{${LABEL.step}}}`,
      },
    ],
  },
  {
    kind: "bars",
    title: "Time in waits",
    description: "Seconds that all runs together waited, by the name of the wait.",
    width: 12,
    unit: "s",
    links: [toDashboard("Human waits", "waits")],
    queries: [
      {
        source: "prometheus",
        promql: top(10, sumBy(BY_STEP, events(WAIT_SUM, WHOLE_RANGE))),
        shape: "now",
        legend: `{{${LABEL.step}}}`,
      },
    ],
  },
  summaryTable({
    title: "Steps",
    description: "Every step of these workflow types, over the time range.",
    rows: { step: "Step", stepKind: "Kind", engine: "Engine" },
    links: [toDashboard("Steps and retries", "steps")],
    columns: [
      {
        title: "Ran",
        unit: "short",
        promql: sumBy(BY_STEP_AND_KIND, events(STEP_COUNT, WHOLE_RANGE)),
      },
      {
        title: "Not completed",
        unit: "short",
        red: 1,
        promql: sumBy(
          BY_STEP_AND_KIND,
          events(
            select("stepDuration", [...OF_RUNS, `${LABEL.outcome}!="completed"`], "count"),
            WHOLE_RANGE,
          ),
        ),
      },
      {
        title: "Mean",
        unit: "s",
        promql: mean(STEP_SUM, STEP_COUNT, WHOLE_RANGE, BY_STEP_AND_KIND),
      },
      {
        title: "95 %",
        unit: "s",
        promql: quantile(0.95, STEP_BUCKETS, WHOLE_RANGE, BY_STEP_AND_KIND),
      },
    ],
  }),
];

/** One workflow type, or some: what is open, how runs end, where their time goes. */
export const workflow: DashboardSpec = {
  uid: UID.workflow,
  title: "Durascope / Workflow detail",
  description: "What is open, how runs end, how long they take and where their time goes.",
  sources: ["prometheus"],
  variables: [...runFilters(), windowVariable()],
  from: "now-24h",
  rows: [
    { title: "Open now", panels: now },
    { title: "Runs", panels: runs },
    { title: "Where the time goes", panels: time },
  ],
};
