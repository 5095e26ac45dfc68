import type { Checkpoint, CheckpointStore } from "../../src/core/ports.ts";

/** A checkpoint of a run that is open, with what is given in place of the rest. */
export function checkpoint(runId: string, more: Partial<Checkpoint> = {}): Checkpoint {
  return {
    runId,
    started: 1,
    lastEvent: 2,
    exportedThrough: 2,
    closed: false,
    expires: 1000,
    state: { deep: [1] },
    ...more,
  };
}

/** The runs that a store holds as open, in its own order. */
export async function openIn(store: CheckpointStore): Promise<string[]> {
  const ids: string[] = [];
  for await (const { runId } of store.open()) ids.push(runId);
  return ids;
}
