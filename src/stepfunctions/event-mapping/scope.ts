import type { Failure } from "../../core/model.ts";

/** A place in the nesting of a state machine: which state, container, iteration or attempt an event belongs to. */
export interface Frame {
  readonly kind: "root" | "state" | "container" | "iteration" | "attempt";
  /** Index of the frame around it; -1 around the root. */
  readonly parent: number;
  readonly name: string;
  /** Key of the step that a state or an iteration is. */
  readonly key?: string;
  /** `Task`, `Map`, `Parallel`, ... of a state. */
  readonly stateType?: string;
  /** Index of an iteration. */
  readonly index?: number;
  /** Index of the innermost iteration around it. */
  readonly mapIndex?: number;
  /** Milliseconds since the epoch at which a state was entered, and the id of that event. */
  readonly entered?: number;
  readonly enteredBy?: number;
  open: boolean;
  /** How often it was tried since the last redrive, and in which redrive that was. */
  attempts?: number;
  redrive?: number;
  /** The newest failure of a state that is not made good yet. */
  failure?: Failure;
  /** When that was, in milliseconds since the epoch. */
  failedAt?: number;
  /** Key of the open wait that its current attempt handed over to, and when that wait gives up. */
  wait?: string;
  awaitsToken?: boolean;
  deadline?: number;
}

/** Scopes of a whole execution as plain JSON data: frames, and the frame that each event (by its id) stands in. */
export interface Scopes {
  readonly frames: Frame[];
  readonly ofEvent: number[];
}

/** Scopes before the first event. */
export function emptyScopes(): Scopes {
  return { frames: [{ kind: "root", parent: -1, name: "", open: true }], ofEvent: [0] };
}

/** The nearest frame from `at` outwards that fits, -1 when none does. */
export function outwards(scopes: Scopes, at: number, fits: (frame: Frame) => boolean): number {
  let index = at;
  for (let frame = scopes.frames[index]; frame !== undefined; frame = scopes.frames[index]) {
    if (fits(frame)) return index;
    index = frame.parent;
  }
  return -1;
}

/** The newest frame that fits, of those that are newer than the frame `after`; -1 when none does. */
export function newest(scopes: Scopes, fits: (frame: Frame) => boolean, after = 0): number {
  for (let index = scopes.frames.length - 1; index > after; index -= 1) {
    const frame = scopes.frames[index];
    if (frame !== undefined && fits(frame)) return index;
  }
  return -1;
}

/** Adds a frame and gives its index. */
export function push(scopes: Scopes, frame: Frame): number {
  return scopes.frames.push(frame) - 1;
}
