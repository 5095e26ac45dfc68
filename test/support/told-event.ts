import type { WorkflowEvent } from "../../src/core/event.ts";

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
