import type { Engine } from "./model.ts";

/** Which run a history or a log line belongs to. */
export interface RunIdentity {
  readonly engine: Engine;
  /** The id that the caller chose: workflow id, execution name. */
  readonly workflowId: string;
  /** Run id, execution ARN. */
  readonly runId: string;
  /** Namespace; `account/region` on Step Functions. */
  readonly namespace: string;
}

/** Where in a run some code runs: what log lines and user spans are correlated by. */
export interface StepIdentity extends RunIdentity {
  readonly firstRunId?: string;
  readonly workflowType?: string;
  readonly taskQueue?: string;
  readonly stepName?: string;
  readonly stepKind?: string;
  readonly stepId?: string;
  /** 1-based. */
  readonly attempt?: number;
}
