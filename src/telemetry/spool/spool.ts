import type { OtlpBatch } from "../otlp/otlp-batch.ts";
import { byAge, type SpoolFolder, type StoredBatch } from "./spool-folder.ts";
import type { SpoolRecord } from "./spool-record.ts";

/** What a spool holds and has lost, in numbers since the start. */
export interface SpoolCounts {
  /** Spans, batches and bytes that wait now. */
  readonly waitingSpans: number;
  readonly waitingBatches: number;
  readonly waitingBytes: number;
  /** Spans that were given up, the oldest first, because the spool was full. */
  readonly droppedSpans: number;
  /** Files that were set aside because they are not what was written. */
  readonly corruptFiles: number;
}

/** A bounded queue of batches on disk, oldest first. Each may reject with the error of the system. */
export interface Spool {
  /**
   * Stores a batch at the end; where it is full the oldest go, since what is happening now is asked for first, and what is
   * old may be refused as late. Resolves once the batch would outlive a loss of power.
   */
  add(batch: OtlpBatch, now: number): Promise<void>;
  /** Reads the oldest, which stays until it is removed; sets aside what is corrupt. Undefined when nothing waits. */
  oldest(): Promise<{ readonly stored: StoredBatch; readonly record: SpoolRecord } | undefined>;
  remove(stored: StoredBatch): Promise<void>;
  /** Takes over what processes that are gone have left. */
  adopt(): Promise<void>;
  counts(): SpoolCounts;
}

/** Bytes that a spool may take up, unless another number is given. */
export const DEFAULT_SPOOL_BYTES: number = 256 * 2 ** 20;

/** The queue over a process's folder, of at most `maxBytes`. */
export function openSpool(folder: SpoolFolder, maxBytes: number): Spool {
  let waiting: StoredBatch[] = [];
  /** The one that is being sent: not to be dropped under the sender's hands. */
  let inHand: StoredBatch | undefined;
  let droppedSpans = 0;
  let corruptFiles = 0;

  const bytes = (): number => waiting.reduce((sum, batch) => sum + batch.bytes, 0);

  function forget(batch: StoredBatch): void {
    waiting = waiting.filter((other) => other !== batch);
  }

  /** Drops the oldest until it is within its bound. */
  async function shrink(): Promise<void> {
    let total = bytes();
    for (const batch of waiting) {
      if (total <= maxBytes) break;
      if (batch === inHand) continue;
      // oxlint-disable-next-line no-await-in-loop -- the oldest first
      await folder.remove(batch);
      forget(batch);
      total -= batch.bytes;
      droppedSpans += batch.spans;
    }
  }

  return {
    async add(batch, now) {
      const stored = await folder.store({ batch, storedAt: now });
      waiting.push(stored);
      try {
        await shrink();
      } catch {
        // It is stored: what could not be removed for it goes with the next.
      }
    },
    async oldest() {
      for (;;) {
        const [stored] = waiting;
        inHand = stored;
        if (stored === undefined) return undefined;
        // oxlint-disable no-await-in-loop -- until one is whole
        const record = await folder.read(stored);
        if (typeof record === "object") return { stored, record };
        if (record === "corrupt") {
          await folder.setAside(stored);
          corruptFiles += 1;
        }
        // oxlint-enable no-await-in-loop
        forget(stored);
      }
    },
    async remove(stored) {
      await folder.remove(stored);
      forget(stored);
    },
    async adopt() {
      const taken = await folder.adopt();
      if (taken.length === 0) return;
      waiting = [...waiting, ...taken].toSorted(byAge);
      await shrink();
    },
    counts: () => ({
      waitingSpans: waiting.reduce((sum, batch) => sum + batch.spans, 0),
      waitingBatches: waiting.length,
      waitingBytes: bytes(),
      droppedSpans,
      corruptFiles,
    }),
  };
}
