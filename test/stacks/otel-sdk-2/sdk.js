/** SDK 2.x: a provider that is registered by API 1.9, and a batch processor over any exporter. */
import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";

export { context, trace } from "@opentelemetry/api";

/** OpenTelemetry's own exporter of this pair, to a base address. */
export const officialExporter = (url) => new OTLPTraceExporter({ url: `${url}/v1/traces` });

/** Registers a provider with an exporter, and gives it. */
export function register(exporter) {
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ "service.name": "pair" }),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  return provider;
}
