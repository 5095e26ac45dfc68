import type { DashboardSpec } from "./dashboard.ts";
import { UID } from "./link.ts";
import { durations, legendOf, light, lines, outcomeBars, TYPE_LEGEND } from "./metric-panel.ts";
import type { PanelSpec } from "./panel.ts";
import { events, maxBy, mean, orZero, quantile, ratio, sumBy, WHOLE_RANGE } from "./promql.ts";
import { asOfNow, overTime } from "./query.ts";
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
const WAIT_LEGEND = legendOf(["type", "step"]);
const AGE = maxBy([LABEL.type, LABEL.engine], select("openAgeMax", OF_RUNS));

const open: readonly PanelSpec[] = [
  light(
    {
      title: "Waiting now",
      description: "Waits that are open now, all names together; plain timers are among them.",
      height: 8,
    },
    orZero(sumBy([], WAITING), STARTED),
  ),
  {
    kind: "bars",
    title: "Waiting now, by name",
    description:
      "Which answers are outstanding. The name is the wait's own, e.g. approval; a plain timer has a name, too, and needs nobody.",
    width: 8,
    unit: "short",
    queries: [
      asOfNow(
        sumBy([...BY_WAIT, LABEL.engine], WAITING),
        `${WAIT_LEGEND} (${legendOf(["engine"])})`,
      ),
    ],
  },
  lines(
    {
      title: "Waiting, over time",
      description: "Open waits by name. A line that only rises: nobody answers any more.",
    },
    "short",
    overTime(sumBy(BY_WAIT, WAITING), WAIT_LEGEND),
  ),
  lines(
    {
      title: "Age of the oldest run of a type that waits",
      description:
        "How long ago the oldest open run began, for workflow types that wait for something now: nobody has waited longer than this.",
      width: 24,
    },
    "s",
    overTime(`${AGE} and on (${LABEL.type}, ${LABEL.engine}) ${WAITING} > 0`, TYPE_LEGEND),
  ),
];

const ended: readonly PanelSpec[] = [
  outcomeBars(
    "Waits ended, by how",
    "resolved: answered in time. elapsed: the time ran out. failed: refused. abandoned: the run closed first.",
    "waitOutcome",
    COUNT,
  ),
  lines(
    {
      title: "Ran out of time",
      description:
        "Waits whose time ran out, as a part of those that ended in the window before. For a plain timer that is its purpose, for an approval it is a lost answer.",
    },
    "percentunit",
    overTime(
      ratio(sumBy(BY_WAIT, events(RAN_OUT, WINDOW)), sumBy(BY_WAIT, events(COUNT, WINDOW))),
      WAIT_LEGEND,
    ),
  ),
  lines(
    {
      title: "How long an answer takes",
      description:
        "Median and 95th percentile of the waits that ended in the window before; of a plain timer, how long it ran.",
    },
    "s",
    ...[0.5, 0.95].map((q) =>
      overTime(quantile(q, BUCKETS, WINDOW, BY_WAIT), `${WAIT_LEGEND} ${q * 100} %`),
    ),
  ),
  durations(
    "How long waits took, all of them",
    "How many waits ended, by how long they took: from a second to 7 days.",
    BUCKETS,
  ),
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
