/** Engines that durascope reads; the value of `workflow.engine`. */
export type Engine = "temporal" | "aws_step_functions";

/** How a run ended. `timed_out` and `aborted` follow Step Functions' words, `terminated` and `continued_as_new` Temporal's. */
export type RunOutcome =
  | "completed"
  | "failed"
  | "cancelled"
  | "terminated"
  | "timed_out"
  | "aborted"
  | "continued_as_new";

/** How a step or an attempt ended; `abandoned` is a step that was open when its run closed. */
export type StepOutcome =
  | "completed"
  | "failed"
  | "cancelled"
  | "terminated"
  | "timed_out"
  | "aborted"
  | "abandoned";

/** What a step is. */
export type StepKind =
  | "activity"
  | "lambda"
  | "child_workflow"
  | "wait"
  | "signal"
  | "update"
  | "query"
  | "choice"
  | "pass"
  | "parallel"
  | "map"
  | "iteration"
  | "nexus"
  | "group";

/** What a wait waits for. */
export type WaitKind = "timer" | "signal" | "update" | "child" | "task_token" | "activity";

/** How a wait ended: by something from outside, by its time, by a refusal, by a cancel request, or with its run. */
export type WaitOutcome = "resolved" | "elapsed" | "failed" | "cancelled" | "abandoned";

/** Why something failed. Holds no payload and no stack trace. */
export interface Failure {
  /** The application's or the engine's own name of the error, e.g. `CardDeclined`, `States.Timeout`. */
  readonly type: string;
  /** The application's message, cut to 256 characters; absent where only the engine speaks. */
  readonly message?: string;
  /** Type of the deepest cause, where it differs from `type`. */
  readonly innermost?: string;
  /** The application marked the failure as an expected one: it is no error on a span. */
  readonly benign?: boolean;
}

/** A pointer to another run, or to a span of somebody else. */
export interface RunLink {
  /** Why it is linked. */
  readonly relation:
    | "caller"
    | "parent"
    | "child"
    | "previous_run"
    | "next_run"
    | "signal_sender"
    | "update_sender";
  /** Engine of the run that is pointed at; absent for a foreign span. */
  readonly engine?: Engine;
  readonly workflowId?: string;
  /** Run id or execution ARN of the run that is pointed at. */
  readonly runId?: string;
  /** Key of the step inside that run; its run span when absent. */
  readonly key?: string;
  /** Trace and span id (hex, 32 and 16 digits) of a foreign span. */
  readonly traceId?: string;
  readonly spanId?: string;
}

/** One try of a step. All times are milliseconds since the epoch, with a fraction down to microseconds. */
export interface Attempt {
  /** Identity of the attempt inside its run: its span id is derived from it. */
  readonly key: string;
  /** 1-based, counted anew after a redrive. */
  readonly number: number;
  /** 0 before any redrive. */
  readonly redrive: number;
  readonly scheduled?: number;
  readonly started?: number;
  readonly ended?: number;
  readonly outcome?: StepOutcome;
  readonly failure?: Failure;
  /** Milliseconds between the end of the attempt before it and its own schedule. */
  readonly backoff?: number;
  /** AWS request id of the Lambda invocation, where it was asked for. */
  readonly requestId?: string;
  /**
   * How much the source tells of it: all of it, only how it failed, or only that it was. Temporal's history
   * holds the last attempt in full, the failure of the one before, and a count of the others.
   */
  readonly observed: "full" | "failure" | "count";
  /** Event that ended it. */
  readonly closedBy?: number;
}

/** What a wait step waits for, until when, and what ended it. */
export interface Wait {
  readonly kind: WaitKind;
  /** Milliseconds since the epoch; absent when nothing limits the wait. */
  readonly deadline?: number;
  readonly outcome?: WaitOutcome;
  /** Identity of whoever ended it. Personal data: see the option `identities`. */
  readonly resolvedBy?: string;
  /** Key of the step (a signal, an update) that ended it. */
  readonly resolvedByStep?: string;
}

/** One step of a run. All times are milliseconds since the epoch, with a fraction down to microseconds. */
export interface Step {
  /** Identity of the step inside its run: its span id is derived from it. */
  readonly key: string;
  readonly kind: StepKind;
  readonly name: string;
  /** The engine's own id of the step: activity id, timer id, child workflow id, id of the StateEntered event. */
  readonly id: string;
  /** Key of the step it stands in; absent directly below the run. */
  readonly parent?: string;
  readonly scheduled: number;
  readonly started?: number;
  readonly ended?: number;
  readonly outcome?: StepOutcome;
  readonly failure?: Failure;
  readonly attempts: readonly Attempt[];
  readonly children: readonly Step[];
  readonly wait?: Wait;
  /** Keys of the steps that it undoes, the newest 100 of them. */
  readonly compensates?: readonly string[];
  /** Key of the failed step that made the compensation necessary. */
  readonly compensationOf?: string;
  readonly links: readonly RunLink[];
  /** Runs locally in the workflow's own worker (Temporal's local activities). */
  readonly local?: boolean;
  /** Segment (0 before any redrive) in which it was opened. */
  readonly segment: number;
  /** Event that opened it and event that closed it: the order that the laws are about. */
  readonly openedBy: number;
  readonly closedBy?: number;
}

/** A stretch of a run between two redrives; a run that was never redriven has one. */
export interface Segment {
  readonly started: number;
  readonly ended?: number;
  readonly outcome?: RunOutcome;
  readonly failure?: Failure;
  readonly openedBy: number;
  readonly closedBy?: number;
}

/** A workflow task that failed or timed out: it delays a run and stands on the run's span as an event. */
export interface TaskFault {
  readonly at: number;
  readonly cause: string;
}

/** A run of a workflow, as an engine's history or its live facts tell it. */
export interface WorkflowTrace {
  readonly engine: Engine;
  /** The id that the caller chose: workflow id, execution name. */
  readonly workflowId: string;
  /** Run id, execution ARN. */
  readonly runId: string;
  /** First run of a chain of runs (continue-as-new, retry, cron); the run itself where there is no chain. */
  readonly firstRunId: string;
  readonly type: string;
  /** Namespace; `account/region` on Step Functions. */
  readonly namespace: string;
  readonly taskQueue?: string;
  readonly parentWorkflowId?: string;
  readonly rootWorkflowId?: string;
  readonly links: readonly RunLink[];
  readonly started: number;
  /** The end of the last segment. */
  readonly ended?: number;
  readonly outcome?: RunOutcome;
  readonly failure?: Failure;
  /** How often it was redriven. */
  readonly redrive: number;
  readonly segments: readonly Segment[];
  /** Steps directly below the run, in the order of events. */
  readonly steps: readonly Step[];
  /** Failed workflow tasks, at most 100 of them. */
  readonly taskFaults: readonly TaskFault[];
  /** Attributes that stand on every span: the engine's customary names, business keys. */
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  /** The history lacks what pairing needs; parents are guessed from names. */
  readonly degraded: boolean;
  /** Last event that was folded. */
  readonly lastEvent: number;
}

/** Every step of a trace in the order in which they were opened inside their parents, parents first. */
export function* stepsOf(trace: Pick<WorkflowTrace, "steps">): Generator<Step> {
  const pending = trace.steps.toReversed();
  for (let step = pending.pop(); step !== undefined; step = pending.pop()) {
    yield step;
    for (const child of step.children.toReversed()) pending.push(child);
  }
}
