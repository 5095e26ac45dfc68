import type { DashboardSpec } from "./dashboard.ts";
import { UID } from "./link.ts";
import { lines, outcomeBars, TYPE_LEGEND } from "./metric-panel.ts";
import type { PanelSpec } from "./panel.ts";
import { events, orZero, ratio, sumBy, WHOLE_RANGE } from "./promql.ts";
import { asOfNow, overTime } from "./query.ts";
import { BAD_ENDS, is, isNot, LABEL, type Matcher, select } from "./series.ts";
import { summaryTable } from "./summary-table.ts";
import { OF_RUNS, runFilters, WINDOW, windowVariable } from "./variable.ts";

const STARTED = select("started", OF_RUNS);
const CLOSED = select("closed", OF_RUNS);
const UNDOING = select("compensations", OF_RUNS);
const BY_TYPE = [LABEL.type, LABEL.engine];
const BY_STEP = [LABEL.type, LABEL.step];

function total(instrument: "started" | "closed" | "compensations", ...matchers: Matcher[]): string {
  return orZero(
    sumBy([], events(select(instrument, [...OF_RUNS, ...matchers]), WHOLE_RANGE)),
    STARTED,
  );
}

/** From the start of a run to the bitter end, a bar each. */
const STAGES: readonly (readonly [stage: string, promql: string])[] = [
  ["Runs started", total("started")],
  ["Runs closed", total("closed")],
  ["Runs completed", total("closed", is("outcome", "completed"))],
  ["Runs failed", total("closed", BAD_ENDS)],
  ["Compensations", total("compensations")],
  ["… that worked", total("compensations", is("outcome", "completed"))],
  ["… that did not", total("compensations", isNot("outcome", "completed"))],
];

const funnel: readonly PanelSpec[] = [
  {
    kind: "bars",
    title: "The saga's funnel",
    description:
      "What became of the runs, in the time range. A run may need several compensations, and a run that undid everything may still be completed: an order that was refused, for example.",
    width: 16,
    height: 10,
    unit: "short",
    queries: STAGES.map(([legend, promql]) => asOfNow(promql, legend)),
  },
  {
    kind: "stat",
    title: "Compensation failed",
    description:
      "Something is half done and nothing undoes it. Find the run by its failed step, and finish it by hand.",
    width: 4,
    height: 10,
    unit: "short",
    alarm: { red: 1 },
    queries: [asOfNow(total("compensations", isNot("outcome", "completed")))],
  },
  {
    kind: "stat",
    title: "Compensations a closed run",
    description: "How many compensations a run needed on average, in the time range.",
    width: 4,
    height: 10,
    unit: "none",
    decimals: 2,
    queries: [
      asOfNow(ratio(`(${total("compensations")})`, `(${sumBy([], events(CLOSED, WHOLE_RANGE))})`)),
    ],
  },
];

const details: readonly PanelSpec[] = [
  outcomeBars(
    "Compensations, by outcome",
    "Steps that undid others, counted a bar each.",
    "outcome",
    UNDOING,
  ),
  lines(
    {
      title: "Compensations a closed run, by type and engine",
      description:
        "In the window before. A rise without a rise of failures: more is refused than usual.",
      decimals: 2,
    },
    "none",
    overTime(
      ratio(sumBy(BY_TYPE, events(UNDOING, WINDOW)), sumBy(BY_TYPE, events(CLOSED, WINDOW))),
      TYPE_LEGEND,
    ),
  ),
  summaryTable({
    title: "What undid, and how it ended",
    description: "Compensating steps over the time range. Anything but completed needs a person.",
    rows: { type: "Type", step: "Compensation", engine: "Engine", outcome: "Outcome" },
    columns: [
      {
        title: "How often",
        unit: "short",
        promql: sumBy([LABEL.engine, ...BY_STEP, LABEL.outcome], events(UNDOING, WHOLE_RANGE)),
      },
    ],
  }),
  summaryTable({
    title: "What made it necessary",
    description: "Steps that did not complete: where the sagas turned back.",
    rows: { type: "Type", step: "Step", engine: "Engine", outcome: "Outcome" },
    columns: [
      {
        title: "How often",
        unit: "short",
        promql: sumBy(
          [LABEL.engine, ...BY_STEP, LABEL.outcome],
          events(
            select("stepDuration", [...OF_RUNS, isNot("outcome", "completed")], "count"),
            WHOLE_RANGE,
          ),
        ),
      },
    ],
  }),
];

/** Sagas: what was undone, whether that worked, and what made it necessary. */
export const sagas: DashboardSpec = {
  uid: UID.sagas,
  title: "Durascope / Sagas and compensation",
  description: "What was undone, whether that worked, and what made it necessary.",
  sources: ["prometheus"],
  variables: [...runFilters(), windowVariable()],
  from: "now-7d",
  rows: [
    { title: "Funnel", panels: funnel },
    { title: "Compensations", panels: details },
  ],
};
