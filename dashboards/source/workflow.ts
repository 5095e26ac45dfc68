import type { DashboardSpec } from "./dashboard.ts";
import { toDashboard, UID } from "./link.ts";
import {
  durations,
  eventBars,
  eventsBy,
  legendOf,
  lines,
  outcomeBars,
  TYPE_LEGEND,
  topTen,
} from "./metric-panel.ts";
import type { PanelSpec } from "./panel.ts";
import { events, maxBy, mean, quantile, sumBy, WHOLE_RANGE } from "./promql.ts";
import { overTime } from "./query.ts";
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
  lines(
    {
      title: "Open runs",
      description:
        "Runs that are open, by engine. A line that only rises: more is started than gets done.",
      width: 8,
    },
    "short",
    overTime(sumBy([LABEL.engine], OPEN), legendOf(["engine"])),
  ),
  lines(
    {
      title: "Oldest open run",
      description:
        "How long ago the oldest open run began. A straight slope is one run that does not move; it drops when that run closes.",
      width: 8,
    },
    "s",
    overTime(maxBy([LABEL.type, LABEL.engine], OLDEST), TYPE_LEGEND),
  ),
  lines(
    {
      title: "Open waits",
      description: "What the open runs wait for, by the name of the wait.",
      width: 8,
      links: [toDashboard("Human waits", "waits")],
    },
    "short",
    overTime(sumBy(BY_STEP, WAITING), legendOf(["step"])),
  ),
];

const runs: readonly PanelSpec[] = [
  eventBars(
    {
      title: "Runs started",
      description: "Runs that began, counted a bar each; a redrive begins a run again.",
    },
    eventsBy("engine", STARTED),
  ),
  outcomeBars(
    "Runs closed, by outcome",
    "Runs that ended, counted a bar each.",
    "outcome",
    select("closed", OF_RUNS),
  ),
  lines(
    {
      title: "Duration of runs",
      description: "Median, 95th and 99th percentile of the runs that closed in the window before.",
    },
    "s",
    ...[0.5, 0.95, 0.99].map((q) => overTime(quantile(q, BUCKETS, WINDOW), `${q * 100} %`)),
  ),
  durations(
    "Duration of runs, all of them",
    "How many runs closed, by how long they took. Two bands are two kinds of run: with and without an approval, for example.",
    BUCKETS,
  ),
];

const time: readonly PanelSpec[] = [
  topTen(
    {
      title: "Time in steps",
      description:
        "Seconds that all runs together spent in each step, retries and back-off included, in the time range.",
      links: [toDashboard("Steps and retries", "steps")],
    },
    "s",
    sumBy(BY_STEP, events(STEP_SUM, WHOLE_RANGE)),
    legendOf(["step"]),
  ),
  topTen(
    {
      title: "Time in waits",
      description: "Seconds that all runs together waited, by the name of the wait.",
      links: [toDashboard("Human waits", "waits")],
    },
    "s",
    sumBy(BY_STEP, events(WAIT_SUM, WHOLE_RANGE)),
    legendOf(["step"]),
  ),
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
