import type { Environment } from "../host/disabled.ts";
import type { SpanProcessor } from "../host/readable-span.ts";
import type { WarningLogger } from "./warning-logger.ts";

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
 * A batch processor with an OTLP/HTTP exporter, as the `OTEL_EXPORTER_OTLP_*` and `DURASCOPE_SPOOL_*` variables say; loaded
 * when it is needed. Resolves with a message when they make no sense; never rejects.
 */
export async function loadExporter(
  environment: Environment,
  onWarning?: WarningLogger,
): Promise<LoadedExporter> {
  try {
    const [{ otlpSpanExporter }, { batchProcessor }] = await Promise.all([
      import("./otlp-exporter.ts"),
      import("./batch-processor.ts"),
    ]);
    const warning = onWarning && { onWarning };
    const exporter = await otlpSpanExporter({ environment, ...warning });
    return { ok: true, processor: batchProcessor(exporter, { environment, ...warning }) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : "unknown reason";
    return {
      ok: false,
      message: `durascope: the workflow spans are dropped, since they cannot be exported as the environment says. ${reason}`,
    };
  }
}
