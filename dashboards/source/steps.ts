import type { DashboardSpec } from "./dashboard.ts";
import { UID } from "./link.ts";
import { OUTCOME_COLOURS } from "./look.ts";
import type { PanelSpec } from "./panel.ts";
import { EACH_BAR, events, quantile, ratio, sumBy, top, WHOLE_RANGE } from "./promql.ts";
import { isNot, LABEL, select } from "./series.ts";
import { summaryTable } from "./summary-table.ts";
import { OF_RUNS, runFilters, WINDOW, windowVariable } from "./variable.ts";

const RETRIES = select("stepRetries", OF_RUNS);
const COUNT = select("stepDuration", OF_RUNS, "count");
const BUCKETS = select("stepDuration", OF_RUNS, "bucket");
const NOT_DONE = select("stepDuration", [...OF_RUNS, isNot("outcome", "completed")], "count");
const QUEUED = select("scheduleToStart", OF_RUNS, "bucket");
const BY_STEP = [LABEL.type, LABEL.step];
const STEP_LEGEND = `{{${LABEL.type}}} / {{${LABEL.step}}}`;

const retries: readonly PanelSpec[] = [
  {
    kind: "time",
    draw: "bars",
    title: "Retries, by step and error",
    description:
      "Attempts that failed and were followed by another one, counted a bar each. A storm of one error on one step is a dependency that is down.",
    width: 12,
    unit: "short",
    queries: [
      {
        source: "prometheus",
        promql: sumBy([LABEL.step, LABEL.errorType], events(RETRIES, EACH_BAR)),
        shape: "time",
        legend: `{{${LABEL.step}}}: {{${LABEL.errorType}}}`,
      },
    ],
  },
  {
    kind: "time",
    draw: "lines",
    title: "Retries a step",
    description:
      "How many retries a step needed on average, in the window before: 0 is none, 1 means that every step was tried twice.",
    width: 12,
    unit: "none",
    decimals: 2,
    queries: [
      {
        source: "prometheus",
        promql: ratio(
          sumBy(BY_STEP, events(RETRIES, WINDOW)),
          sumBy(BY_STEP, events(COUNT, WINDOW)),
        ),
        shape: "time",
        legend: STEP_LEGEND,
      },
    ],
  },
  {
    kind: "bars",
    title: "Most retried",
    description: "The ten pairs of step and error with the most retries, in the time range.",
    width: 24,
    height: 7,
    unit: "short",
    queries: [
      {
        source: "prometheus",
        promql: top(
          10,
          sumBy([LABEL.type, LABEL.step, LABEL.errorType], events(RETRIES, WHOLE_RANGE)),
        ),
        shape: "now",
        legend: `${STEP_LEGEND}: {{${LABEL.errorType}}}`,
      },
    ],
  },
];

const outcomes: readonly PanelSpec[] = [
  {
    kind: "time",
    draw: "bars",
    title: "Steps, by outcome",
    description: "Steps that ended, counted a bar each; retries are inside of their step.",
    width: 12,
    unit: "short",
    looks: OUTCOME_COLOURS,
    queries: [
      {
        source: "prometheus",
        promql: sumBy([LABEL.outcome], events(COUNT, EACH_BAR)),
        shape: "time",
        legend: `{{${LABEL.outcome}}}`,
      },
    ],
  },
  {
    kind: "time",
    draw: "lines",
    title: "Duration of steps, 95th percentile",
    description:
      "From the step's schedule to its end, retries and back-off included, of the steps that ended in the window before.",
    width: 12,
    unit: "s",
    queries: [
      {
        source: "prometheus",
        promql: quantile(0.95, BUCKETS, WINDOW, BY_STEP),
        shape: "time",
        legend: STEP_LEGEND,
      },
    ],
  },
  summaryTable({
    title: "Steps that did not complete",
    description: "Steps that failed, timed out or were given up, and how they ended.",
    rows: { type: "Type", step: "Step", stepKind: "Kind", engine: "Engine", outcome: "Outcome" },
    columns: [
      {
        title: "How often",
        unit: "short",
        promql: sumBy(
          [LABEL.engine, ...BY_STEP, LABEL.stepKind, LABEL.outcome],
          events(NOT_DONE, WHOLE_RANGE),
        ),
      },
    ],
  }),
];

const queues: readonly PanelSpec[] = [
  {
    kind: "time",
    draw: "lines",
    title: "Schedule to start",
    description:
      "How long attempts waited until a worker or a function took them up, median and 95th percentile. When it rises there are too few workers, or they are gone.",
    width: 12,
    unit: "s",
    queries: [0.5, 0.95].map((q) => ({
      source: "prometheus",
      promql: quantile(q, QUEUED, WINDOW, [LABEL.engine, LABEL.taskQueue]),
      shape: "time",
      legend: `{{${LABEL.engine}}} {{${LABEL.taskQueue}}} ${q * 100} %`,
    })),
  },
  {
    kind: "heatmap",
    title: "Schedule to start, all attempts",
    description: "How many attempts started, by how long they had waited.",
    width: 12,
    unit: "s",
    queries: [
      {
        source: "prometheus",
        promql: sumBy(["le"], events(QUEUED, EACH_BAR)),
        shape: "heatmap",
        legend: "{{le}}",
      },
    ],
  },
];

/** Steps: which are retried, which fail, which are slow, which are not taken up. */
export const steps: DashboardSpec = {
  uid: UID.steps,
  title: "Durascope / Steps and retries",
  description: "Which steps are retried, fail, are slow, or wait for a worker.",
  sources: ["prometheus"],
  variables: [...runFilters(), windowVariable()],
  from: "now-24h",
  rows: [
    { title: "Retries", panels: retries },
    { title: "Outcomes and durations", panels: outcomes },
    { title: "Task queues", panels: queues },
  ],
};
