import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { backendProgram } from "./installed.ts";
import { isOk, portAt, type RunningBackend, startBackend } from "./server.ts";

/** The ports of 127.0.0.1 that a collector's configuration may use. */
export interface CollectorPorts {
  readonly otlpHttp: number;
  readonly otlpGrpc: number;
  /** For the `health_check` extension, which the launcher waits for: it must be there. */
  readonly health: number;
  /** For whatever else listens: a Prometheus exporter, its own metrics. */
  readonly other: number;
}

/** Options of {@link startCollector}. */
export interface CollectorOptions {
  /** A configuration as data, or the absolute path of a YAML file that takes its endpoints from the environment. */
  readonly configuration: string | ((ports: CollectorPorts, folder: string) => unknown);
  /** Environment variables, for `${env:NAME}` in the configuration. */
  readonly env?: (ports: CollectorPorts, folder: string) => Readonly<Record<string, string>>;
}

/** A real OpenTelemetry Collector, made of the components that the compose file's collector uses. */
export interface RunningCollector extends RunningBackend {
  readonly collectorPorts: CollectorPorts;
  /** Base URL of OTLP/HTTP: `<otlpUrl>/v1/traces`, `/v1/metrics`, `/v1/logs`. */
  readonly otlpUrl: string;
}

/** Starts a collector. Throws when it is not set up: ask `missingBackend("collector")` first. */
export async function startCollector(options: CollectorOptions): Promise<RunningCollector> {
  const program = backendProgram("collector", "otelcol");
  const backend = await startBackend({
    name: "The OpenTelemetry Collector",
    portCount: 4,
    command(ports, folder) {
      const found = named(ports);
      return {
        program,
        args: ["--config", configurationFile(options.configuration, found, folder)],
        env: options.env?.(found, folder) ?? {},
      };
    },
    ask: (ports) => isOk(`http://127.0.0.1:${named(ports).health}/`),
  });
  const collectorPorts = named(backend.ports);
  return {
    ...backend,
    collectorPorts,
    otlpUrl: `http://127.0.0.1:${collectorPorts.otlpHttp}`,
  };
}

function configurationFile(
  configuration: CollectorOptions["configuration"],
  ports: CollectorPorts,
  folder: string,
): string {
  if (typeof configuration === "string") return configuration;
  const file = join(folder, "collector.json");
  writeFileSync(file, JSON.stringify(configuration(ports, folder)));
  return file;
}

function named(ports: readonly number[]): CollectorPorts {
  return {
    otlpHttp: portAt(ports, 0),
    otlpGrpc: portAt(ports, 1),
    health: portAt(ports, 2),
    other: portAt(ports, 3),
  };
}
