/** What goes wrong in durascope itself. */
import { type Alert, seriesText } from "./alert.ts";
import { events, maxBy, sumBy } from "./promql.ts";
import { is, LABEL, select, seriesName } from "./series.ts";

const BY_JOB = [LABEL.job];
const BY_CALL = [LABEL.job, LABEL.api];
const JOB = `{{ $labels.${LABEL.job} }}`;

/** A series of a poller, with further labels. */
function poller(name: string, labels: Readonly<Record<string, string>> = {}): string {
  return seriesText(name, { ...POLLER, ...labels, instance: "poller-1" });
}

const POLLER = { [LABEL.job]: "durascope-poller" };
const READING = { [LABEL.api]: "getExecutionHistory" };

const lag: Alert = {
  name: "PollerLag",
  promql: `${maxBy(BY_JOB, select("pollerLag"))} > 300`,
  lasting: "10m",
  severity: "warning",
  summary: `The poller ${JOB} is {{ $value | humanizeDuration }} behind`,
  description:
    "An execution should have been read more than 5 minutes ago, so its spans and metrics are late. More executions are open than calls allow, or AWS throttles: see the calls by outcome.",
  dashboard: "bridge",
  cases: [
    {
      name: "fires at ten minutes",
      series: { [poller(seriesName("pollerLag"))]: "600x30" },
      at: "20m",
      fires: {
        labels: POLLER,
        summary: "The poller durascope-poller is 10m 0s behind",
        description:
          "An execution should have been read more than 5 minutes ago, so its spans and metrics are late. More executions are open than calls allow, or AWS throttles: see the calls by outcome.",
      },
    },
    {
      name: "is silent when it catches up within ten minutes",
      series: { [poller(seriesName("pollerLag"))]: "600x8 0x30" },
      at: "20m",
    },
  ],
};

const failingCalls: Alert = {
  name: "ApiCallsFail",
  promql: `${sumBy(BY_CALL, events(select("pollerApiCalls", [is("callOutcome", "error")]), "10m"))} / ${sumBy(BY_CALL, events(select("pollerApiCalls"), "10m"))} > 0.5`,
  lasting: "10m",
  severity: "critical",
  summary: `${JOB} cannot call {{ $labels.${LABEL.api} }}`,
  description:
    "More than half of its calls failed in the last 10 minutes: credentials that ran out, a missing permission, or an endpoint that is gone. Nothing is lost yet: executions are read on when the calls work again, as long as AWS keeps their histories.",
  dashboard: "bridge",
  cases: [
    {
      name: "fires when every call fails",
      series: {
        [poller(seriesName("pollerApiCalls"), { ...READING, [LABEL.callOutcome]: "error" })]:
          "0+5x60",
        [poller(seriesName("pollerApiCalls"), { ...READING, [LABEL.callOutcome]: "ok" })]: "9x60",
      },
      at: "40m",
      fires: {
        labels: { ...POLLER, ...READING },
        summary: "durascope-poller cannot call getExecutionHistory",
        description:
          "More than half of its calls failed in the last 10 minutes: credentials that ran out, a missing permission, or an endpoint that is gone. Nothing is lost yet: executions are read on when the calls work again, as long as AWS keeps their histories.",
      },
    },
    {
      name: "is silent about a single call, though it was the only one",
      series: {
        [poller(seriesName("pollerApiCalls"), { ...READING, [LABEL.callOutcome]: "error" })]:
          "_x71 1x60",
      },
      at: "80m",
    },
    {
      name: "is silent when one call in ten fails",
      series: {
        [poller(seriesName("pollerApiCalls"), { ...READING, [LABEL.callOutcome]: "error" })]:
          "0+1x60",
        [poller(seriesName("pollerApiCalls"), { ...READING, [LABEL.callOutcome]: "ok" })]: "0+9x60",
      },
      at: "40m",
    },
  ],
};

const dropped: Alert = {
  name: "SpansLost",
  promql: `${sumBy(BY_JOB, events(select("spansDropped"), "15m"))} > 0`,
  lasting: "0m",
  severity: "warning",
  summary: `${JOB} lost spans`,
  description:
    "Spans could not be handed over in the last 15 minutes and are gone, so traces have holes. See the log of the service for the reason. Histories can be read again: `durascope convert`.",
  dashboard: "bridge",
  cases: [
    {
      name: "fires at the first span that is lost",
      series: { [poller(seriesName("spansDropped"))]: "_x90 3x30" },
      at: "95m",
      fires: {
        labels: POLLER,
        summary: "durascope-poller lost spans",
        description:
          "Spans could not be handed over in the last 15 minutes and are gone, so traces have holes. See the log of the service for the reason. Histories can be read again: `durascope convert`.",
      },
    },
    {
      name: "is silent when none was lost lately",
      series: { [poller(seriesName("spansDropped"))]: "3x120" },
      at: "120m",
    },
  ],
};

