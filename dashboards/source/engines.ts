import { TextBoxVariableBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import type { Engine } from "../../src/core/model.ts";
import type { DashboardSpec } from "./dashboard.ts";
import { lambda } from "./lambda.ts";
import { UID } from "./link.ts";
import { eventBars, eventsBy, legendOf, lines } from "./metric-panel.ts";
import type { PanelSpec } from "./panel.ts";
import { events, perSecond, quantile, ratio, sumBy, WHOLE_RANGE } from "./promql.ts";
import { asOfNow, overTime } from "./query.ts";
import { BAD_ENDS, is, isNoneOf, LABEL, type Matcher, select, seriesName } from "./series.ts";
import { summaryTable } from "./summary-table.ts";
import { OF_RUNS, runFilters, WINDOW, windowVariable } from "./variable.ts";

const BY_ENGINE = [LABEL.engine];
const CLOSED = select("closed", OF_RUNS);
const BAD = select("closed", [...OF_RUNS, BAD_ENDS]);
const STEPS = select("stepDuration", OF_RUNS, "count");
const RETRIES = select("stepRetries", OF_RUNS);
const WAITS = select("waitDuration", OF_RUNS, "count");
/** Without the type, which these series do not have. */
const HISTORY = select("historyEvents", OF_RUNS.slice(0, 2));

/** Steps around other steps, which no engine charges for. */
const NOT_CHARGED = isNoneOf("stepKind", ["iteration", "group"]);

/** What engines charge for, roughly: starts, steps, waits and retries, each of them once. */
function charged(...matchers: Matcher[]): string {
  const names = [
    seriesName("started"),
    seriesName("stepDuration", "count"),
    seriesName("stepRetries"),
    seriesName("waitDuration", "count"),
  ];
  return `{${[`__name__=~"${names.join("|")}"`, ...OF_RUNS, NOT_CHARGED, ...matchers].join(", ")}}`;
}

/** A line for each engine. */
function byEngine(title: string, description: string, unit: string, promql: string): PanelSpec {
  return lines({ title, description }, unit, overTime(promql, legendOf(["engine"])));
}

const sideBySide: readonly PanelSpec[] = [
  summaryTable({
    title: "The two engines",
    description: "The same workflow types on both engines, over the time range.",
    height: 5,
    rows: { engine: "Engine" },
    columns: [
      {
        title: "Started",
        unit: "short",
        promql: sumBy(BY_ENGINE, events(select("started", OF_RUNS), WHOLE_RANGE)),
      },
      {
        title: "Closed",
        unit: "short",
        promql: sumBy(BY_ENGINE, events(CLOSED, WHOLE_RANGE)),
      },
      {
        title: "Failure ratio",
        unit: "percentunit",
        promql: ratio(
          sumBy(BY_ENGINE, events(BAD, WHOLE_RANGE)),
          sumBy(BY_ENGINE, events(CLOSED, WHOLE_RANGE)),
        ),
      },
      {
        title: "Median",
        unit: "s",
        promql: quantile(0.5, select("duration", OF_RUNS, "bucket"), WHOLE_RANGE, BY_ENGINE),
      },
      {
        title: "95 %",
        unit: "s",
        promql: quantile(0.95, select("duration", OF_RUNS, "bucket"), WHOLE_RANGE, BY_ENGINE),
      },
      { title: "Steps", unit: "short", promql: sumBy(BY_ENGINE, events(STEPS, WHOLE_RANGE)) },
      { title: "Retries", unit: "short", promql: sumBy(BY_ENGINE, events(RETRIES, WHOLE_RANGE)) },
      { title: "Waits", unit: "short", promql: sumBy(BY_ENGINE, events(WAITS, WHOLE_RANGE)) },
    ],
  }),
  eventBars(
    { title: "Runs closed", description: "Runs that ended, counted a bar each, by engine." },
    eventsBy("engine", CLOSED),
  ),
  byEngine(
    "Duration of runs, 95th percentile",
    "Of the runs that closed in the window before.",
    "s",
    quantile(0.95, select("duration", OF_RUNS, "bucket"), WINDOW, BY_ENGINE),
  ),
  byEngine(
    "Duration of steps, 95th percentile",
    "Retries and back-off included, of the steps that ended in the window before.",
    "s",
    quantile(0.95, select("stepDuration", OF_RUNS, "bucket"), WINDOW, BY_ENGINE),
  ),
  byEngine(
    "Schedule to start, 95th percentile",
    "Temporal: until a worker polls the task. Step Functions: until the function is invoked.",
    "s",
    quantile(0.95, select("scheduleToStart", OF_RUNS, "bucket"), WINDOW, BY_ENGINE),
  ),
];

/** Estimated money over the time range, at a price for a million. */
function price(title: string, description: string, engine: Engine, variable: string): PanelSpec {
  const units = sumBy([], events(charged(is("engine", engine)), WHOLE_RANGE));
  return {
    kind: "stat",
    title,
    description,
    width: 6,
    unit: "currencyUSD",
    decimals: 2,
    queries: [asOfNow(`${units} * ${variable} / 1000000`)],
  };
}

const cost: readonly PanelSpec[] = [
  eventBars(
    {
      title: "Starts, steps, waits and retries",
      description:
        "What engines charge for, counted a bar each. Step Functions (Standard) bills state transitions, Temporal Cloud bills actions; Choice, Pass, Succeed and Fail states have no metric, so Step Functions' own number is somewhat higher.",
    },
    eventsBy("engine", charged()),
  ),
  price(
    "Step Functions, estimated",
    "Starts, steps, waits and retries at the price above: a lower bound of the state transitions' cost. Lambda is not in it.",
    "aws_step_functions",
    "$transition_price",
  ),
  price(
    "Temporal Cloud, estimated",
    "Starts, steps, waits and retries at the price above. A server of your own charges nothing for them.",
    "temporal",
    "$action_price",
  ),
  byEngine(
    "Starts, steps, waits and retries a run",
    "What a run costs, in the units that engines charge for: those of the window before, by the runs that started in it.",
    "none",
    ratio(
      sumBy(BY_ENGINE, events(charged(), WINDOW)),
      sumBy(BY_ENGINE, events(select("started", OF_RUNS), WINDOW)),
    ),
  ),
  byEngine(
    "History events read",
    "Events a second that durascope read from histories. Runs end hard at 51,200 events (Temporal) and 25,000 (Step Functions).",
    "cps",
    sumBy(BY_ENGINE, perSecond(HISTORY)),
  ),
];

/** The same workflows on both engines: how they fare, and what drives their cost. */
export const engines: DashboardSpec = {
  uid: UID.engines,
  title: "Durascope / Engines",
  description:
    "Temporal and Step Functions side by side: how the same workflows fare, what drives their cost, and the Lambda functions.",
  sources: ["prometheus", "tempo"],
  variables: [
    ...runFilters(),
    windowVariable(),
    new TextBoxVariableBuilder("transition_price")
      .label("USD a million state transitions")
      .defaultValue("25"),
    new TextBoxVariableBuilder("action_price").label("USD a million actions").defaultValue("50"),
  ],
  from: "now-24h",
  rows: [
    { title: "Side by side", panels: sideBySide },
    { title: "What drives the cost", panels: cost },
    { title: "Lambda functions", panels: lambda },
  ],
};
