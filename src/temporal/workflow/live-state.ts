import type { FailureMessages } from "../../core/failure-text.ts";
import type { RunIdentity } from "../../core/identity.ts";
import { type StepKeys, stepKeys } from "./step-keys.ts";
import type { Resolver } from "./wait-resolution.ts";

/** What the recorder remembers of a run between activations. */
export interface LiveState {
  readonly identity: RunIdentity;
  readonly messages: FailureMessages;
  readonly keys: StepKeys;
  /** Keys of open steps by kind and sequence number of the command: `activity 3`. */
  readonly open: Map<string, string>;
  /** History length at which a timer was started, by its key. */
  readonly timersStarted: Map<string, number>;
  /** Updates that came in and are not accepted yet, by their protocol instance. */
  readonly updates: Map<string, { readonly id: string; readonly name: string }>;
  /** Time of the current activation: when its workflow task began, in milliseconds since the epoch. */
  at: number;
  historyLength: number;
  /** What came in with the current activation that may end a wait. */
  resolver?: Resolver;
  cancelRequested: boolean;
}

/** The state of a run that has not begun. */
export function emptyLiveState(identity: RunIdentity, messages: FailureMessages): LiveState {
  return {
    identity,
    messages,
    keys: stepKeys(),
    open: new Map(),
    timersStarted: new Map(),
    updates: new Map(),
    at: 0,
    historyLength: 0,
    cancelRequested: false,
  };
}
