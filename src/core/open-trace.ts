import type { Attempt, Segment, Step, Wait, WorkflowTrace } from "./model.ts";

/** A type whose fields may still be assigned: an object in the making. */
export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** An attempt while its trace is being folded. */
export type OpenAttempt = Mutable<Attempt>;

/** A segment while its trace is being folded. */
export type OpenSegment = Mutable<Segment>;

/** A step while its trace is being folded. */
export interface OpenStep extends Mutable<Omit<Step, "attempts" | "children" | "wait">> {
  attempts: OpenAttempt[];
  children: OpenStep[];
  wait?: Mutable<Wait>;
}

/** A trace while it is being folded: the same data as a {@link WorkflowTrace}, which is how others see it. */
export interface OpenTrace
  extends Mutable<Omit<WorkflowTrace, "steps" | "segments" | "taskFaults" | "links">> {
  steps: OpenStep[];
  segments: OpenSegment[];
  taskFaults: WorkflowTrace["taskFaults"][number][];
  links: WorkflowTrace["links"][number][];
}
