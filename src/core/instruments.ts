import { VOCABULARY } from "./vocabulary.ts";

/** How the code calls the instruments. */
export type InstrumentName =
  | "started"
  | "closed"
  | "duration"
  | "open"
  | "openAgeMax"
  | "stepDuration"
  | "stepRetries"
  | "waitDuration"
  | "waiting"
  | "compensations"
  | "scheduleToStart"
  | "spansExported"
  | "spansLate"
  | "spansDropped"
  | "runsUntracked"
  | "pollerLag"
  | "pollerApiCalls"
  | "historyEvents"
  | "historyUnknownEvents";

/** One instrument of OpenTelemetry's metrics API, as it is made and as `docs/attributes.md` lists it. */
export interface Instrument {
  /** OpenTelemetry's name of it. */
  readonly name: string;
  /** `gauge`s are observed: their value is that of the moment at which a reader collects. */
  readonly kind: "counter" | "histogram" | "gauge";
  /** UCUM: `s`, or what is counted in braces. */
  readonly unit: string;
  /** Attribute keys that its points carry; ids are never among them. */
  readonly labels: readonly string[];
  /** Upper bounds of a histogram's buckets, in its unit. */
  readonly buckets?: readonly number[];
  readonly description: string;
}

/** Attribute keys that stand on metrics alone. */
export const METRIC_KEYS: Readonly<Record<"errorType" | "api" | "callOutcome", string>> = {
  errorType: "error.type",
  api: "durascope.api",
  callOutcome: "durascope.outcome",
};

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

/** From a second to a week: workflows and human waits last that long. */
const LONG: readonly number[] = [
  1,
  5,
  15,
  MINUTE,
  5 * MINUTE,
  15 * MINUTE,
  HOUR,
  4 * HOUR,
  12 * HOUR,
  DAY,
  3 * DAY,
  7 * DAY,
];

/** From ten milliseconds to a day: single steps, retried or not. */
const SHORT: readonly number[] = [
  0.01,
  0.05,
  0.1,
  0.25,
  0.5,
  1,
  2.5,
  5,
  15,
  MINUTE,
  5 * MINUTE,
  15 * MINUTE,
  HOUR,
  4 * HOUR,
  DAY,
];

const RUN: readonly string[] = [VOCABULARY.engine.key, VOCABULARY.type.key];
const STEP: readonly string[] = [...RUN, VOCABULARY.stepName.key];

/**
 * Every instrument of durascope. What tells of a workflow carries its engine and its type, so that everything can be
 * split by them; what tells of durascope itself begins with `durascope.`.
 */
