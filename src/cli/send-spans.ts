import { resolve } from "node:path";
import { otlpHttpProcessor } from "../exporters/otlp-http.ts";
import { toReadableSpan } from "../host/readable-span.ts";
import { environmentAttributes, resourceOf } from "../host/resource.ts";
import type { SpanRecord } from "../projection/span-record.ts";
import { longestSpan, shortened } from "../telemetry/long-span.ts";
import { CommandFailure, EXIT } from "./failure.ts";
import { type CommandIo, write } from "./output.ts";

/** How spans are sent. */
export interface SendOptions {
  readonly serviceName: string;
  /** Folder where they wait when the endpoint does not take them. @default DURASCOPE_SPOOL_DIR, else they do not wait */
  readonly spool?: string;
}

/**
 * Sends spans to the endpoint of `OTEL_EXPORTER_OTLP_*`; what is odd is said on the standard error. Gives a sentence on what
 * became of them. Fails with a {@link CommandFailure} when some are neither taken nor kept.
 */
export async function sendSpans(
  spans: readonly SpanRecord[],
  options: SendOptions,
  io: CommandIo,
): Promise<string> {
  const { environment } = io;
  const processor = await otlpHttpProcessor({
    environment,
    maxQueueSize: Math.max(1, spans.length),
    onWarning: (message) =>
      void write(io.stderr, `Warning: ${message.replace(/^durascope: /, "")}\n`),
    ...(options.spool !== undefined && { spool: options.spool }),
  });
  const resource = resourceOf(environmentAttributes(environment, options.serviceName));
  const longest = longestSpan(undefined, environment);
  for (const span of spans) processor.onEnd(toReadableSpan(shortened(span, longest), resource));
  const isDone = await processor.forceFlush().then(
    () => true,
    () => false,
  );
  await processor.shutdown();
  const { exported, rejected, spooled, dropped } = processor.counts();
  const lost = rejected + dropped;
  if (!isDone || lost > 0)
    throw new CommandFailure(
      EXIT.failed,
      `${spans.length - exported - spooled} of ${spans.length} spans were not sent.`,
      isDone ? undefined : "Once the endpoint takes spans, run it again: they have the same ids.",
    );
  const folder = options.spool ?? environment["DURASCOPE_SPOOL_DIR"] ?? "";
  return spooled > 0
    ? `${spooled} spans wait in ${resolve(folder)}; the next process with this spool sends them.`
    : `${exported} spans sent.`;
}
