/** More items than these do not wait for the next turn of the event loop. */
const LONGEST_QUEUE = 512;

/** Gathers what comes in the same turn of the event loop. */
export interface TurnQueue<Item> {
  push(item: Item): void;
  /** Hands on now what waits for the next turn; nothing when nothing waits. */
  drain(): void;
}

/** A queue that hands on what it gathered one turn of the event loop later, at most 512 items at a time, in their order. */
export function turnQueue<Item>(handOn: (items: readonly Item[]) => void): TurnQueue<Item> {
  let queue: Item[] = [];
  function drain(): void {
    const items = queue;
    queue = [];
    if (items.length > 0) handOn(items);
  }
  return {
    push(item) {
      queue.push(item);
      if (queue.length === 1) setImmediate(drain);
      if (queue.length >= LONGEST_QUEUE) drain();
    },
    drain,
  };
}