export const INSTRUMENTS: Readonly<Record<InstrumentName, Instrument>> = {
  started: {
    name: "workflow.started",
    kind: "counter",
    unit: "{run}",
    labels: RUN,
    description: "Runs that began; a redrive begins one again.",
  },
  closed: {
    name: "workflow.closed",
    kind: "counter",
    unit: "{run}",
    labels: [...RUN, VOCABULARY.outcome.key],
    description: "Runs that ended, by how.",
  },
  duration: {
    name: "workflow.duration",
    kind: "histogram",
    unit: "s",
    labels: [...RUN, VOCABULARY.outcome.key],
    buckets: LONG,
    description: "How long runs took, from their begin to their end.",
  },
  open: {
    name: "workflow.open",
    kind: "gauge",
    unit: "{run}",
    labels: RUN,
    description: "Runs that are open now, as far as this process follows them.",
  },
  openAgeMax: {
    name: "workflow.open.age.max",
    kind: "gauge",
    unit: "s",
    labels: RUN,
    description: "How long ago the oldest open run began.",
  },
  stepDuration: {
    name: "workflow.step.duration",
    kind: "histogram",
    unit: "s",
    labels: [...STEP, VOCABULARY.stepKind.key, VOCABULARY.outcome.key],
    buckets: SHORT,
    description:
      "How long steps took, retries and back-off included; waits are told by workflow.wait.duration.",
  },
  stepRetries: {
    name: "workflow.step.retries",
    kind: "counter",
    unit: "{retry}",
    labels: [...STEP, METRIC_KEYS.errorType],
    description: "Attempts that failed and were followed by another one, by type of the failure.",
  },
  waitDuration: {
    name: "workflow.wait.duration",
    kind: "histogram",
    unit: "s",
    labels: [...STEP, VOCABULARY.waitKind.key, VOCABULARY.waitOutcome.key],
    buckets: LONG,
    description: "How long runs waited for a person, a message or a time, and what ended it.",
  },
  waiting: {
    name: "workflow.waiting",
    kind: "gauge",
    unit: "{wait}",
    labels: [...STEP, VOCABULARY.waitKind.key],
    description: "Waits that are open now.",
  },
  compensations: {
    name: "workflow.compensations",
    kind: "counter",
    unit: "{step}",
    labels: [...STEP, VOCABULARY.outcome.key],
    description: "Steps that undid others, by how they ended.",
  },
  scheduleToStart: {
    name: "workflow.schedule_to_start",
    kind: "histogram",
    unit: "s",
    labels: [...RUN, VOCABULARY.taskQueue.key],
    buckets: SHORT,
    description: "How long attempts waited until a worker, or a function, took them up.",
  },
  spansExported: {
    name: "durascope.spans.exported",
    kind: "counter",
    unit: "{span}",
    labels: [],
    description: "Spans that were handed to the application's span processor.",
  },
  spansLate: {
    name: "durascope.spans.late",
    kind: "counter",
    unit: "{span}",
    labels: [],
    description:
      "Spans that were handed over so long after their end that backends refuse or hide them.",
  },
  spansDropped: {
    name: "durascope.spans.dropped",
    kind: "counter",
    unit: "{span}",
    labels: [],
    description: "Spans that were lost: nothing could take them, or it refused.",
  },
  runsUntracked: {
    name: "durascope.runs.untracked",
    kind: "counter",
    unit: "{run}",
    labels: [],
    description: "Open runs that the gauges do not show, because as many as fit were open.",
  },
  pollerLag: {
    name: "durascope.poller.lag",
    kind: "gauge",
    unit: "s",
    labels: [],
    description:
      "For how long the execution that is most overdue should have been read; 0 when none is.",
  },
  pollerApiCalls: {
    name: "durascope.poller.api_calls",
    kind: "counter",
    unit: "{call}",
    labels: [METRIC_KEYS.api, METRIC_KEYS.callOutcome],
    description: "Calls of the engine's API, by how they ended: ok, throttled, error.",
  },
  historyEvents: {
    name: "durascope.history.events",
    kind: "counter",
    unit: "{event}",
    labels: [VOCABULARY.engine.key],
    description: "Events of histories that were read.",
  },
  historyUnknownEvents: {
    name: "durascope.history.unknown_events",
    kind: "counter",
    unit: "{event}",
    labels: [VOCABULARY.engine.key],
    description: "Events among them that this version does not know, and left out.",
  },
};

/**
 * An instrument's name in Prometheus, the same by both routes: OTLP into Prometheus adds the unit and `_total` by
 * itself, and OpenTelemetry's Prometheus exporter does so with {@link prometheusViews} in place. A histogram's is
 * followed by `_bucket`, `_sum`, `_count`.
 */
export function prometheusName({ name, kind, unit }: Instrument): string {
  const base = name.replaceAll(".", "_");
  if (unit === "s") return `${base}_seconds`;
  return kind === "counter" ? `${base}_total` : base;
}

/** An attribute key as Prometheus calls the label. */
export function prometheusLabel(key: string): string {
  return key.replaceAll(".", "_");
}

/** A view of OpenTelemetry's metrics SDK that gives an instrument another name. */
export interface RenamingView {
  readonly instrumentName: string;
  readonly name: string;
}

/**
 * Views for the MeterProvider of an application with OpenTelemetry's Prometheus exporter, which leaves units out of the
 * names (0.301; https://github.com/open-telemetry/opentelemetry-js/blob/main/experimental/packages/opentelemetry-exporter-prometheus/src/PrometheusSerializer.ts):
 * with them the scrape has the names that OTLP into Prometheus has, and that the dashboards ask for.
 */
export function prometheusViews(): RenamingView[] {
  return Object.values(INSTRUMENTS)
    .filter(({ unit }) => unit === "s")
    .map(({ name }) => ({ instrumentName: name, name: `${name}.seconds` }));
}
