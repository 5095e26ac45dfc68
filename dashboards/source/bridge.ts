import type { DashboardSpec } from "./dashboard.ts";
import { UID } from "./link.ts";
import { eventBars, eventsBy, legendOf, light, lines, outcomeBars } from "./metric-panel.ts";
import type { PanelSpec } from "./panel.ts";
import { events, maxBy, orZero, perSecond, sumBy, WHOLE_RANGE } from "./promql.ts";
import { overTime } from "./query.ts";
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

const total = (selector: string): string =>
  orZero(sumBy([], events(selector, WHOLE_RANGE)), EXPORTED);

const lights: readonly PanelSpec[] = [
  light(
    {
      title: "Poller's lag",
      description:
        "For how long the execution that is most overdue should have been read. It rises when AWS throttles, or when more executions are open than calls allow.",
      alarm: { amber: 60, red: 300 },
    },
    maxBy([], LAG),
    "s",
  ),
  light(
    {
      title: "Spans lost",
      description:
        "Spans that nothing could take, or that were refused, in the time range. They are gone: read the histories again with `durascope convert`.",
      alarm: { red: 1 },
    },
    total(DROPPED),
  ),
  light(
    {
      title: "Spans late",
      description:
        "Spans handed over so long after their end that backends refuse or hide them, in the time range.",
      alarm: { amber: 1 },
    },
    total(LATE),
  ),
  light(
    {
      title: "Calls throttled",
      description:
        "Calls that AWS refused since there were too many, in the time range. They are made again, later.",
      alarm: { amber: 1 },
    },
    total(THROTTLED),
  ),
  light(
    {
      title: "Unknown events",
      description:
        "Events of histories that this version of durascope does not know, and left out. A newer version may know them.",
      alarm: { amber: 1 },
    },
    total(UNKNOWN),
  ),
  light(
    {
      title: "Runs not tracked",
      description:
        "Open runs that the gauges of open runs and waits do not show, because as many as fit were open.",
      alarm: { amber: 1 },
    },
    total(UNTRACKED),
  ),
];

const flow: readonly PanelSpec[] = [
  lines(
    {
      title: "Spans exported",
      description: "Spans a second that were handed to the span processor, by service.",
    },
    "cps",
    overTime(sumBy([LABEL.job], perSecond(EXPORTED)), legendOf(["job"])),
  ),
  eventBars(
    { title: "Spans late or lost", description: "Counted a bar each, by service." },
    eventsBy("job", LATE, "late: "),
    eventsBy("job", DROPPED, "lost: "),
  ),
];

const reading: readonly PanelSpec[] = [
  lines(
    {
      title: "Poller's lag",
      description:
        "For how long the execution that is most overdue should have been read; 0 when the poller is up to date.",
      alarm: { amber: 60, red: 300 },
    },
    "s",
    overTime(maxBy([LABEL.job], LAG), legendOf(["job"])),
  ),
  lines(
    {
      title: "Calls of the engine's API",
      description:
        "Calls a second by kind. AWS allows about 20 GetExecutionHistory a second for an account and region, and everybody shares them.",
    },
    "cps",
    overTime(sumBy([LABEL.api], perSecond(CALLS)), legendOf(["api"])),
  ),
  outcomeBars(
    "Calls, by outcome",
    "Counted a bar each. throttled: too many calls. error: anything else that failed.",
    "callOutcome",
    CALLS,
  ),
  lines(
    {
      title: "History events",
      description:
        "Events a second that were read from histories, and those among them that are unknown.",
    },
    "cps",
    overTime(
      sumBy([LABEL.engine], perSecond(select("historyEvents", OF_JOBS))),
      legendOf(["engine"]),
    ),
    overTime(sumBy([LABEL.engine], perSecond(UNKNOWN)), `unknown: ${legendOf(["engine"])}`),
  ),
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
