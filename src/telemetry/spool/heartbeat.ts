import type { Timing } from "../otlp/retrying.ts";
import type { Spool } from "./spool.ts";
import { HEARTBEAT_MS, type SpoolFolder } from "./spool-folder.ts";

/** How often what others left is looked for, in heartbeats. */
const ADOPT_EVERY = 4;

/** What a heartbeat is made of. */
export interface HeartbeatPorts {
  readonly spool: Pick<Spool, "adopt">;
  readonly folder: Pick<SpoolFolder, "beat">;
  readonly timing: Pick<Timing, "later">;
  /** Called after each beat, whatever came of it. */
  readonly beaten: () => void;
  /** Told of the error of a beat that failed. */
  readonly failed: (error: unknown) => void;
}

/**
 * Says every 15 s that the owner of a spool lives, and looks once a minute for what others left. Gives a function that ends it;
 * it keeps no process alive.
 */
export function heartbeat({ spool, folder, timing, beaten, failed }: HeartbeatPorts): () => void {
  let beats = 0;
  let isOver = false;
  let cancel = timing.later(HEARTBEAT_MS, beat);

  function beat(): void {
    beats += 1;
    void upkeep(beats % ADOPT_EVERY === 0);
    if (!isOver) cancel = timing.later(HEARTBEAT_MS, beat);
  }

  async function upkeep(adopts: boolean): Promise<void> {
    try {
      await folder.beat();
      if (adopts) await spool.adopt();
    } catch (error) {
      failed(error);
    }
    beaten();
  }

  return () => {
    isOver = true;
    cancel();
  };
}
