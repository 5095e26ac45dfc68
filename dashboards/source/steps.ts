import type { DashboardSpec } from "./dashboard.ts";
import { UID } from "./link.ts";
import { durations, eventBars, legendOf, lines, outcomeBars, topTen } from "./metric-panel.ts";
import type { PanelSpec } from "./panel.ts";
import { events, eventsEachBar, quantile, ratio, sumBy, WHOLE_RANGE } from "./promql.ts";
import { overTime } from "./query.ts";
import { isNot, LABEL, select } from "./series.ts";
import { summaryTable } from "./summary-table.ts";
import { OF_RUNS, runFilters, WINDOW, windowVariable } from "./variable.ts";

const RETRIES = select("stepRetries", OF_RUNS);
const COUNT = select("stepDuration", OF_RUNS, "count");
const BUCKETS = select("stepDuration", OF_RUNS, "bucket");
const NOT_DONE = select("stepDuration", [...OF_RUNS, isNot("outcome", "completed")], "count");
const QUEUED = select("scheduleToStart", OF_RUNS, "bucket");
const BY_STEP = [LABEL.type, LABEL.step];
const STEP_LEGEND = legendOf(["type", "step"]);

const retries: readonly PanelSpec[] = [
  eventBars(
    {
      title: "Retries, by step and error",
      description:
        "Attempts that failed and were followed by another one, counted a bar each. A storm of one error on one step is a dependency that is down.",
    },
    overTime(
      sumBy([LABEL.step, LABEL.errorType], eventsEachBar(RETRIES)),
      `${legendOf(["step"])}: ${legendOf(["errorType"])}`,
    ),
  ),
  lines(
    {
      title: "Retries a step",
      description:
        "How many retries a step needed on average, in the window before: 0 is none, 1 means that every step was tried twice.",
      decimals: 2,
    },
    "none",
    overTime(
      ratio(sumBy(BY_STEP, events(RETRIES, WINDOW)), sumBy(BY_STEP, events(COUNT, WINDOW))),
      STEP_LEGEND,
    ),
  ),
  topTen(
    {
      title: "Most retried",
      description: "The ten pairs of step and error with the most retries, in the time range.",
      width: 24,
      height: 7,
    },
    "short",
    sumBy([...BY_STEP, LABEL.errorType], events(RETRIES, WHOLE_RANGE)),
    `${STEP_LEGEND}: ${legendOf(["errorType"])}`,
  ),
];

const outcomes: readonly PanelSpec[] = [
  outcomeBars(
    "Steps, by outcome",
    "Steps that ended, counted a bar each; retries are inside of their step.",
    "outcome",
    COUNT,
  ),
  lines(
    {
      title: "Duration of steps, 95th percentile",
      description:
        "From the step's schedule to its end, retries and back-off included, of the steps that ended in the window before.",
    },
    "s",
    overTime(quantile(0.95, BUCKETS, WINDOW, BY_STEP), STEP_LEGEND),
  ),
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
  lines(
    {
      title: "Schedule to start",
      description:
        "How long attempts waited until a worker or a function took them up, median and 95th percentile. When it rises there are too few workers; a queue without any worker has no line.",
    },
    "s",
    ...[0.5, 0.95].map((q) =>
      overTime(
        quantile(q, QUEUED, WINDOW, [LABEL.engine, LABEL.taskQueue]),
        `${legendOf(["engine"])} ${legendOf(["taskQueue"])} ${q * 100} %`,
      ),
    ),
  ),
  durations(
    "Schedule to start, all attempts",
    "How many attempts started, by how long they had waited.",
    QUEUED,
  ),
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
