import type { Environment } from "../host/disabled.ts";
import type { ReadableSpan } from "../host/readable-span.ts";
import { within } from "../host/within.ts";
import { type ExportCounts, noExportCounts } from "./export-counts.ts";
import { DEFAULT_LATE_AFTER_MS } from "./late-spans.ts";
import { type BatchDelivery, directDelivery } from "./otlp/batch-delivery.ts";
import { otlpBatches } from "./otlp/otlp-batch.ts";
import { otlpClient } from "./otlp/otlp-client.ts";
import { otlpEncoding } from "./otlp/otlp-encoding.ts";
import { type OtlpHttpOptions, otlpHttpSettings } from "./otlp/otlp-settings.ts";
import { PROCESS_TIMING, type Timing } from "./otlp/retrying.ts";
import type { SpanExporter } from "./span-exporter.ts";
import { exportWarning, sparingWarnings } from "./sparing-warnings.ts";
import {
  type OpenedSpool,
  openSpoolAt,
  type SpoolOptions,
  spoolOfEnvironment,
} from "./spool/open-spool.ts";
import { spoolingDelivery } from "./spool/spooling-delivery.ts";
import type { WarningLogger } from "./warning-logger.ts";

/** Options of {@link otlpSpanExporter}. */
export interface OtlpExporterOptions extends OtlpHttpOptions {
  /** Where batches wait while the backend is away. @default DURASCOPE_SPOOL_DIR; without it they are retried for `timeoutMillis` only */
  readonly spool?: string | SpoolOptions | false;
  /** Longest body of a request before compression, in bytes. @default 2097152, 2 MiB */
  readonly maxBatchBytes?: number;
  /** Takes the warnings, each kind at most once an hour. @default process.emitWarning */
  readonly onWarning?: WarningLogger;
  /** @default process.env */
  readonly environment?: Environment;
  /** @default the process's own */
  readonly timing?: Timing;
}

/** A span exporter that says what became of the spans. */
export interface CountingExporter extends SpanExporter {
  counts(): ExportCounts;
}

const MAX_BATCH_BYTES = 2 * 2 ** 20;
/** Longest time that a shutdown gives to what is on its way. */
const LONGEST_SHUTDOWN_MS = 10_000;

/**
 * An exporter over OTLP/HTTP, in JSON or protobuf, for the batch processor of OpenTelemetry's SDK 2 or 3 or our own. What a
 * backend takes in part, refuses or is not there for is counted and said.
 *
 * Rejects with a `DurascopeError` for options and variables that make no sense (`OTLP_ENDPOINT`, `OTLP_PROTOCOL`,
 * `OTLP_HEADER`, `OTLP_CERTIFICATE`, `OTLP_PROTOBUF_MISSING`, `SPOOL_OPTION`, `SPOOL_FOLDER`).
 */
export async function otlpSpanExporter(
  options: OtlpExporterOptions = {},
): Promise<CountingExporter> {
  const environment = options.environment ?? process.env;
  const say = options.onWarning ?? exportWarning;
  const timing = options.timing ?? PROCESS_TIMING;
  const settings = otlpHttpSettings(options, environment, "TRACES", say);
  const encoding = await otlpEncoding(settings, say);
  const counts = noExportCounts();
  const warn = sparingWarnings(say, () => timing.now());
  const ports = {
    sendOnce: otlpClient(settings, encoding, () => timing.now()),
    timeoutMillis: settings.timeoutMillis,
    timing,
    warn,
    shown: settings.url.origin,
    counts,
  };
  const spool = await spoolFor(options, environment, timing, say);
  const delivery: BatchDelivery =
    spool === undefined
      ? directDelivery(ports)
      : spoolingDelivery({ ...ports, ...spool, lateAfter: DEFAULT_LATE_AFTER_MS });
  const running = new Set<Promise<void>>();
  let isShutDown = false;

  async function deliver(spans: readonly ReadableSpan[]): Promise<void> {
    if (isShutDown) {
      counts.failed += spans.length;
      throw new Error("spans were not exported: the exporter is shut down");
    }
    await pendingAttributes(spans, settings.timeoutMillis);
    const batches = await otlpBatches(spans, encoding, {
      maxBytes: options.maxBatchBytes ?? MAX_BATCH_BYTES,
      compression: settings.compression,
      lose() {
        counts.rejected += 1;
        warn("encoding", "durascope: a span that cannot be written as OTLP was left out.");
      },
    });
    const failures: string[] = [];
    for (const batch of batches) {
      // oxlint-disable-next-line no-await-in-loop -- in their order
      const failure = await delivery.deliver(batch);
      if (failure !== undefined) failures.push(failure);
    }
    const [failure] = failures;
    if (failure !== undefined) throw new Error(`spans were not exported: ${failure}`);
  }

  return {
    export(spans, resultCallback) {
      const report = async (): Promise<void> => {
        const result = await deliver(spans).then(
          () => ({ code: 0 as const }),
          (error: Error) => ({ code: 1 as const, error }),
        );
        running.delete(reported);
        resultCallback(result);
      };
      const reported = report();
      running.add(reported);
      // A callback that throws is its giver's own trouble, and must not end the process.
      reported.catch(() => undefined);
    },
    async forceFlush() {
      await Promise.allSettled(running);
    },
    async shutdown() {
      isShutDown = true;
      await within(LONGEST_SHUTDOWN_MS, Promise.allSettled(running));
      await delivery.close();
    },
    counts: () => delivery.counts(),
  };
}

async function spoolFor(
  { spool }: OtlpExporterOptions,
  environment: Environment,
  timing: Timing,
  say: WarningLogger,
): Promise<OpenedSpool | undefined> {
  const wanted = typeof spool === "string" ? { directory: spool } : spool;
  const options = wanted === undefined ? spoolOfEnvironment(environment) : wanted;
  if (options === undefined || options === false) return undefined;
  return openSpoolAt(options, () => timing.now(), say);
}

/** Detectors of the SDK may still look for attributes of the resource; one that hangs costs its attributes, and no spans. */
async function pendingAttributes(spans: readonly ReadableSpan[], most: number): Promise<void> {
  const pending = new Set(
    spans.map(({ resource }) => resource).filter((it) => it.asyncAttributesPending === true),
  );
  if (pending.size === 0) return;
  const found = [...pending].map(async (resource) => resource.waitForAsyncAttributes?.());
  await within(most, Promise.allSettled(found));
}
