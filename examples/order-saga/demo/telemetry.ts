/**
 * What an application sets up once: OpenTelemetry's SDK and a logger. Here both write to one file of OTLP JSON lines,
 * where yours would send them to a collector. Nothing of it is particular to durascope.
 */
import { existsSync, rmSync } from "node:fs";
import { rename } from "node:fs/promises";
import { parseArgs } from "node:util";
import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { TracerProvider } from "@opentelemetry/sdk-trace";
import {
  fileSpanProcessor,
  openOtlpFile,
  type PrometheusEndpoint,
  pinoFileStream,
  prometheusEndpoint,
} from "durascope/exporters";
import type { Logger } from "pino";
import { createLog } from "../shared/log.ts";

/** Where the demo's spans and log lines go. */
export interface Telemetry {
  readonly log: Logger;
  /** Writes what is still held, and closes the file. */
  close(): Promise<void>;
  /** How much could not be written. */
  lost(): number;
}

/**
 * Registers a global tracer provider that writes to the file, and makes a logger that does. The file takes the place
 * of an older one at its end only: a demo that cannot begin leaves what the last one recorded.
 */
export function startTelemetry(path: string, onError: (error: Error) => void): Telemetry {
  const unfinished = `${path}.unfinished`;
  rmSync(unfinished, { force: true });
  const file = openOtlpFile(unfinished, { onError });
  const resource = { "service.name": "order-saga" };
  const provider = new TracerProvider({
    resource: resourceFromAttributes(resource),
    spanProcessors: [fileSpanProcessor(file)],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(provider);
  const lines = pinoFileStream(file, { resource });
  return {
    log: createLog(lines),
    async close() {
      await provider.forceFlush();
      await lines.flush();
      await file.close();
      if (existsSync(unfinished)) await rename(unfinished, path);
    },
    lost: () => file.lost(),
  };
}

/**
 * Serves the metrics for Prometheus where `--metrics-port` asks for it, 0 for a free port.
 *
 * @throws Error when there is another option, or the port is none
 */
export async function metricsPage(
  args: readonly string[],
): Promise<PrometheusEndpoint | undefined> {
  const { values } = parseArgs({
    args: [...args],
    options: { "metrics-port": { type: "string" } },
  });
  const port = values["metrics-port"];
  if (port === undefined) return undefined;
  if (!/^\d{1,5}$/.test(port)) throw new Error(`--metrics-port ${port} is no port`);
  return prometheusEndpoint({ port: Number(port), serviceName: "order-saga" });
}
