import type { Environment } from "../correlation/disabled.ts";
import type { SpanProcessor } from "../correlation/readable-span.ts";

/** The exporter of our own, or why there is none. */
export type LoadedExporter =
  | { readonly ok: true; readonly processor: SpanProcessor }
  | { readonly ok: false; readonly message: string };

const ENDPOINTS = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"] as const;

/** Whether the environment names an OTLP endpoint for spans (https://opentelemetry.io/docs/specs/otel/protocol/exporter/). */
export function exportsByEnvironment(environment: Environment): boolean {
  return (
    environment["OTEL_TRACES_EXPORTER"]?.trim() !== "none" &&
    ENDPOINTS.some((name) => (environment[name] ?? "").trim() !== "")
  );
}

/**
 * OpenTelemetry's own batch processor with its own OTLP/HTTP exporter, both optional peers, which read the rest of
 * the `OTEL_*` variables themselves. Resolves with a message when they are not installed; never rejects.
 */
export async function loadExporter(): Promise<LoadedExporter> {
  try {
    const [{ BatchSpanProcessor }, { OTLPTraceExporter }] = await Promise.all([
      import("@opentelemetry/sdk-trace"),
      import("@opentelemetry/exporter-trace-otlp-http"),
    ]);
    const exporter = new OTLPTraceExporter();
    return { ok: true, processor: new BatchSpanProcessor({ exporter }) };
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n")[0] : "unknown reason";
    return {
      ok: false,
      message:
        "durascope: OTEL_EXPORTER_OTLP_ENDPOINT is set, but OpenTelemetry's exporter could not be loaded " +
        `(${reason}), so the workflow spans are dropped. Install @opentelemetry/sdk-trace and ` +
        "@opentelemetry/exporter-trace-otlp-http, or start an OpenTelemetry SDK in this process.",
    };
  }
}
