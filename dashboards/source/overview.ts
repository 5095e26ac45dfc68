import type { DashboardSpec } from "./dashboard.ts";
import { toDashboard, toTypeOfRow, toTypeOfSeries, UID } from "./link.ts";
import { light, lines, outcomeBars, TYPE_LEGEND } from "./metric-panel.ts";
import type { PanelLink, PanelSpec, StatPanel } from "./panel.ts";
import { events, maxBy, orZero, quantile, ratio, sumBy, WHOLE_RANGE } from "./promql.ts";
import { overTime } from "./query.ts";
import { BAD_ENDS, FOR_AN_ANSWER, is, isNot, LABEL, type Matcher, select } from "./series.ts";
import { summaryTable } from "./summary-table.ts";
import {
  OF_JOBS,
  OF_RUNS,
  runFilters,
  STUCK_AFTER,
  stuckVariable,
  WINDOW,
  windowVariable,
} from "./variable.ts";

const STARTED = select("started", OF_RUNS);
const OPEN = select("open", OF_RUNS);
const OLDEST = select("openAgeMax", OF_RUNS);
const BY_TYPE = [LABEL.engine, LABEL.type];

/** One of the numbers of "Is anything wrong now?": eight of them make a line. */
function eighth(
  words: Pick<StatPanel, "title" | "description" | "alarm">,
  promql: string,
  link: PanelLink,
  unit?: string,
): StatPanel {
  return light({ ...words, width: 3, links: [link] }, promql, unit);
}

function happened(instrument: "closed" | "compensations", matcher: Matcher): string {
  const counted = sumBy([], events(select(instrument, [...OF_RUNS, matcher]), WHOLE_RANGE));
  return orZero(counted, STARTED);
}

const lights: readonly PanelSpec[] = [
  eighth(
    { title: "Open runs", description: "Runs that are open now, on both engines." },
    orZero(sumBy([], OPEN), STARTED),
    toDashboard("Workflow detail", "workflow"),
  ),
  eighth(
    {
      title: "Stuck",
      description:
        "Workflow types whose oldest open run is older than “Stuck after” allows. Look for a wait that nobody answers, or a worker that is gone.",
      alarm: { red: 1 },
    },
    orZero(sumBy([], `${maxBy(BY_TYPE, OLDEST)} > bool ${STUCK_AFTER}`), STARTED),
    toDashboard("Human waits", "waits"),
  ),
  eighth(
    {
      title: "Failed",
      description: "Runs that failed, timed out, were terminated or aborted, in the time range.",
      alarm: { amber: 1 },
    },
    happened("closed", BAD_ENDS),
    toDashboard("Workflow detail", "workflow"),
  ),
  eighth(
    {
      title: "Compensated",
      description: "Compensations that ran and worked, in the time range: something was undone.",
    },
    happened("compensations", is("outcome", "completed")),
    toDashboard("Sagas", "sagas"),
  ),
  eighth(
    {
      title: "Compensation failed",
      description:
        "Compensations that did not work: something is half done and nobody undoes it. Somebody has to, by hand.",
      alarm: { red: 1 },
    },
    happened("compensations", isNot("outcome", "completed")),
    toDashboard("Sagas", "sagas"),
  ),
  eighth(
    {
      title: "Waiting",
      description:
        "Waits that are open now: for a person, a message, a token or a time. “Human waits” tells them apart by name.",
    },
    orZero(sumBy([], select("waiting", [...OF_RUNS, FOR_AN_ANSWER])), STARTED),
    toDashboard("Human waits", "waits"),
  ),
  eighth(
    { title: "Oldest open run", description: "How long ago the oldest open run began." },
    orZero(maxBy([], OLDEST), STARTED),
    toDashboard("Workflow detail", "workflow"),
    "s",
  ),
  eighth(
    {
      title: "Spans lost",
      description:
        "Spans that nothing could take, in the time range. Traces have holes; what the other panels say is still right.",
      alarm: { red: 1 },
    },
    orZero(
      sumBy([], events(select("spansDropped", OF_JOBS), WHOLE_RANGE)),
      select("spansExported", OF_JOBS),
    ),
    toDashboard("Bridge health", "bridge"),
  ),
];

const BAD = select("closed", [...OF_RUNS, BAD_ENDS]);
const CLOSED = select("closed", OF_RUNS);
const DURATION = select("duration", OF_RUNS, "bucket");

const ENDED_BADLY = ratio(
  sumBy(BY_TYPE, events(BAD, WINDOW)),
  sumBy(BY_TYPE, events(CLOSED, WINDOW)),
);

const redPanels: readonly PanelSpec[] = [
  outcomeBars("Runs closed, by outcome", "Runs that ended, counted a bar each.", "outcome", CLOSED),
  lines(
    {
      title: "Failure ratio, by type and engine",
      description:
        "Runs that failed, timed out, were terminated or aborted, as a part of all that closed in the window before. No line: nothing closed.",
      links: [toTypeOfSeries()],
    },
    "percentunit",
    overTime(ENDED_BADLY, TYPE_LEGEND),
  ),
  ...[0.5, 0.95].map((q) =>
    lines(
      {
        title: `Duration, ${q === 0.5 ? "median" : "95th percentile"}, by type and engine`,
        description:
          "How long the runs took that closed in the window before. Buckets reach from a second to 7 days, so a value is right to its bucket.",
        links: [toTypeOfSeries()],
      },
      "s",
      overTime(quantile(q, DURATION, WINDOW, BY_TYPE), TYPE_LEGEND),
    ),
  ),
];

const types: PanelSpec = summaryTable({
  title: "Workflow types",
  description: "Rate, errors and duration of each type on each engine, over the time range.",
  rows: { type: "Type", engine: "Engine" },
  links: [toTypeOfRow("Type")],
  columns: [
    { title: "Started", unit: "short", promql: sumBy(BY_TYPE, events(STARTED, WHOLE_RANGE)) },
    { title: "Closed", unit: "short", promql: sumBy(BY_TYPE, events(CLOSED, WHOLE_RANGE)) },
    { title: "Failed", unit: "short", red: 1, promql: sumBy(BY_TYPE, events(BAD, WHOLE_RANGE)) },
    {
      title: "Failure ratio",
      unit: "percentunit",
      promql: ratio(
        sumBy(BY_TYPE, events(BAD, WHOLE_RANGE)),
        sumBy(BY_TYPE, events(CLOSED, WHOLE_RANGE)),
      ),
    },
    { title: "Median", unit: "s", promql: quantile(0.5, DURATION, WHOLE_RANGE, BY_TYPE) },
    { title: "95 %", unit: "s", promql: quantile(0.95, DURATION, WHOLE_RANGE, BY_TYPE) },
    { title: "Open", unit: "short", promql: sumBy(BY_TYPE, OPEN) },
    { title: "Oldest", unit: "s", promql: maxBy(BY_TYPE, OLDEST) },
  ],
});

/** The first look: is anything wrong now, and rate, errors and duration of every workflow type. */
export const overview: DashboardSpec = {
  uid: UID.overview,
  title: "Durascope / Overview",
  description: "Is anything wrong now? Then rate, errors and duration by workflow type and engine.",
  sources: ["prometheus"],
  variables: [...runFilters(), windowVariable(), stuckVariable()],
  from: "now-24h",
  rows: [
    { title: "Is anything wrong now?", panels: lights },
    { title: "Rate, errors, duration", panels: [...redPanels, types] },
  ],
};
