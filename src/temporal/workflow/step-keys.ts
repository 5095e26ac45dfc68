/** Hands out the key of each step; the same order of the same ids gives the same keys, live and from history. */
export interface StepKeys {
  /** `activity:<id>`, `child:<id>`, ...; `~2`, `~3`, ... when a run uses the id again. */
  unique(kind: "activity" | "local" | "child" | "update" | "cancel", id: string): string;
  /** `signal-external:1`, `nexus:1`, ...: the steps without a stable id count those that were really sent. */
  ordinal(kind: "signal-external" | "cancel-external" | "nexus"): string;
  /** Takes back the key of a step that never was, where it is the newest of its kind: the next one gets it. */
  takeBack(key: string): void;
}

/** Counts of no ids yet: without a prototype the engine keeps it as the dictionary that it is, no two runs share its keys. */
export function noCounts(): Record<string, number> {
  return Object.create(null) as Record<string, number>;
}

/** Makes the keys of one run; the counts are plain JSON data. */
export function stepKeys(counts: Record<string, number> = noCounts()): StepKeys {
  const count = (name: string): number => {
    const next = (counts[name] ?? 0) + 1;
    counts[name] = next;
    return next;
  };
  return {
    unique(kind, id) {
      const key = id === "" ? kind : `${kind}:${id}`;
      const occurrence = count(key);
      return occurrence === 1 ? key : `${key}~${occurrence}`;
    },
    ordinal: (kind) => `${kind}:${count(kind)}`,
    takeBack(key) {
      const [, kind = "", ordinal = ""] = /^(.+):(\d+)$/.exec(key) ?? [];
      if (counts[kind] === Number(ordinal)) counts[kind] = Number(ordinal) - 1;
      else if (counts[key] === 1) delete counts[key];
    },
  };
}

/** Key of a timer, or of a condition with a timeout, which is one: the SDK's sequence number is the timer's id. */
export function timerKey(timerId: string): string {
  return `timer:${timerId}`;
}

/** Key of a signal: the id of its event, which the job of the live path carries too. */
export function signalKey(eventId: string): string {
  return `event:${eventId}`;
}