const late: Alert = {
  name: "SpansLate",
  promql: `${sumBy(BY_JOB, events(select("spansLate"), "10m"))} > 0`,
  lasting: "15m",
  severity: "info",
  summary: `${JOB} hands spans over so late that backends may hide them`,
  description:
    "Some backends refuse old spans, Tempo finds them by trace id only. Usual after an outage of the poller or of the backend; else see the poller's lag.",
  dashboard: "bridge",
  cases: [
    {
      name: "fires when late spans come for a quarter of an hour",
      series: { [poller(seriesName("spansLate"))]: "0x60 0+1x60" },
      at: "100m",
      fires: {
        labels: POLLER,
        summary: "durascope-poller hands spans over so late that backends may hide them",
        description:
          "Some backends refuse old spans, Tempo finds them by trace id only. Usual after an outage of the poller or of the backend; else see the poller's lag.",
      },
    },
    {
      name: "is silent about a single one",
      series: { [poller(seriesName("spansLate"))]: "0x60 1x120" },
      at: "80m",
    },
    {
      name: "is silent when none is late",
      series: { [poller(seriesName("spansLate"))]: "7x200" },
      at: "190m",
    },
  ],
};

const unknownEvents: Alert = {
  name: "UnknownHistoryEvents",
  promql: `${sumBy([LABEL.job, LABEL.engine], events(select("historyUnknownEvents"), "1h"))} > 0`,
  lasting: "0m",
  severity: "info",
  summary: `${JOB} reads events of {{ $labels.${LABEL.engine} }} that it does not know`,
  description:
    "The engine is newer than durascope: these events are left out, the rest of the trace is right. See whether a newer version of durascope knows them.",
  dashboard: "bridge",
  cases: [
    {
      name: "fires at the first of them",
      series: {
        [poller(seriesName("historyUnknownEvents"), { [LABEL.engine]: "temporal" })]: "_x130 1x10",
      },
      at: "135m",
      fires: {
        labels: { ...POLLER, [LABEL.engine]: "temporal" },
        summary: "durascope-poller reads events of temporal that it does not know",
        description:
          "The engine is newer than durascope: these events are left out, the rest of the trace is right. See whether a newer version of durascope knows them.",
      },
    },
    {
      name: "is silent when there are none",
      series: {
        [poller(seriesName("historyEvents"), { [LABEL.engine]: "temporal" })]: "0+9x140",
      },
      at: "135m",
    },
  ],
};

const EXPORTED = select("spansExported");

const silent: Alert = {
  name: "Silent",
  promql: `group by (${LABEL.job}) (last_over_time(${EXPORTED}[1d])) unless group by (${LABEL.job}) (${EXPORTED})`,
  lasting: "15m",
  severity: "critical",
  summary: `Nothing comes from ${JOB} any more`,
  description:
    "It reported metrics within the last day, and does not now: the process is gone, its metrics endpoint cannot be reached, or its exporter stopped. What runs is not seen meanwhile.",
  dashboard: "bridge",
  cases: [
    {
      name: "fires a quarter of an hour after the last sample",
      series: { [poller(seriesName("spansExported"))]: "0+1x60 _x60" },
      at: "90m",
      fires: {
        labels: POLLER,
        summary: "Nothing comes from durascope-poller any more",
        description:
          "It reported metrics within the last day, and does not now: the process is gone, its metrics endpoint cannot be reached, or its exporter stopped. What runs is not seen meanwhile.",
      },
    },
    {
      name: "is silent while samples come",
      series: { [poller(seriesName("spansExported"))]: "5x120" },
      at: "90m",
    },
    {
      name: "is silent about a service that has been gone for more than a day",
      series: { [poller(seriesName("spansExported"))]: "5x10 _x1700" },
      at: "26h",
    },
  ],
};

/** Alerts about durascope itself. */
export const BRIDGE_ALERTS: readonly Alert[] = [
  silent,
  failingCalls,
  lag,
  dropped,
  late,
  unknownEvents,
];
