import { DurascopeError } from "../core/errors.ts";
import type { Environment } from "../correlation/disabled.ts";
import { environmentAttributes } from "../correlation/resource.ts";
import type { LoggerProvider, MeterProvider } from "../telemetry/application-providers.ts";

/** Options of {@link otlpLoggerProvider} and {@link otlpMeterProvider}; the endpoint comes from `OTEL_EXPORTER_OTLP_*`. */
export interface OtlpProviderOptions {
  /** `service.name` where `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` give none. @default durascope */
  readonly serviceName?: string;
  /** @default process.env */
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
 */
export async function otlpLoggerProvider(
  options: OtlpProviderOptions = {},
): Promise<OtlpProvider<LoggerProvider>> {
  const [sdk, { OTLPLogExporter }, resource] = await loaded(
    "OTLP_LOGS_MISSING",
    "log exporter is not installed, so log lines",
    "@opentelemetry/sdk-logs @opentelemetry/exporter-logs-otlp-http @opentelemetry/resources",
    () =>
      Promise.all([
        import("@opentelemetry/sdk-logs"),
        import("@opentelemetry/exporter-logs-otlp-http"),
        resourceOf(options),
      ]),
  );
  const provider = new sdk.LoggerProvider({
    resource,
    processors: [new sdk.BatchLogRecordProcessor({ exporter: new OTLPLogExporter() })],
  });
  return { provider, shutdown: () => provider.shutdown().catch(() => undefined) };
}

/**
 * Metrics pushed over OTLP/HTTP, every `OTEL_METRIC_EXPORT_INTERVAL` milliseconds (60,000), by OpenTelemetry's own SDK; for
 * processes that have no SDK of their own.
 *
 * @throws DurascopeError `OTLP_METRICS_MISSING` when the packages, optional peers, are not installed
 */
export async function otlpMeterProvider(
  options: OtlpProviderOptions = {},
): Promise<OtlpProvider<MeterProvider>> {
  const [sdk, { OTLPMetricExporter }, resource] = await loaded(
    "OTLP_METRICS_MISSING",
    "metric exporter is not installed, so metrics",
    "@opentelemetry/sdk-metrics @opentelemetry/exporter-metrics-otlp-http @opentelemetry/resources",
    () =>
      Promise.all([
        import("@opentelemetry/sdk-metrics"),
        import("@opentelemetry/exporter-metrics-otlp-http"),
        resourceOf(options),
      ]),
  );
  const { environment = process.env } = options;
  const interval = Number(environment["OTEL_METRIC_EXPORT_INTERVAL"]);
  const reader = new sdk.PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter(),
    ...(interval > 0 && {
      exportIntervalMillis: interval,
      exportTimeoutMillis: Math.min(interval, 30_000),
    }),
  });
  const provider = new sdk.MeterProvider({ resource, readers: [reader] });
  return { provider, shutdown: () => provider.shutdown().catch(() => undefined) };
}

async function resourceOf({
  environment = process.env,
  serviceName = "durascope",
}: OtlpProviderOptions) {
  const { resourceFromAttributes } = await import("@opentelemetry/resources");
  return resourceFromAttributes(environmentAttributes(environment, serviceName));
}

async function loaded<Modules>(
  code: string,
  what: string,
  packages: string,
  load: () => Promise<Modules>,
): Promise<Modules> {
  try {
    return await load();
  } catch (cause) {
    throw new DurascopeError(
      code,
      `OpenTelemetry's OTLP ${what} cannot be sent. Run: npm install ${packages}`,
      { cause },
    );
  }
}
