import type { Environment } from "../host/disabled.ts";
import { applicationProcessor } from "../host/opentelemetry-global.ts";
import { type FinishedSpan, toReadableSpan } from "../host/readable-span.ts";
import { environmentAttributes, type OwnResource, resourceOf } from "../host/resource.ts";
import { within } from "../host/within.ts";
import { httpExporter, type Post } from "./http-exporter.ts";
import type { WithWorkflowOptions } from "./options.ts";
import { otlpRequest } from "./otlp-json.ts";

/**
 * Hands a span out before Lambda freezes the process. Resolves when it is delivered, and at the latest after `boundMs`.
 * What was not delivered in time is counted, warned of once, and goes on in the background. Rejects only when the warning
 * throws.
 */
export type Deliver = (span: FinishedSpan, boundMs: number) => Promise<void>;

/** Attribute that tells how many spans before this one were not delivered in time. */
const UNDELIVERED = "durascope.spans.undelivered";

/**
 * Chooses the way out anew at each span, since an SDK may be registered late: the option `spanProcessor`, the line on
 * standard output, the global OpenTelemetry SDK, the collector that the environment names. When there is none, it says so once.
 */
export function spanDelivery(options: WithWorkflowOptions, environment: Environment): Deliver {
  const { spanProcessor, output, onWarning = emitWarning } = options;
  let ownResource: OwnResource | undefined;
  let undelivered = 0;
  let warned = false;
  let post: Post | undefined;
  try {
    // Made at init, where Lambda gives a full processor and nobody waits.
    post = httpExporter(environment);
  } catch {
    warn("OTEL_EXPORTER_OTLP_ENDPOINT is no URL");
  }

  function warn(message: string): void {
    if (warned) return;
    warned = true;
    onWarning(`durascope: ${message}`);
  }

  async function send(span: FinishedSpan): Promise<boolean> {
    ownResource ??= resourceOf(environmentAttributes(environment, span.name));
    const application = spanProcessor || output ? undefined : applicationProcessor();
    const processor = spanProcessor ?? application?.processor;
    if (processor) {
      processor.onEnd(toReadableSpan(span, application?.resource ?? ownResource, true));
      await processor.forceFlush?.();
      return true;
    }
    const body = otlpRequest(ownResource.attributes, span);
    if (output) {
      process.stdout.write(`${body}\n`);
      return true;
    }
    if (post) return post(body);
    warn(
      "no receiver for Lambda spans; set OTEL_EXPORTER_OTLP_ENDPOINT or start an OpenTelemetry SDK",
    );
    return false;
  }

  return async (span, boundMs) => {
    // Taken out while it is under way, so that of overlapping spans one alone tells a loss.
    const told = undelivered;
    undelivered = 0;
    const attributes = told === 0 ? span.attributes : { ...span.attributes, [UNDELIVERED]: told };
    // A processor that throws, or an address that cannot be used, costs the span.
    const sent = send({ ...span, attributes }).catch(() => false);
    if (await within(boundMs, sent)) return;
    undelivered += told + 1;
    warn(`a span was not delivered in ${boundMs} ms (flushTimeoutMs): is its receiver up?`);
  };
}

const said = new Set<string>();

/** A function may wrap several handlers: its log holds each warning once. */
function emitWarning(message: string): void {
  if (said.has(message)) return;
  said.add(message);
  process.emitWarning(message);
}
