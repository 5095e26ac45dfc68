import type { FailureMessages, Identities } from "./failure-text.ts";
import type { FoldOptions } from "./fold.ts";

/** What a run was started with, handed to the function that picks business keys and to nobody else. */
export interface RunInput {
  /** The first argument of the workflow, the input of the execution; undefined when it is no JSON. */
  readonly input: unknown;
  /** Temporal's memo, decoded. */
  readonly memo: Readonly<Record<string, unknown>>;
  /** Temporal's search attributes, decoded. */
  readonly searchAttributes: Readonly<Record<string, unknown>>;
}

/** How a history or live facts are read; the same object serves both engines. */
export interface TraceOptions extends FoldOptions {
  /** Names of the waits that a step opens, by the step's name: `{ notifyReviewer: "approval" }`. */
  readonly waits?: Readonly<Record<string, string>>;
  /** What becomes of application failures' messages. @default "keep", cut to 256 characters */
  readonly failureMessages?: FailureMessages;
  /** What becomes of identities. @default "keep" */
  readonly identities?: Identities;
  /**
   * Picks the attributes that people search a run by (`{ "order.id": input.orderId }`). Nothing of the input is
   * recorded but what it returns; when it throws, a warning is counted and the run has none.
   */
  readonly businessKeys?: (run: RunInput) => Readonly<Record<string, string | number | boolean>>;
}
