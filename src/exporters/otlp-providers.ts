import type { Environment } from "../host/disabled.ts";
import { environmentAttributes } from "../host/resource.ts";
import type { LoggerProvider, MeterProvider } from "../telemetry/application-providers.ts";
import { openTelemetryPackages } from "./opentelemetry-packages.ts";

/**
 * Options of {@link otlpLoggerProvider} and {@link otlpMeterProvider}. The endpoint comes from `OTEL_EXPORTER_OTLP_*` of the
 * process itself: OpenTelemetry's exporters look nowhere else.
 */
export interface OtlpProviderOptions {
  /** `service.name` where `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` give none. @default durascope */
  readonly serviceName?: string;
  /** Where the resource and the interval are looked up. @default process.env */
  readonly environment?: Environment;
}

/** Makes instruments or loggers, and exports what they are told until it is shut down. */
export interface OtlpProvider<Provider> {
  readonly provider: Provider;
  /** Exports the rest and stops. Never rejects. */
  shutdown(): Promise<void>;
}

/**
 * Log records over OTLP/HTTP, by OpenTelemetry's own SDK; for processes that have no SDK of their own.
 *
 * @throws DurascopeError `OTLP_LOGS_MISSING` when the packages, optional peers, are not installed
 * @throws DurascopeError `OTEL_PACKAGES_MIXED` when they are not of one line: both lines work, API 1.9 with SDK 2.x and exporters
 * 0.223, API 1.10 with SDK 3.x and exporters 0.300 or later
 */
export async function otlpLoggerProvider(
  options: OtlpProviderOptions = {},
): Promise<OtlpProvider<LoggerProvider>> {
  const provider = await openTelemetryPackages(
    "OTLP_LOGS_MISSING",
    "OpenTelemetry's OTLP log exporter is not installed, so log lines cannot be sent. Run: npm install @opentelemetry/sdk-logs @opentelemetry/exporter-logs-otlp-http @opentelemetry/resources",
    async () => {
      const [sdk, { OTLPLogExporter }, resource] = await Promise.all([
        import("@opentelemetry/sdk-logs"),
        import("@opentelemetry/exporter-logs-otlp-http"),
        resourceOf(options),
      ]);
      const processors = [new sdk.BatchLogRecordProcessor({ exporter: new OTLPLogExporter() })];
      return new sdk.LoggerProvider({ resource, processors });
    },
  );
  return { provider, shutdown: () => provider.shutdown().catch(() => undefined) };
}

/**
 * Metrics pushed over OTLP/HTTP, every `OTEL_METRIC_EXPORT_INTERVAL` milliseconds (60,000), by OpenTelemetry's own SDK; for
 * processes that have no SDK of their own.
 *
 * @throws DurascopeError `OTLP_METRICS_MISSING` when the packages, optional peers, are not installed
 * @throws DurascopeError `OTEL_PACKAGES_MIXED` when they are not of one line: both lines work, API 1.9 with SDK 2.x and exporters
 * 0.223, API 1.10 with SDK 3.x and exporters 0.300 or later
 */
export async function otlpMeterProvider(
  options: OtlpProviderOptions = {},
): Promise<OtlpProvider<MeterProvider>> {
  const { environment = process.env } = options;
  const interval = Number(environment["OTEL_METRIC_EXPORT_INTERVAL"]);
  const provider = await openTelemetryPackages(
    "OTLP_METRICS_MISSING",
    "OpenTelemetry's OTLP metric exporter is not installed, so metrics cannot be sent. Run: npm install @opentelemetry/sdk-metrics @opentelemetry/exporter-metrics-otlp-http @opentelemetry/resources",
    async () => {
      const [sdk, { OTLPMetricExporter }, resource] = await Promise.all([
        import("@opentelemetry/sdk-metrics"),
        import("@opentelemetry/exporter-metrics-otlp-http"),
        resourceOf(options),
      ]);
      const reader = new sdk.PeriodicExportingMetricReader({
        exporter: new OTLPMetricExporter(),
        ...(interval > 0 && {
          exportIntervalMillis: interval,
          exportTimeoutMillis: Math.min(interval, 30_000),
        }),
      });
      return new sdk.MeterProvider({ resource, readers: [reader] });
    },
  );
  return { provider, shutdown: () => provider.shutdown().catch(() => undefined) };
}

async function resourceOf({
  environment = process.env,
  serviceName = "durascope",
}: OtlpProviderOptions) {
  const { resourceFromAttributes } = await import("@opentelemetry/resources");
  return resourceFromAttributes(environmentAttributes(environment, serviceName));
}
