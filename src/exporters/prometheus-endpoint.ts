import { createServer, type Server } from "node:http";
import { DurascopeError } from "../core/errors.ts";
import { prometheusViews } from "../core/instruments.ts";
import type { Environment } from "../host/disabled.ts";
import { environmentAttributes } from "../host/resource.ts";
import type { MeterProvider } from "../telemetry/application-providers.ts";
import { openTelemetryPackages } from "./opentelemetry-packages.ts";

/** Options of {@link prometheusEndpoint}. */
export interface PrometheusEndpointOptions {
  /** Port to listen on; 0 takes a free one. @default 9464, which Prometheus's list of ports has for it */
  readonly port?: number;
  /** Address to listen on. In a container `0.0.0.0`, which every neighbour can read. @default 127.0.0.1 */
  readonly host?: string;
  /** `service.name` where `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` give none. @default durascope */
  readonly serviceName?: string;
  /** @default process.env */
  readonly environment?: Environment;
}

/** A page of metrics that Prometheus can scrape. */
export interface PrometheusEndpoint {
  /** Where the page is: `http://127.0.0.1:9464/metrics`. */
  readonly url: string;
  /** What makes the instruments: give it as `meterProvider`, or register it as the global one. */
  readonly meterProvider: MeterProvider;
  /** Stops listening. Never rejects. */
  shutdown(): Promise<void>;
}

const DEFAULT_PORT = 9464;
const DEFAULT_HOST = "127.0.0.1";

/**
 * Serves `/metrics` by OpenTelemetry's own Prometheus exporter, under the names that OTLP into Prometheus gives.
 *
 * @throws DurascopeError `PROMETHEUS_MISSING` when the packages, optional peers, are not installed
 * @throws DurascopeError `OTEL_PACKAGES_MIXED` when they are not of one line: both lines work, API 1.9 with SDK 2.x and exporters
 * 0.223, API 1.10 with SDK 3.x and exporters 0.300 or later
 * @throws DurascopeError `PROMETHEUS_PORT` when nothing can listen on the port
 */
export async function prometheusEndpoint(
  options: PrometheusEndpointOptions = {},
): Promise<PrometheusEndpoint> {
  const { port = DEFAULT_PORT, host = DEFAULT_HOST, serviceName = "durascope" } = options;
  const attributes = environmentAttributes(options.environment ?? process.env, serviceName);
  const { exporter, meterProvider } = await openTelemetryPackages(
    "PROMETHEUS_MISSING",
    "OpenTelemetry's Prometheus exporter is not installed, so there is no /metrics. Run: npm install @opentelemetry/sdk-metrics @opentelemetry/exporter-prometheus @opentelemetry/resources",
    async () => {
      const [sdk, { PrometheusExporter }, { resourceFromAttributes }] = await Promise.all([
        import("@opentelemetry/sdk-metrics"),
        import("@opentelemetry/exporter-prometheus"),
        import("@opentelemetry/resources"),
      ]);
      // Listens itself: the exporter's own server takes no free port, and tells no one why it cannot listen.
      const made = new PrometheusExporter({ preventServerStart: true });
      const resource = resourceFromAttributes(attributes);
      const provider = new sdk.MeterProvider({
        resource,
        readers: [made],
        views: prometheusViews(),
      });
      return { exporter: made, meterProvider: provider };
    },
  );
  const server = createServer((request, response) => {
    const path = request.url?.split("?")[0];
    if (path === "/metrics") return exporter.getMetricsRequestHandler(request, response);
    response.statusCode = 404;
    response.end("The metrics are at /metrics.\n");
  });
  const taken = await listen(server, port, host);
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${taken}/metrics`,
    meterProvider,
    async shutdown() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      await meterProvider.shutdown().catch(() => undefined);
    },
  };
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    // Kept for as long as it listens: without a listener a connection that cannot be taken (no file descriptor is left)
    // would end the process.
    server.on("error", (cause: NodeJS.ErrnoException) => {
      reject(
        new DurascopeError(
          "PROMETHEUS_PORT",
          `The metrics cannot be served at ${host}:${port} (${cause.code ?? cause.message}): give another port, or 0 for a free one.`,
          { cause },
        ),
      );
    });
    server.listen({ port, host }, () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}
