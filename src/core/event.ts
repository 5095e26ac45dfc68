import type {
  Failure,
  RunLink,
  RunOutcome,
  StepKind,
  StepOutcome,
  WaitKind,
  WaitOutcome,
} from "./model.ts";

/** What all events share. */
interface Occurred {
  /** Milliseconds since the epoch, with a fraction down to microseconds. */
  readonly at: number;
  /** Position in the source's order; several neutral events may share one. */
  readonly seq: number;
}

/** A run began. */
export interface RunStarted extends Occurred {
  readonly type: "run.started";
  readonly workflowType: string;
  readonly firstRunId?: string;
  readonly taskQueue?: string;
  readonly parentWorkflowId?: string;
  readonly rootWorkflowId?: string;
  readonly links?: readonly RunLink[];
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
  readonly degraded?: boolean;
}

/** A run, or a segment of it, ended; what is still open in it is abandoned. */
export interface RunClosed extends Occurred {
  readonly type: "run.closed";
  readonly outcome: RunOutcome;
  readonly failure?: Failure;
  readonly links?: readonly RunLink[];
}

/** A closed run goes on: a new segment begins. */
export interface RunRedriven extends Occurred {
  readonly type: "run.redriven";
}

/** A workflow task failed or timed out. */
export interface TaskFaulted extends Occurred {
  readonly type: "task.faulted";
  readonly cause: string;
}

/** A step was scheduled or entered. */
export interface StepOpened extends Occurred {
  readonly type: "step.opened";
  readonly key: string;
  readonly parent?: string;
  readonly kind: StepKind;
  readonly name: string;
  readonly id: string;
  readonly wait?: { readonly kind: WaitKind; readonly deadline?: number };
  readonly links?: readonly RunLink[];
  readonly local?: boolean;
}

/** Something took the step up (a child run began); or more became known of it. */
export interface StepStarted extends Occurred {
  readonly type: "step.started";
  readonly key: string;
  readonly kind?: StepKind;
  readonly links?: readonly RunLink[];
}

/** A step ended. */
export interface StepClosed extends Occurred {
  readonly type: "step.closed";
  readonly key: string;
  readonly outcome: StepOutcome;
  readonly failure?: Failure;
  readonly wait?: {
    readonly outcome: WaitOutcome;
    readonly resolvedBy?: string;
    readonly resolvedByStep?: string;
  };
}

/** An attempt of a step was scheduled. */
export interface AttemptScheduled extends Occurred {
  readonly type: "attempt.scheduled";
  readonly step: string;
  /** Identity of the attempt; `<step key>#<number>` when absent. */
  readonly key?: string;
}

/** A worker took an attempt up; with a number, the ones before it were and are only counted. */
export interface AttemptStarted extends Occurred {
  readonly type: "attempt.started";
  readonly step: string;
  readonly number?: number;
  /** How the attempt before it failed. */
  readonly lastFailure?: Failure;
}

/** The newest attempt of a step ended; the step itself may go on (back-off, a wait for an answer). */
export interface AttemptClosed extends Occurred {
  readonly type: "attempt.closed";
  readonly step: string;
  readonly outcome: StepOutcome;
  readonly failure?: Failure;
  readonly requestId?: string;
}

/** What an engine's history or live facts say, in the words of neither engine. */
export type WorkflowEvent =
  | RunStarted
  | RunClosed
  | RunRedriven
  | TaskFaulted
  | StepOpened
  | StepStarted
  | StepClosed
  | AttemptScheduled
  | AttemptStarted
  | AttemptClosed;
