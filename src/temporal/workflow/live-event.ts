import type { WorkflowEvent } from "../../core/event.ts";

/**
 * A neutral event as a job or a command says it, before the recorder numbers it. Its time is that of the activation,
 * unless it has one of its own.
 */
export type LiveEvent = WorkflowEvent extends infer Event
  ? Event extends WorkflowEvent
    ? Omit<Event, "at" | "seq"> & Partial<Pick<Event, "at">>
    : never
  : never;
