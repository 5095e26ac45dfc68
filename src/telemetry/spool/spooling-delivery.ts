import { codeOf } from "../../host/system-error.ts";
import { within } from "../../host/within.ts";
import {
  type BatchDelivery,
  type DeliveryPorts,
  forbiddenText,
  settle,
} from "../otlp/batch-delivery.ts";
import type { Delivery } from "../otlp/delivery.ts";
import { agedSpans, type OtlpBatch } from "../otlp/otlp-batch.ts";
import { backOff } from "../otlp/retrying.ts";
import { heartbeat } from "./heartbeat.ts";
import type { Spool, WaitingBatch } from "./spool.ts";
import type { SpoolFolder, StoredBatch } from "./spool-folder.ts";

/** What a delivery with a spool is made of. */
export interface SpoolingPorts extends DeliveryPorts {
  readonly spool: Spool;
  readonly folder: Pick<SpoolFolder, "beat" | "leave">;
  /** The spool's path, as it is shown. */
  readonly path: string;
  /** Spans that are exported more than this long after their end are late, in milliseconds. */
  readonly lateAfter: number;
}

/** A batch is given up to the spool after this long: whoever waits for it to be in safe hands waits no longer. */
const FIRST_TRY_MS = 5000;
/** After an answer that took longer than this, in milliseconds, batches go by the disk: in memory they would come to be too many. */
const SLOW_MS = 1000;
/** Longest time that an ending process gives to what waits. */
const LAST_DRAIN_MS = 5000;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;
/** After so many tries in vain it is looked whether the backend takes the batch behind. */
const SUSPECT_AFTER = 5;
/** A batch is given up when so many behind it were taken: many, since a backend may fail at random. */
const MOST_OVERTAKEN = 10;

type Unsent = Exclude<Delivery, { readonly outcome: "accepted" | "refused" }>;

/**
 * Sends each batch once while nothing waits; what the backend does not take goes to the spool, and so does all that
 * comes after it, until the spool is empty: so batches arrive in their order. What waits is tried again after 1 s, and
 * then after ever longer pauses of at most 60 s, or when the backend said.
 *
 * Those for a backend that answers slowly go by the spool, too: what comes faster than it takes must not fill up the memory.
 *
 * A batch is out of the giver's hands when it lies on disk. One that cannot be stored (a full disk) is given back. One that
 * the backend does not answer to, while it takes those behind, must not hold up the others for ever: it is given up.
 */
