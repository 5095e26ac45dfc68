import type { StepOpened, WorkflowEvent } from "../../src/core/event.ts";

/** An event as a test tells it: its number is its place among the others, and its time follows from that. */
export type ToldEvent = WorkflowEvent extends infer Event
  ? Event extends WorkflowEvent
    ? Omit<Event, "at" | "seq"> & { readonly at?: number }
    : never
  : never;

/** The end of a step, completed unless it is told otherwise. */
export function closed(key: string, more: object = {}): ToldEvent {
  return { type: "step.closed", key, outcome: "completed", ...more };
}

/** The begin of a step: an activity with the name of its key, unless it is told otherwise. */
export function opened(key: string, more: Partial<StepOpened> = {}): ToldEvent {
  return { type: "step.opened", key, kind: "activity", name: key, id: `id of ${key}`, ...more };
}
