import type { DashboardSpec } from "./dashboard.ts";
import { UID } from "./link.ts";
import { OUTCOME_COLOURS } from "./look.ts";
import type { PanelSpec } from "./panel.ts";
import {
  EACH_BAR,
  events,
  maxBy,
  mean,
  orZero,
  quantile,
  ratio,
  sumBy,
  WHOLE_RANGE,
} from "./promql.ts";
import { FOR_AN_ANSWER, is, LABEL, select } from "./series.ts";
import { summaryTable } from "./summary-table.ts";
import { OF_RUNS, runFilters, WINDOW, windowVariable } from "./variable.ts";

const OF_WAITS = [...OF_RUNS, FOR_AN_ANSWER];
const WAITING = select("waiting", OF_WAITS);
const COUNT = select("waitDuration", OF_WAITS, "count");
const SUM = select("waitDuration", OF_WAITS, "sum");
const BUCKETS = select("waitDuration", OF_WAITS, "bucket");
const RAN_OUT = select("waitDuration", [...OF_WAITS, is("waitOutcome", "elapsed")], "count");
const STARTED = select("started", OF_RUNS);
const BY_WAIT = [LABEL.type, LABEL.step];
const WAIT_LEGEND = `{{${LABEL.type}}} / {{${LABEL.step}}}`;

const open: readonly PanelSpec[] = [
  {
    kind: "stat",
    title: "Waiting now",
    description: "Waits that are open now, all names together.",
    width: 4,
    unit: "short",
    queries: [{ source: "prometheus", promql: orZero(sumBy([], WAITING), STARTED), shape: "now" }],
  },
  {
    kind: "bars",
    title: "Waiting now, by name",
    description: "Which answers are outstanding. The name is the wait's own, e.g. approval.",
    width: 8,
    unit: "short",
    queries: [
      {
        source: "prometheus",
        promql: sumBy([...BY_WAIT, LABEL.engine], WAITING),
        shape: "now",
        legend: `${WAIT_LEGEND} ({{${LABEL.engine}}})`,
      },
    ],
  },
  {
    kind: "time",
    draw: "lines",
    title: "Waiting, over time",
    description: "Open waits by name. A line that only rises: nobody answers any more.",
    width: 12,
    unit: "short",
    queries: [
      {
        source: "prometheus",
        promql: sumBy(BY_WAIT, WAITING),
        shape: "time",
        legend: WAIT_LEGEND,
      },
    ],
  },
  {
    kind: "time",
    draw: "lines",
    title: "Age of the oldest run of a type that waits",
    description:
      "How long ago the oldest open run began, for workflow types that wait for something now: nobody has waited longer than this.",
    width: 24,
    unit: "s",
    queries: [
      {
        source: "prometheus",
        promql: `${maxBy([LABEL.type, LABEL.engine], select("openAgeMax", OF_RUNS))} and on (${LABEL.type}, ${LABEL.engine}) ${WAITING}`,
        shape: "time",
        legend: `{{${LABEL.type}}} ({{${LABEL.engine}}})`,
      },
    ],
  },
];

const ended: readonly PanelSpec[] = [
  {
    kind: "time",
    draw: "bars",
    title: "Waits ended, by how",
    description:
      "resolved: answered in time. elapsed: the time ran out. failed: refused. abandoned: the run closed first.",
    width: 12,
    unit: "short",
    looks: OUTCOME_COLOURS,
    queries: [
      {
        source: "prometheus",
        promql: sumBy([LABEL.waitOutcome], events(COUNT, EACH_BAR)),
        shape: "time",
        legend: `{{${LABEL.waitOutcome}}}`,
      },
    ],
  },
  {
    kind: "time",
    draw: "lines",
    title: "Ran out of time",
    description:
      "Waits whose time ran out, as a part of those that ended in the window before. For a plain timer that is its purpose, for an approval it is a lost answer.",
    width: 12,
    unit: "percentunit",
    queries: [
      {
        source: "prometheus",
        promql: ratio(
          sumBy(BY_WAIT, events(RAN_OUT, WINDOW)),
          sumBy(BY_WAIT, events(COUNT, WINDOW)),
        ),
        shape: "time",
        legend: WAIT_LEGEND,
      },
    ],
  },
  {
    kind: "time",
    draw: "lines",
    title: "How long an answer takes",
    description: "Median and 95th percentile of the waits that ended in the window before.",
    width: 12,
    unit: "s",
    queries: [0.5, 0.95].map((q) => ({
      source: "prometheus",
      promql: quantile(q, BUCKETS, WINDOW, BY_WAIT),
      shape: "time",
      legend: `${WAIT_LEGEND} ${q * 100} %`,
    })),
  },
  {
    kind: "heatmap",
    title: "How long waits took, all of them",
    description: "How many waits ended, by how long they took: from a second to 7 days.",
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
  summaryTable({
    title: "Waits",
    description: "Every wait by name, kind and outcome, over the time range.",
    rows: {
      type: "Type",
      step: "Wait",
      waitKind: "Kind",
      engine: "Engine",
      waitOutcome: "Outcome",
    },
    columns: [
      {
        title: "How often",
        unit: "short",
        promql: sumBy(
          [LABEL.engine, ...BY_WAIT, LABEL.waitKind, LABEL.waitOutcome],
          events(COUNT, WHOLE_RANGE),
        ),
      },
      {
        title: "Mean",
        unit: "s",
        promql: mean(SUM, COUNT, WHOLE_RANGE, [
          LABEL.engine,
          ...BY_WAIT,
          LABEL.waitKind,
          LABEL.waitOutcome,
        ]),
      },
    ],
  }),
];

/** Waits for people, messages, tokens and times. */
export const waits: DashboardSpec = {
  uid: UID.waits,
  title: "Durascope / Human waits",
  description: "What runs wait for, how long answers take, and which never come.",
  sources: ["prometheus"],
  variables: [...runFilters(), windowVariable()],
  from: "now-7d",
  rows: [
    { title: "Outstanding", panels: open },
    { title: "Answered, or not", panels: ended },
  ],
};
