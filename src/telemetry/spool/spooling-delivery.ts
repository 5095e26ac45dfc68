import { within } from "../../correlation/within.ts";
import {
  type BatchDelivery,
  type DeliveryPorts,
  forbiddenText,
  settle,
} from "../otlp/batch-delivery.ts";
import type { Delivery } from "../otlp/delivery.ts";
import type { OtlpBatch } from "../otlp/otlp-batch.ts";
import { backOff } from "../otlp/retrying.ts";
import type { Spool } from "./spool.ts";
import { HEARTBEAT_MS, type SpoolFolder } from "./spool-folder.ts";

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
/** Longest time that an ending process gives to what waits. */
const LAST_DRAIN_MS = 5000;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;
/** How often what others left is looked for, in heartbeats. */
const ADOPT_EVERY = 4;

type Unsent = Exclude<Delivery, { readonly outcome: "accepted" | "refused" }>;

/**
 * Sends each batch once while nothing waits; what the backend does not take goes to the spool, and so does all that
 * comes after it, until the spool is empty: so batches arrive in their order. What waits is tried again after 1 s, and
 * then after ever longer pauses of at most 60 s, or when the backend said.
 *
 * A batch is out of the giver's hands when it lies on disk. One that cannot be stored (a full disk) is given back.
 */
export function spoolingDelivery(ports: SpoolingPorts): BatchDelivery & {
  /** Sends what waits until all is sent, or the backend takes no more; gives whether all is sent. */
  drain(): Promise<boolean>;
} {
  const { spool, folder, timing, counts, warn, shown, path } = ports;
  let tries = 0;
  let draining: Promise<boolean> | undefined;
  let cancelRetry: (() => void) | undefined;
  let beats = 0;
  let closed = false;
  /** Batches go one after the other, whoever gives them. */
  let tail: Promise<unknown> = Promise.resolve();

  let saidDropped = 0;

  let cancelBeat = timing.later(HEARTBEAT_MS, beat);
  sayDropped();
  retryIn(0);

  function beat(): void {
    beats += 1;
    void upkeep(beats % ADOPT_EVERY === 0);
    if (!closed) cancelBeat = timing.later(HEARTBEAT_MS, beat);
  }

  async function upkeep(adopts: boolean): Promise<void> {
    try {
      await folder.beat();
      if (adopts) await spool.adopt();
      sayDropped();
      goOn();
    } catch (error) {
      warn("upkeep", `durascope: the spool ${path} cannot be looked after (${codeOf(error)}).`);
    }
  }

  function retryIn(ms: number): void {
    if (closed) return;
    cancelRetry?.();
    cancelRetry = timing.later(ms, () => {
      cancelRetry = undefined;
      void drain();
    });
  }

  /** Makes sure that what waits is tried at some time. */
  function goOn(): void {
    const isDue = draining === undefined && cancelRetry === undefined;
    if (isDue && spool.counts().waitingBatches > 0) retryIn(0);
  }

  function pauseAfter(delivery: Unsent): number {
    const pause = backOff(tries, FIRST_PAUSE_MS, LONGEST_PAUSE_MS, timing.random());
    tries += 1;
    return delivery.outcome === "unavailable" ? (delivery.retryAfter ?? pause) : LONGEST_PAUSE_MS;
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
      const corruptBefore = spool.counts().corruptFiles;
      // oxlint-disable no-await-in-loop -- the oldest first, one after the other
      const next = await spool.oldest();
      sayCorrupt(spool.counts().corruptFiles - corruptBefore);
      if (next === undefined) return true;
      if (closed) return false;
      const { batch, storedAt } = next.record;
      const delivery = await ports.sendOnce(batch, ports.timeoutMillis);
      if (!settle(delivery, batch, ports)) {
        putOff(delivery as Unsent);
        return false;
      }
      tries = 0;
      countLate(delivery, batch, storedAt);
      await spool.remove(next.stored);
      // oxlint-enable no-await-in-loop
    }
  }

  /** What was late already when it was stored is counted by whoever made the spans. */
  function countLate(delivery: Delivery, batch: OtlpBatch, storedAt: number): void {
    if (delivery.outcome !== "accepted") return;
    const isLate = (at: number): boolean => at - batch.lastEnd > ports.lateAfter;
    if (isLate(timing.now()) && !isLate(storedAt)) counts.late += batch.spans;
  }

  function sayCorrupt(files: number): void {
    if (files > 0)
      warn(
        "corrupt",
        `durascope: a file of the spool is not what was written. It is set aside as ${path}/*.corrupt; its spans are lost.`,
      );
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
      counts.failed += batch.spans;
      warn(
        "store",
        `durascope: spans cannot be written to the spool ${path} (${codeOf(error)}). Free some space there, or start ${shown}.`,
      );
      return `the spool cannot be written (${codeOf(error)})`;
    }
  }

  async function deliverNow(batch: OtlpBatch): Promise<string | undefined> {
    if (spool.counts().waitingBatches > 0) {
      const failure = await keep(batch);
      goOn();
      return failure;
    }
    const delivery = await ports.sendOnce(batch, Math.min(FIRST_TRY_MS, ports.timeoutMillis));
    if (settle(delivery, batch, ports)) return undefined;
    const failure = await keep(batch);
    putOff(delivery as Unsent);
    return failure;
  }

  return {
    deliver(batch) {
      const delivered = tail.then(() => deliverNow(batch));
      tail = delivered;
      return delivered;
    },
    drain,
    async close() {
      await tail;
      const isWorthTrying = spool.counts().waitingBatches > 0 && tries === 0;
      if (isWorthTrying) await within(LAST_DRAIN_MS, drain());
      closed = true;
      cancelBeat();
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

function codeOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === "string" ? code : "unknown reason";
}
