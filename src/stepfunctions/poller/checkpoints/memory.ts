import type { Checkpoint, CheckpointStore, Clock } from "../../../core/ports.ts";

/** Limits of {@link memoryCheckpoints}. */
export interface MemoryCheckpointOptions {
  /**
   * Most checkpoints of closed runs that are kept, some hundred bytes each; the one that was closed first goes first. More than
   * close in a minute: lists give those again, and one that is not known is exported again.
   *
   * @default 10000
   */
  readonly maxClosed?: number;
  /** @default Date.now */
  readonly clock?: Clock;
}

/**
 * Checkpoints in this process's memory: they end with it. Each is kept as JSON text, so that what was put is what is
 * given, whatever becomes of the object; those of open runs are all kept, those of closed ones until they expire.
 */
export function memoryCheckpoints(options: MemoryCheckpointOptions = {}): CheckpointStore {
  const clock = options.clock ?? Date.now;
  const maxClosed = options.maxClosed ?? 10_000;
  const open = new Map<string, string>();
  const closed = new Map<string, { readonly text: string; readonly expires: number }>();

  function forget(): void {
    for (const [runId, { expires }] of closed) {
      if (expires > clock() && closed.size <= maxClosed) return;
      closed.delete(runId);
    }
  }

  return {
    async get(runId) {
      const text = open.get(runId) ?? closed.get(runId)?.text;
      return text === undefined ? undefined : parse(text);
    },
    async put(checkpoint) {
      const text = JSON.stringify(checkpoint);
      open.delete(checkpoint.runId);
      closed.delete(checkpoint.runId);
      if (checkpoint.closed) {
        closed.set(checkpoint.runId, { text, expires: checkpoint.expires });
        forget();
      } else {
        open.set(checkpoint.runId, text);
      }
    },
    async *open() {
      // As they are now: whoever reads them puts new ones meanwhile.
      yield* Array.from(open.values(), parse);
    },
  };
}

function parse(text: string): Checkpoint {
  const checkpoint: Checkpoint = JSON.parse(text);
  return checkpoint;
}
