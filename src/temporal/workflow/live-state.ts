import type { StepOpened } from "../../core/event.ts";
import type { FailureMessages } from "../../core/failure-text.ts";
import type { RunIdentity } from "../../core/identity.ts";
import { type StepKeys, stepKeys } from "./step-keys.ts";
import type { Resolver } from "./wait-resolution.ts";

/** Kinds of steps that a job or a later command speaks of by the sequence number of the command that began them. */
export type OpenKind =
  | "timer"
  | "activity"
  | "child"
  | "signal-external"
  | "cancel-external"
  | "nexus";

/** Name of an open step among those of its run: `activity 3`. */
export function openName(kind: OpenKind, seq: unknown): string {
  return `${kind} ${String(seq)}`;
}

/** What the recorder remembers of a run between activations. */
export interface LiveState {
  readonly identity: RunIdentity;
  readonly messages: FailureMessages;
  readonly keys: StepKeys;
  /** Keys of open steps by {@link openName}. */
  readonly open: Map<string, string>;
  /** Names of the steps that the current workflow task began: what it cancels of them it never sends. */
  readonly begun: Set<string>;
  /** Updates that came in and are not accepted yet, by their protocol instance. */
  readonly updates: Map<string, Pick<StepOpened, "id" | "name" | "links">>;
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
    begun: new Set(),
    updates: new Map(),
    at: 0,
    historyLength: 0,
    cancelRequested: false,
  };
}
