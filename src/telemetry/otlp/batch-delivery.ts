import type { ExportCounts, RunningCounts } from "../export-counts.ts";
import type { SparingWarnings } from "../sparing-warnings.ts";
import type { Delivery } from "./delivery.ts";
import type { OtlpBatch } from "./otlp-batch.ts";
import type { SendOnce } from "./otlp-client.ts";
import { sendWithRetries, type Timing } from "./retrying.ts";

/** Hands batches on to a backend, in their order, and counts what becomes of them. Nothing of it rejects. */
export interface BatchDelivery {
  /**
   * Resolves to nothing when the batch is out of the giver's hands: taken, kept for later, or refused for good, so that to
   * give it again would not help; else to the reason why it should be given again.
   */
  deliver(batch: OtlpBatch): Promise<string | undefined>;
  /** Ends what goes on by itself; resolves within seconds. */
  close(): Promise<void>;
  counts(): ExportCounts;
}

/** What a delivery is made of. */
export interface DeliveryPorts {
  readonly sendOnce: SendOnce;
  /** Milliseconds that the export of a batch may take. */
  readonly timeoutMillis: number;
  readonly timing: Timing;
  readonly warn: SparingWarnings;
  /** The backend's address, as it may be shown. */
  readonly shown: string;
  readonly counts: RunningCounts;
}

/** After a failure batches are sent once, without retries, for this long: each would wait in vain. */
const GIVING_UP_MS = 5000;

/** Sends each batch at once, with retries for as long as an export may take. What is not taken by then has failed. */
export function directDelivery(ports: DeliveryPorts): BatchDelivery {
  const { counts, warn, shown } = ports;
  let failedAt = -Infinity;
  return {
    async deliver(batch) {
      const { sendOnce, timeoutMillis, timing } = ports;
      const delivery =
        Math.abs(timing.now() - failedAt) < GIVING_UP_MS
          ? await sendOnce(batch, timeoutMillis)
          : await sendWithRetries(sendOnce, batch, timeoutMillis, timing);
      if (settle(delivery, batch, ports)) return undefined;
      failedAt = timing.now();
      counts.failed += batch.spans;
      const reason = delivery.outcome === "accepted" ? "" : delivery.reason;
      warn(
        delivery.outcome,
        delivery.outcome === "forbidden"
          ? forbiddenText(shown, reason)
          : `durascope: ${shown} takes no spans (${reason}). Start it or correct OTEL_EXPORTER_OTLP_ENDPOINT; with a spool (DURASCOPE_SPOOL_DIR) spans wait on disk meanwhile.`,
      );
      return reason;
    },
    close: () => Promise.resolve(),
    counts: () => ({ ...counts }),
  };
}

/** Counts a delivery that is final, and says what was not taken; gives false for one that is not final. */
export function settle(
  delivery: Delivery,
  batch: OtlpBatch,
  { counts, warn, shown }: Pick<DeliveryPorts, "counts" | "warn" | "shown">,
): boolean {
  if (delivery.outcome === "refused") {
    counts.rejected += batch.spans;
    warn(
      "refused",
      `durascope: ${shown} refused a batch of ${batch.spans} spans (${delivery.reason}). They are lost, since it would refuse them again; ${remedyOf(delivery.reason)}`,
    );
    return true;
  }
  if (delivery.outcome !== "accepted") return false;
  const rejected = Math.min(delivery.rejected, batch.spans);
  counts.exported += batch.spans - rejected;
  counts.rejected += rejected;
  const because = delivery.message === undefined ? "" : `: ${delivery.message}`;
  if (rejected > 0)
    warn(
      "rejected",
      `durascope: ${shown} took a batch, but not ${rejected} of its ${batch.spans} spans${because}. They are lost; 'durascope doctor' tells the limits of backends.`,
    );
  else if (because !== "") warn("remark", `durascope: ${shown} took a batch and remarks${because}`);
  return true;
}

function remedyOf(reason: string): string {
  return reason === "HTTP 413"
    ? "give it shorter ones by OTEL_EXPORTER_OTLP_COMPRESSION=gzip, or by a smaller maxBatchBytes."
    : "its own log says why.";
}

/** Says that someone has to correct the set-up. */
export function forbiddenText(shown: string, reason: string): string {
  return `durascope: ${shown} takes nothing from here (${reason}). Check the address and the key in OTEL_EXPORTER_OTLP_ENDPOINT and OTEL_EXPORTER_OTLP_HEADERS; 'durascope doctor' tries them.`;
}
