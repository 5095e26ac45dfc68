/**
 * What the load generator sets up once: a page of metrics for Prometheus, and where `OTEL_EXPORTER_OTLP_ENDPOINT` names a
 * collector, the way of spans and log lines to it. Without one they are thrown away.
 */
import {
  type LoggerProvider,
  type MeterProvider,
  otlpLoggerProvider,
  prometheusEndpoint,
} from "durascope/exporters";

/** Where the load's metrics, spans and log lines go. */
export interface LoadTelemetry {
  /** Where Prometheus scrapes. */
  readonly metricsUrl: string;
  readonly meterProvider: MeterProvider;
  /** Takes the spans and throws them away; absent where a collector takes them. */
  readonly spanProcessor?: { onEnd(): void };
  readonly loggerProvider?: LoggerProvider;
  /** Sends the rest, and stops to listen. */
  close(): Promise<void>;
}

/** Opens the page of metrics on a port, 0 for a free one. */
export async function loadTelemetry(port: number, host = "127.0.0.1"): Promise<LoadTelemetry> {
  const serviceName = "order-saga";
  const metrics = await prometheusEndpoint({ port, host, serviceName });
  const collector = (process.env["OTEL_EXPORTER_OTLP_ENDPOINT"] ?? "") !== "";
  const logs = collector ? await otlpLoggerProvider({ serviceName }) : undefined;
  return {
    metricsUrl: metrics.url,
    meterProvider: metrics.meterProvider,
    ...(logs === undefined
      ? { spanProcessor: { onEnd: () => undefined } }
      : { loggerProvider: logs.provider }),
    async close() {
      await logs?.shutdown();
      await metrics.shutdown();
    },
  };
}
