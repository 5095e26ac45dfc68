/** Something that is due at a moment, in milliseconds. */
export interface DueItem {
  readonly due: number;
  readonly key: string;
}

/** Items by the moment at which they are due. */
export interface DueQueue {
  push(item: DueItem): void;
  /** The one that is due first, which stays. */
  first(): DueItem | undefined;
  /** Takes the one out that is due first. */
  shift(): void;
  clear(): void;
}

/**
 * Makes an empty queue: a binary heap, since ten thousand executions that come up each second must not be sorted each
 * time that one of them is read.
 */
export function dueQueue(): DueQueue {
  const heap: DueItem[] = [];

  function swapUnlessInOrder(parent: number, child: number): boolean {
    const above = heap[parent];
    const below = heap[child];
    if (above === undefined || below === undefined || above.due <= below.due) return false;
    heap[parent] = below;
    heap[child] = above;
    return true;
  }

  function earlierChild(parent: number): number {
    const left = 2 * parent + 1;
    return (heap[left + 1]?.due ?? Infinity) < (heap[left]?.due ?? Infinity) ? left + 1 : left;
  }

  return {
    push(item) {
      let child = heap.push(item) - 1;
      for (
        let parent = (child - 1) >> 1;
        swapUnlessInOrder(parent, child);
        parent = (child - 1) >> 1
      )
        child = parent;
    },
    first: () => heap[0],
    shift() {
      const last = heap.pop();
      if (last === undefined || heap.length === 0) return;
      heap[0] = last;
      let parent = 0;
      for (
        let child = earlierChild(0);
        swapUnlessInOrder(parent, child);
        child = earlierChild(parent)
      )
        parent = child;
    },
    clear() {
      heap.length = 0;
    },
  };
}
