import type { WorkflowTrace } from "../../core/model.ts";

/** Name of the sink through which facts leave the isolate. */
export const SINK = "durascope";

/** Stands in every bundle that holds the recorder: the plugin looks for it in bundles that were made beforehand. */
export const BUNDLE_MARK = "durascope:recorder";

/**
 * What one activation of a workflow added to its run, as it crosses from the isolate to the worker: plain data.
 *
 * Facts are provisional. An activation whose workflow task fails, or that a query made the worker run ahead, is told
 * again with the same keys; the later telling counts, and the history is the truth.
 */
export interface RunFacts {
  /** The run as the recorder knows it, with the steps that are new or that a new one refers to. */
  readonly trace: WorkflowTrace;
  /** Everything with a greater event number is new. */
  readonly after: number;
  /** Length of the history that the activation stands on: equal in all activations of one workflow task. */
  readonly historyLength: number;
  /** Keys of steps that were told of before and never happened: begun and cancelled in one workflow task. */
  readonly discarded: readonly string[];
  /** First argument of the workflow; only when business keys are picked from it. */
  readonly input?: unknown;
}

/** Sinks of the recorder, for `proxySinks`. */
export type RecorderSinks = { readonly [SINK]: { facts(facts: RunFacts): void } };

/** What the plugin bakes into the bundle: plain data, since functions do not cross into the isolate. */
export interface RecorderOptions {
  readonly compensates?: Readonly<Record<string, readonly string[]>>;
  /** Messages of failures stay inside the isolate. */
  readonly dropFailureMessages?: boolean;
  /** The workflow's first argument goes to the worker's `businessKeys`. */
  readonly sendInput?: boolean;
}
