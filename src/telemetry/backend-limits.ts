const HOUR = 3_600_000;

/** What a backend does with spans that come late or are long, as its makers say; read in November 2026. */
export interface BackendLimits {
  readonly id: BackendId;
  readonly title: string;
  /** Hosts of its intake; absent where it is run by its users, on any host. */
  readonly hosts?: RegExp;
  /** Spans that ended longer ago than this are refused, in milliseconds. */
  readonly refusesAfter?: number;
  /** Spans, or whole traces, that are longer than this are refused or hidden, in milliseconds. */
  readonly longest?: number;
  /** What that means, in a sentence. */
  readonly words: string;
  /** Where its makers say so. */
  readonly source?: string;
}

/** Backends whose limits are known. */
export type BackendId =
  | "dynatrace"
  | "dash0"
  | "sumologic"
  | "azure"
  | "datadog"
  | "tempo"
  | "jaeger";

/** The table; its numbers are the one place for them. */
export const BACKEND_LIMITS: readonly BackendLimits[] = [
  {
    id: "dynatrace",
    title: "Dynatrace",
    hosts: /\.dynatrace(?:labs)?\.com$/,
    refusesAfter: HOUR,
    words: "refuses spans that ended more than 60 minutes ago",
    source:
      "https://docs.dynatrace.com/docs/extend-dynatrace/opentelemetry/getting-started/traces/ingest",
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
    longest: 48 * HOUR,
    words: "refuses spans that are longer than 48 hours",
  },
  {
    id: "datadog",
    title: "Datadog",
    hosts: /(?:^|\.)(?:datadoghq\.(?:com|eu)|ddog-gov\.com)$/,
    words:
      "searches spans for 15 minutes, and after that only those that a retention filter keeps: have one on @workflow.id:*",
    source: "https://docs.datadoghq.com/tracing/trace_pipeline/trace_retention/",
  },
  {
    id: "tempo",
    title: "Grafana Tempo",
    hosts: /\.grafana\.net$/,
    words:
      "takes late and long spans; a late one is found by trace id at once, but by search only in a window that covers the time when it came, some 15 minutes later",
    source: "https://grafana.com/docs/tempo/latest/",
  },
  {
    id: "jaeger",
    title: "Jaeger",
    words: "takes late and long spans; open a search's window to the time when the run began",
    source: "https://www.jaegertracing.io/docs/",
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
