import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { backendProgram } from "./installed.ts";
import { isOk, portAt, type RunningBackend, startBackend } from "./server.ts";

/** A real Jaeger 1.76 with its traces in memory. */
export interface RunningJaeger extends RunningBackend {
  /** Base URL of the UI and of both HTTP APIs: `/api/traces` (legacy) and `/api/v3`. */
  readonly queryUrl: string;
  /** Base URL of OTLP/HTTP: spans go to `<otlpUrl>/v1/traces`. */
  readonly otlpUrl: string;
  /** `host:port` of OTLP/gRPC, without TLS. */
  readonly otlpGrpcAddress: string;
}

/** Options of {@link startJaeger}. */
export interface JaegerOptions {
  /** How many traces it keeps. @default 100,000 */
  readonly maxTraces?: number;
}

/**
 * Starts Jaeger on free ports of 127.0.0.1. Throws when it is not set up: ask `missingBackend("jaeger")` first.
 *
 * A span is found as soon as its request was answered.
 */
export async function startJaeger(options: JaegerOptions = {}): Promise<RunningJaeger> {
  const program = backendProgram("jaeger", "jaeger");
  const backend = await startBackend({
    name: "Jaeger",
    portCount: 5,
    command(ports, folder) {
      const file = join(folder, "jaeger.json");
      writeFileSync(file, JSON.stringify(configuration(ports, options.maxTraces ?? 100_000)));
      return { program, args: ["--config", file] };
    },
    ask: (ports) => isOk(`http://127.0.0.1:${portAt(ports, 4)}/status`),
  });
  const { ports } = backend;
  return {
    ...backend,
    queryUrl: `http://127.0.0.1:${portAt(ports, 0)}`,
    otlpUrl: `http://127.0.0.1:${portAt(ports, 2)}`,
    otlpGrpcAddress: `127.0.0.1:${portAt(ports, 3)}`,
  };
}

/** Jaeger reads YAML, and JSON is YAML. */
function configuration(ports: readonly number[], maxTraces: number): unknown {
  const endpoint = (index: number): { endpoint: string } => ({
    endpoint: `127.0.0.1:${portAt(ports, index)}`,
  });
  return {
    service: {
      extensions: ["jaeger_storage", "jaeger_query", "healthcheckv2"],
      pipelines: { traces: { receivers: ["otlp"], exporters: ["jaeger_storage_exporter"] } },
      telemetry: { metrics: { level: "none" }, logs: { level: "warn" } },
    },
    extensions: {
      healthcheckv2: { use_v2: true, http: endpoint(4) },
      jaeger_query: { storage: { traces: "memory" }, http: endpoint(0), grpc: endpoint(1) },
      jaeger_storage: { backends: { memory: { memory: { max_traces: maxTraces } } } },
    },
    receivers: { otlp: { protocols: { http: endpoint(2), grpc: endpoint(3) } } },
    exporters: { jaeger_storage_exporter: { trace_storage: "memory" } },
  };
}
