import { type Environment } from "../host/disabled.ts";
import { applicationProcessor, hasTracerProvider } from "../host/opentelemetry-global.ts";
import type { SpanProcessor } from "../host/readable-span.ts";
import type { SpanResource } from "../host/resource.ts";
import { apiVersionTrouble } from "./api-version.ts";
import { exportsByEnvironment, loadExporter } from "./environment-exporter.ts";
import type { WarningLogger } from "./warning-logger.ts";

/** How a span processor is found. */
export interface SpanProcessorOptions {
  /** Takes the spans, instead of the application's global OpenTelemetry SDK. */
  readonly spanProcessor?: SpanProcessor;
  /** Takes the one warning when nothing can receive the spans. @default process.emitWarning */
  readonly onWarning?: WarningLogger;
  /** @default process.env */
  readonly environment?: Environment;
}

/** What takes the spans now, and what becomes of it at the end. */
export interface FoundProcessor {
  readonly processor: SpanProcessor;
  /** The resource of the application's SDK, where it has one. */
  readonly resource: SpanResource | undefined;
  /** Made by this package, so that it may shut it down. */
  readonly own: boolean;
}

/** Finds a span processor, and remembers it. */
export interface SpanProcessorFinder {
  /** The processor, if one is there now; a promise while the one of our own loads; undefined when nothing can receive spans. */
  find(): FoundProcessor | Promise<FoundProcessor | undefined> | undefined;
}

/**
 * Looks for what can take spans, late and again until it is found, since an application may register its SDK after
 * this package was set up: the option, then the global OpenTelemetry SDK, then an exporter of our own when
 * `OTEL_EXPORTER_OTLP_ENDPOINT` or `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` is set. When there is none of them, it says
 * so once.
 */
export function spanProcessorFinder(options: SpanProcessorOptions = {}): SpanProcessorFinder {
  const environment = options.environment ?? process.env;
  const warn = options.onWarning ?? defaultWarning;
  let found: FoundProcessor | undefined;
  let loading: Promise<FoundProcessor | undefined> | undefined;
  let warned = false;
  const warnOnce = (message: string): void => {
    if (warned) return;
    warned = true;
    warn(message);
  };
  if (options.spanProcessor !== undefined) {
    found = { processor: options.spanProcessor, resource: undefined, own: false };
  }
  return {
    find() {
      if (found !== undefined) return found;
      const application = applicationProcessor();
      if (application !== undefined) {
        // Ours reach it whatever its version is; what the application's own code makes may not.
        const trouble = apiVersionTrouble();
        if (trouble !== undefined) warn(`durascope: ${trouble}`);
        return (found = { ...application, own: false });
      }
      if (loading !== undefined) return loading;
      if (exportsByEnvironment(environment)) {
        loading = loadExporter(environment, options.onWarning).then((result) => {
          if (result.ok) found ??= { processor: result.processor, resource: undefined, own: true };
          else warnOnce(result.message);
          return found;
        });
        return loading;
      }
      warnOnce(nothingReceives());
      return undefined;
    },
  };
}

function nothingReceives(): string {
  const why = hasTracerProvider()
    ? "A global OpenTelemetry TracerProvider is registered, but it has no span processor that durascope can reach."
    : "No OpenTelemetry SDK is registered in this process, and OTEL_EXPORTER_OTLP_ENDPOINT is not set.";
  return (
    `durascope: nothing can receive the workflow spans, so they are dropped. ${why} ` +
    "Start an OpenTelemetry SDK (for example new NodeSDK().start()), pass the option spanProcessor, or set " +
    "OTEL_EXPORTER_OTLP_ENDPOINT. DURASCOPE_DISABLED=true turns workflow tracing off."
  );
}

function defaultWarning(message: string): void {
  process.emitWarning(message, { code: "DURASCOPE_NO_RECEIVER" });
}
