import type { DashboardSpec } from "./dashboard.ts";
import { UID } from "./link.ts";
import { OUTCOME_COLOURS } from "./look.ts";
import type { Alarm, PanelSpec } from "./panel.ts";
import { EACH_BAR, events, maxBy, orZero, perSecond, sumBy, WHOLE_RANGE } from "./promql.ts";
import { is, LABEL, select } from "./series.ts";
import { jobFilter, OF_JOBS } from "./variable.ts";

const EXPORTED = select("spansExported", OF_JOBS);
const LATE = select("spansLate", OF_JOBS);
const DROPPED = select("spansDropped", OF_JOBS);
const LAG = select("pollerLag", OF_JOBS);
const CALLS = select("pollerApiCalls", OF_JOBS);
const THROTTLED = select("pollerApiCalls", [...OF_JOBS, is("callOutcome", "throttled")]);
const UNKNOWN = select("historyUnknownEvents", OF_JOBS);
const UNTRACKED = select("runsUntracked", OF_JOBS);

function light(
  title: string,
  description: string,
  promql: string,
  alarm: Alarm,
  unit = "short",
): PanelSpec {
  const queries = [{ source: "prometheus", promql, shape: "now" }] as const;
  return { kind: "stat", title, description, width: 4, height: 4, unit, alarm, queries };
}

const total = (selector: string): string =>
  orZero(sumBy([], events(selector, WHOLE_RANGE)), EXPORTED);

const lights: readonly PanelSpec[] = [
  light(
    "Poller's lag",
    "For how long the execution that is most overdue should have been read. It rises when AWS throttles, or when more executions are open than calls allow.",
    maxBy([], LAG),
    { amber: 60, red: 300 },
    "s",
  ),
  light(
    "Spans lost",
    "Spans that nothing could take, or that were refused, in the time range. They are gone: read the histories again with `durascope convert`.",
    total(DROPPED),
    { red: 1 },
  ),
  light(
    "Spans late",
    "Spans handed over so long after their end that backends refuse or hide them, in the time range.",
    total(LATE),
    { amber: 1 },
  ),
  light(
    "Calls throttled",
    "Calls that AWS refused since there were too many, in the time range. They are made again, later.",
    total(THROTTLED),
    { amber: 1 },
  ),
  light(
    "Unknown events",
    "Events of histories that this version of durascope does not know, and left out. A newer version may know them.",
    total(UNKNOWN),
    { amber: 1 },
  ),
  light(
    "Runs not tracked",
    "Open runs that the gauges of open runs and waits do not show, because as many as fit were open.",
    total(UNTRACKED),
    { amber: 1 },
  ),
];

const flow: readonly PanelSpec[] = [
  {
    kind: "time",
    draw: "lines",
    title: "Spans exported",
    description: "Spans a second that were handed to the span processor, by service.",
    width: 12,
    unit: "cps",
    queries: [
      {
        source: "prometheus",
        promql: sumBy([LABEL.job], perSecond(EXPORTED)),
        shape: "time",
        legend: `{{${LABEL.job}}}`,
      },
    ],
  },
  {
    kind: "time",
    draw: "bars",
    title: "Spans late or lost",
    description: "Counted a bar each, by service.",
    width: 12,
    unit: "short",
    queries: [
      {
        source: "prometheus",
        promql: sumBy([LABEL.job], events(LATE, EACH_BAR)),
        shape: "time",
        legend: `late: {{${LABEL.job}}}`,
      },
      {
        source: "prometheus",
        promql: sumBy([LABEL.job], events(DROPPED, EACH_BAR)),
        shape: "time",
        legend: `lost: {{${LABEL.job}}}`,
      },
    ],
  },
];

const reading: readonly PanelSpec[] = [
  {
    kind: "time",
    draw: "lines",
    title: "Poller's lag",
    description:
      "For how long the execution that is most overdue should have been read; 0 when the poller is up to date.",
    width: 12,
    unit: "s",
    alarm: { amber: 60, red: 300 },
    queries: [
      {
        source: "prometheus",
        promql: maxBy([LABEL.job], LAG),
        shape: "time",
        legend: `{{${LABEL.job}}}`,
      },
    ],
  },
  {
    kind: "time",
    draw: "lines",
    title: "Calls of the engine's API",
    description:
      "Calls a second by kind. AWS allows about 20 GetExecutionHistory a second for an account and region, and everybody shares them.",
    width: 12,
    unit: "cps",
    queries: [
      {
        source: "prometheus",
        promql: sumBy([LABEL.api], perSecond(CALLS)),
        shape: "time",
        legend: `{{${LABEL.api}}}`,
      },
    ],
  },
  {
    kind: "time",
    draw: "bars",
    title: "Calls, by outcome",
    description: "Counted a bar each. throttled: too many calls. error: anything else that failed.",
    width: 12,
    unit: "short",
    looks: OUTCOME_COLOURS,
    queries: [
      {
        source: "prometheus",
        promql: sumBy([LABEL.callOutcome], events(CALLS, EACH_BAR)),
        shape: "time",
        legend: `{{${LABEL.callOutcome}}}`,
      },
    ],
  },
  {
    kind: "time",
    draw: "lines",
    title: "History events",
    description:
      "Events a second that were read from histories, and those among them that are unknown.",
    width: 12,
    unit: "cps",
    queries: [
      {
        source: "prometheus",
        promql: sumBy([LABEL.engine], perSecond(select("historyEvents", OF_JOBS))),
        shape: "time",
        legend: `{{${LABEL.engine}}}`,
      },
      {
        source: "prometheus",
        promql: sumBy([LABEL.engine], perSecond(UNKNOWN)),
        shape: "time",
        legend: `unknown: {{${LABEL.engine}}}`,
      },
    ],
  },
];

/** Durascope itself: what it reads, what it hands on, what it loses. */
export const bridge: DashboardSpec = {
  uid: UID.bridge,
  title: "Durascope / Bridge health",
  description: "Durascope itself: what it reads, what it hands on, what it loses.",
  sources: ["prometheus"],
  variables: [jobFilter()],
  from: "now-24h",
  rows: [
    { title: "Is durascope all right?", panels: lights },
    { title: "Spans", panels: flow },
    { title: "Poller and histories", panels: reading },
  ],
};
