/** A list price, as its owner's public page gives it. */
export interface Price {
  readonly what: string;
  /** US dollars. */
  readonly usd: number;
  /** What so many dollars buy. */
  readonly unit: string;
  /** Page that says so. */
  readonly source: string;
}

/** The day on which the pages were read, some as archived copies, ISO 8601. */
export const PRICES_READ = "2026-11-27";

/** List prices (AWS: us-east-1; Datadog: US1, billed a year ahead), without free tiers and allotments. */
export const PRICES: {
  readonly indexedSpans: Price;
  readonly ingestedSpans: Price;
  readonly logEvents: Price;
  readonly logBytes: Price;
  readonly cloudWatchLogs: Price;
  readonly cloudWatchStorage: Price;
  readonly xRay: Price;
  readonly transitions: Price;
} = {
  indexedSpans: {
    what: "Datadog: indexed spans, kept 15 days",
    usd: 1.7,
    unit: "million spans",
    source: "https://docs.datadoghq.com/account_management/billing/apm_tracing_profiler/",
  },
  ingestedSpans: {
    what: "Datadog: ingested spans beyond the 150 GB of each APM host",
    usd: 0.1,
    unit: "GB",
    source: "https://docs.datadoghq.com/account_management/billing/apm_tracing_profiler/",
  },
  logEvents: {
    what: "Datadog: indexed log events, kept 15 days",
    usd: 1.7,
    unit: "million events",
    source: "https://www.datadoghq.com/pricing/",
  },
  logBytes: {
    what: "Datadog: ingested logs",
    usd: 0.1,
    unit: "GB",
    source: "https://www.datadoghq.com/pricing/",
  },
  cloudWatchLogs: {
    what: "CloudWatch Logs: ingestion, standard class",
    usd: 0.5,
    unit: "GB",
    source: "https://aws.amazon.com/cloudwatch/pricing/",
  },
  cloudWatchStorage: {
    what: "CloudWatch Logs: storage for a month",
    usd: 0.03,
    unit: "GB",
    source: "https://aws.amazon.com/cloudwatch/pricing/",
  },
  xRay: {
    what: "X-Ray: traces recorded",
    usd: 5,
    unit: "million traces",
    source: "https://aws.amazon.com/xray/pricing/",
  },
  transitions: {
    what: "Step Functions: state transitions of Standard workflows",
    usd: 25,
    unit: "million transitions",
    source: "https://aws.amazon.com/step-functions/pricing/",
  },
};
