import type { OtlpBatch } from "../otlp/otlp-batch.ts";
import { byAge, type SpoolFolder, type StoredBatch } from "./spool-folder.ts";
import type { SpoolRecord } from "./spool-record.ts";

/** What a spool holds and has lost, in numbers since the start. */
export interface SpoolCounts {
  /** Spans, batches and bytes that wait now; bytes in whole blocks of 4 KiB, as the disk counts them. */
  readonly waitingSpans: number;
  readonly waitingBatches: number;
  readonly waitingBytes: number;
  /** Spans that were given up, the oldest first, because the spool was full. */
  readonly droppedSpans: number;
  /** Files that were set aside because they are not what was written, or cannot be read. */
  readonly corruptFiles: number;
}

/** A batch that waits, with its content. */
export interface WaitingBatch {
  readonly stored: StoredBatch;
  readonly record: SpoolRecord;
}

/** A bounded queue of batches on disk, oldest first. Each may reject with the error of the system. */
export interface Spool {
  /**
   * Stores a batch at the end; where it is full the oldest go, since what is happening now is asked for first, and what is
   * old may be refused as late. Resolves once the batch would outlive a loss of power.
   */
  add(batch: OtlpBatch, now: number): Promise<void>;
  /**
   * Reads the oldest, or the oldest but for one; it stays until it is removed. Sets aside what is corrupt. Undefined when
   * nothing else waits.
   */
  oldest(besides?: StoredBatch): Promise<WaitingBatch | undefined>;
  remove(stored: StoredBatch): Promise<void>;
  /** Takes over what processes that are gone have left. */
  adopt(): Promise<void>;
  counts(): SpoolCounts;
}

/** Bytes that a spool may take up, unless another number is given. */
export const DEFAULT_SPOOL_BYTES: number = 256 * 2 ** 20;

/** A file takes up whole blocks of a disk: a spool of many short ones would else be far larger than its bound. */
const BLOCK_BYTES = 4096;

/** The queue over a process's folder, of at most `maxBytes`. */
export function openSpool(folder: SpoolFolder, maxBytes: number): Spool {
  let waiting: StoredBatch[] = [];
  let waitingSpans = 0;
  let waitingBytes = 0;
  /** The one that is being sent: not to be dropped under the sender's hands. */
  let inHand: StoredBatch | undefined;
  let droppedSpans = 0;
  let corruptFiles = 0;

  function know(batches: readonly StoredBatch[]): void {
    for (const { bytes, spans } of batches) {
      waitingBytes += onDisk(bytes);
      waitingSpans += spans;
    }
  }

  /** Before its file is touched, so that a disk that takes no change does not keep it at the head for ever. */
  function forget(batch: StoredBatch): void {
    const at = waiting.indexOf(batch);
    if (at < 0) return;
    waiting.splice(at, 1);
    waitingBytes -= onDisk(batch.bytes);
    waitingSpans -= batch.spans;
  }

  /** Drops the oldest until it is within its bound. */
  async function shrink(): Promise<void> {
    while (waitingBytes > maxBytes) {
      const oldest = waiting.find((batch) => batch !== inHand);
      if (oldest === undefined) return;
      forget(oldest);
      droppedSpans += oldest.spans;
      // oxlint-disable-next-line no-await-in-loop -- the oldest first
      await folder.remove(oldest);
    }
  }

  return {
    async add(batch, now) {
      const stored = await folder.store({ batch, storedAt: now });
      waiting.push(stored);
      know([stored]);
      try {
        await shrink();
      } catch {
        // It is stored: a file that could not be removed for it is left to who takes over this folder.
      }
    },
    async oldest(besides) {
      for (;;) {
        const stored = waiting.find((batch) => batch !== besides);
        inHand = stored;
        if (stored === undefined) return undefined;
        // oxlint-disable no-await-in-loop -- until one is whole
        const record = await folder.read(stored);
        if (typeof record === "object") return { stored, record };
        forget(stored);
        if (record === "corrupt") {
          corruptFiles += 1;
          await folder.setAside(stored);
        }
        // oxlint-enable no-await-in-loop
      }
    },
    async remove(stored) {
      forget(stored);
      await folder.remove(stored);
    },
    async adopt() {
      const taken = await folder.adopt();
      if (taken.length === 0) return;
      waiting = [...waiting, ...taken].toSorted(byAge);
      know(taken);
      await shrink();
    },
    counts: () => ({
      waitingSpans,
      waitingBatches: waiting.length,
      waitingBytes,
      droppedSpans,
      corruptFiles,
    }),
  };
}

function onDisk(bytes: number): number {
  return Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
}