export function spoolingDelivery(ports: SpoolingPorts): BatchDelivery & {
  /** Sends what waits until all is sent, or the backend takes no more; gives whether all is sent. */
  drain(): Promise<boolean>;
} {
  const { spool, folder, timing, counts, warn, shown, path } = ports;
  let tries = 0;
  let draining: Promise<boolean> | undefined;
  let cancelRetry: (() => void) | undefined;
  let closed = false;
  let isSlow = false;
  /** The oldest one while the backend does not take it, and how many others it took meanwhile. */
  let suspect: { readonly stored: StoredBatch; overtaken: number } | undefined;
  /** Batches go one after the other, whoever gives them. */
  let tail: Promise<unknown> = Promise.resolve();
  let saidDropped = 0;

  const endHeartbeat = heartbeat({ spool, folder, timing, beaten, failed: sayUnkept });
  beaten();

  function beaten(): void {
    sayDropped();
    goOn();
  }

  function retryIn(ms: number): void {
    if (closed) return;
    cancelRetry?.();
    cancelRetry = timing.later(ms, () => {
      cancelRetry = undefined;
      void drain();
    });
  }

  function waits(): boolean {
    return spool.counts().waitingBatches > 0;
  }

  /** Makes sure that what waits is tried at some time. */
  function goOn(): void {
    const isDue = draining === undefined && cancelRetry === undefined;
    if (isDue && waits()) retryIn(0);
  }

  function pauseAfter(delivery: Unsent): number {
    const pause = backOff(tries, FIRST_PAUSE_MS, LONGEST_PAUSE_MS, timing.random());
    tries += 1;
    return delivery.outcome === "unavailable"
      ? Math.max(pause, delivery.retryAfter ?? 0)
      : LONGEST_PAUSE_MS;
  }

  function putOff(delivery: Unsent): void {
    retryIn(pauseAfter(delivery));
    warn(
      delivery.outcome,
      delivery.outcome === "forbidden"
        ? `${forbiddenText(shown, delivery.reason)} Spans wait in ${path}.`
        : `durascope: ${shown} takes no spans (${delivery.reason}). They wait in ${path}, and are sent when it does.`,
    );
  }

  function drain(): Promise<boolean> {
    draining ??= drainNow()
      .catch((error: unknown) => {
        warn("spool", `durascope: the spool ${path} cannot be read (${codeOf(error)}).`);
        retryIn(LONGEST_PAUSE_MS);
        return false;
      })
      .finally(() => {
        draining = undefined;
        // One may have been stored while the last one was sent.
        goOn();
      });
    return draining;
  }

  async function drainNow(): Promise<boolean> {
    cancelRetry?.();
    cancelRetry = undefined;
    for (;;) {
      // oxlint-disable no-await-in-loop -- the oldest first, one after the other
      const next = await oldest();
      if (next === undefined) return true;
      if (closed) return false;
      const unsent = await send(next);
      if (unsent === undefined) {
        tries = 0;
      } else if (await isOvertaken(next, unsent)) {
        if (suspect?.overtaken === MOST_OVERTAKEN) await giveUp(next, unsent);
      } else {
        putOff(unsent);
        return false;
      }
      // oxlint-enable no-await-in-loop
    }
  }

  async function oldest(besides?: StoredBatch): Promise<WaitingBatch | undefined> {
    const corruptBefore = spool.counts().corruptFiles;
    try {
      return await spool.oldest(besides);
    } finally {
      sayCorrupt(spool.counts().corruptFiles - corruptBefore);
    }
  }

  async function sendOnce(batch: OtlpBatch, timeoutMillis: number): Promise<Delivery> {
    const began = timing.now();
    const delivery = await ports.sendOnce(batch, timeoutMillis);
    isSlow = timing.now() - began > SLOW_MS;
    return delivery;
  }

  /** Sends a batch that waits; gives why it goes on waiting, if it does. */
  async function send({ stored, record }: WaitingBatch): Promise<Unsent | undefined> {
    const delivery = await sendOnce(record.batch, ports.timeoutMillis);
    if (!settle(delivery, record.batch, ports)) return delivery as Unsent;
    countLate(delivery, record.batch, record.storedAt);
    await remove(stored);
    return undefined;
  }

  async function remove(stored: StoredBatch): Promise<void> {
    try {
      await spool.remove(stored);
    } catch (error) {
      sayUnkept(error);
    }
  }

  /** Whether the backend takes the one behind a batch that it again and again does not take, nor says when to come again. */
  async function isOvertaken({ stored }: WaitingBatch, unsent: Unsent): Promise<boolean> {
    const isAsked = unsent.outcome === "forbidden" || unsent.retryAfter !== undefined;
    if (isAsked || tries < SUSPECT_AFTER) return false;
    const behind = await oldest(stored);
    if (behind === undefined || closed || (await send(behind)) !== undefined) return false;
    if (suspect?.stored !== stored) suspect = { stored, overtaken: 0 };
    suspect.overtaken += 1;
    return true;
  }

  async function giveUp({ stored, record }: WaitingBatch, { reason }: Unsent): Promise<void> {
    const { spans } = record.batch;
    counts.rejected += spans;
    warn(
      "given_up",
      `durascope: ${shown} again and again did not take a batch of ${spans} spans (${reason}), but took ${MOST_OVERTAKEN} behind it. They are lost, so that the others need not wait; its own log may say why.`,
    );
    await remove(stored);
  }

  /** What was late already when it was stored is counted by whoever made the spans. */
  function countLate(delivery: Delivery, batch: OtlpBatch, storedAt: number): void {
    if (delivery.outcome !== "accepted") return;
    const late = agedSpans(batch, ports.lateAfter, storedAt, timing.now());
    counts.late += Math.min(late, Math.max(0, batch.spans - delivery.rejected));
  }

  function sayCorrupt(files: number): void {
    if (files > 0)
      warn(
        "corrupt",
        `durascope: a file of the spool is not what was written. It is set aside as ${path}/*.corrupt; its spans are lost.`,
      );
  }

  function sayUnkept(error: unknown): void {
    warn("upkeep", `durascope: the spool ${path} cannot be looked after (${codeOf(error)}).`);
  }

  function sayDropped(): void {
    const { droppedSpans } = spool.counts();
    if (droppedSpans > saidDropped)
      warn(
        "full",
        `durascope: the spool ${path} is full, so the oldest spans that wait are dropped (${droppedSpans} so far). Start ${shown}, or give the spool more room with maxBytes or DURASCOPE_SPOOL_MAX_BYTES.`,
      );
    saidDropped = droppedSpans;
  }

  async function keep(batch: OtlpBatch): Promise<string | undefined> {
    try {
      await spool.add(batch, timing.now());
      sayDropped();
      return undefined;
    } catch (error) {
      // On a disk that is full a slow backend is better than none.
      isSlow = false;
      counts.failed += batch.spans;
      warn(
        "store",
        `durascope: spans cannot be written to the spool ${path} (${codeOf(error)}). Free some space there, or start ${shown}.`,
      );
      return `the spool cannot be written (${codeOf(error)})`;
    }
  }

  async function deliverNow(batch: OtlpBatch): Promise<string | undefined> {
    if (waits() || isSlow) {
      const failure = await keep(batch);
      goOn();
      return failure;
    }
    const delivery = await sendOnce(batch, Math.min(FIRST_TRY_MS, ports.timeoutMillis));
    if (settle(delivery, batch, ports)) {
      tries = 0;
      return undefined;
    }
    const failure = await keep(batch);
    putOff(delivery as Unsent);
    return failure;
  }

  return {
    deliver(batch) {
      const delivered = tail.then(() => deliverNow(batch));
      tail = Promise.allSettled([delivered]);
      return delivered;
    },
    drain,
    async close() {
      await tail;
      if (waits() && tries === 0) await within(LAST_DRAIN_MS, drain());
      closed = true;
      endHeartbeat();
      cancelRetry?.();
      await within(LAST_DRAIN_MS, Promise.resolve(draining));
      try {
        await folder.leave();
      } catch {
        // Its silence will tell the others that it is gone.
      }
    },
    counts() {
      const { waitingSpans, droppedSpans } = spool.counts();
      return { ...counts, dropped: droppedSpans, spooled: waitingSpans };
    },
  };
}
