const HOUR = 3_600_000;

/** The day on which the sources were read, ISO 8601; some as archived copies, none later than this. */
export const BACKEND_LIMITS_READ = "2026-11-27";

/** What a backend does with spans that come late or are long: as its makers say, where `source` names a page. */
export interface BackendLimits {
  readonly id: BackendId;
  readonly title: string;
  /** Hosts of its intake; absent where it is run by its users, on any host. */
  readonly hosts?: RegExp;
  /** Spans that ended longer ago than this are refused, in milliseconds; absent where its makers give no limit. */
  readonly refusesAfter?: number;
  /** Spans, or whole traces, that are longer than this are refused or hidden, in milliseconds. */
  readonly longest?: number;
  /** What that means, in a sentence. */
  readonly words: string;
  /** Where its makers say so; absent where the tests proved it. */
  readonly source?: string;
}

/** Backends of which something is known. */
export type BackendId =
  | "dynatrace"
  | "dash0"
  | "sumologic"
  | "azure"
  | "datadog"
  | "newrelic"
  | "splunk"
  | "honeycomb"
  | "tempo"
  | "jaeger";

/** The table; its numbers are the one place for them. */
export const BACKEND_LIMITS: readonly BackendLimits[] = [
  {
    id: "dynatrace",
    title: "Dynatrace",
    hosts: /\.dynatrace(?:labs)?\.com$/,
    refusesAfter: HOUR,
    words: "refuses spans that ended more than 60 minutes ago; long ones it takes",
    source: "https://docs.dynatrace.com/docs/shortlink/opentelemetry-traces-ingest",
  },
  {
    id: "dash0",
    title: "Dash0",
    hosts: /\.dash0\.com$/,
    refusesAfter: 6 * HOUR,
    longest: 24 * HOUR,
    words:
      "refuses spans from more than 6 hours ago, hides spans longer than a day, and takes 2,000 spans a trace",
    source: "https://www.dash0.com/docs/dash0/cost-control/quotas-and-limits",
  },
  {
    id: "sumologic",
    title: "Sumo Logic",
    hosts: /\.sumologic\.(?:com|net)$/,
    refusesAfter: 24 * HOUR,
    longest: 24 * HOUR,
    words: "drops spans older than 24 hours, and what makes a trace longer than 24 hours",
    source: "https://www.sumologic.com/help/docs/apm/traces/tracing-ingest/",
  },
  {
    id: "azure",
    title: "Azure Application Insights",
    hosts: /\.(?:applicationinsights\.azure\.com|monitor\.azure\.com|services\.visualstudio\.com)$/,
    refusesAfter: 48 * HOUR,
    longest: 48 * HOUR,
    words: "refuses spans that began more than 48 hours ago, so longer ones always",
    // The intake's own answer: "Field 'time' … is older than the allowed min date. Expected: now - 172800000ms".
    source: "https://github.com/microsoft/ApplicationInsights-node.js/issues/1466",
  },
  {
    id: "datadog",
    title: "Datadog",
    hosts: /(?:^|\.)(?:datadoghq\.(?:com|eu)|ddog-gov\.com)$/,
    refusesAfter: 18 * HOUR,
    longest: 18 * HOUR,
    words:
      "takes spans with times up to 18 hours in the past, so perhaps not the span of a longer run; finds them for 15 minutes, and after that only those that a retention filter keeps: have one on @workflow.id:*",
    source: "https://docs.datadoghq.com/tracing/troubleshooting/",
  },
  {
    id: "newrelic",
    title: "New Relic",
    hosts: /(?:^|\.)(?:nr-data\.net|newrelic\.com)$/,
    words:
      "asks of its Trace API that spans' times lie within the last 60 minutes; of OTLP it does not say",
    source:
      "https://docs.newrelic.com/docs/apm/distributed-tracing/trace-api/troubleshooting-missing-trace-api-data/",
  },
  {
    id: "splunk",
    title: "Splunk APM",
    hosts: /\.(?:signalfx\.com|observability\.splunkcloud\.com)$/,
    words:
      "gathers a trace's spans for 10 minutes; what comes later stands in a trace segment of its own",
    source:
      "https://help.splunk.com/splunk-observability-cloud/administer/org-reference-info/per-product-system-limits-in-splunk-observability-cloud/apm-system-limits",
  },
  {
    id: "honeycomb",
    title: "Honeycomb",
    hosts: /\.honeycomb\.io$/,
    words: "takes late and long spans; a time over an hour in the future it replaces",
    source: "https://docs.honeycomb.io/api/events/",
  },
  {
    id: "tempo",
    title: "Grafana Tempo",
    hosts: /\.grafana\.net$/,
    words:
      "takes late and long spans; a late one is found by trace id at once, but by search only in a window that covers the time when it came, some 15 minutes later",
    source: "https://grafana.com/docs/tempo/latest/configuration/",
  },
  {
    id: "jaeger",
    title: "Jaeger",
    words: "takes late and long spans; open a search's window to the time when the run began",
  },
];

/** The limits of a backend by the host of its intake; undefined for a collector and for hosts that say nothing. */
export function limitsOfHost(hostname: string): BackendLimits | undefined {
  const host = hostname.toLowerCase();
  return BACKEND_LIMITS.find(({ hosts }) => hosts?.test(host));
}

/** The limits of a backend by its id. */
export function limitsOf(id: BackendId): BackendLimits | undefined {
  return BACKEND_LIMITS.find((backend) => backend.id === id);
}
