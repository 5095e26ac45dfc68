import type { Engine } from "./model.ts";
import { formatTime } from "./time.ts";

/** SHA-256 of a UTF-8 string as 64 lower-case hex digits; injected, since this code runs in Node and in the workflow isolate. */
export type Sha256 = (text: string) => string;

/** The ids of one run: same identity, same ids, in every process and at any time. */
export interface RunIds {
  /** 32 hex digits. */
  readonly traceId: string;
  /** Span id (16 hex digits) of the run, a step, a wait or a marker. */
  span(key: string): string;
  /** Span id (16 hex digits) of an attempt. */
  attempt(key: string): string;
}

/** W3C Trace Context: an id of zeros is invalid. */
function nonZero(hex: string): string {
  return /^0+$/.test(hex) ? `${hex.slice(1)}1` : hex;
}

/** Clears the top bit of a 16-digit half, as Datadog's 63-bit ids need it. */
function clearTopBit(half: string): string {
  return (Number.parseInt(half.slice(0, 1), 16) & 7).toString(16) + half.slice(1);
}

/**
 * Derives the ids of a run (the byte recipe: docs/attributes.md).
 *
 * On Temporal the run id is hashed, not the namespace: run ids are unique. On Step Functions the trace id and the
 * attempts' ids are those that Datadog's Lambda library derives from the same execution and state.
 */
export function runIds(engine: Engine, runId: string, sha256: Sha256): RunIds {
  if (engine === "temporal") {
    const span = (key: string): string => nonZero(sha256(`temporal/${runId}/${key}`).slice(0, 16));
    return { traceId: nonZero(sha256(`temporal/${runId}`).slice(0, 32)), span, attempt: span };
  }
  const hash = sha256(runId);
  return {
    traceId: nonZero(clearTopBit(hash.slice(0, 16)) + clearTopBit(hash.slice(16, 32))),
    span: (key) => nonZero(sha256(`${runId}#${key}`).slice(0, 16)),
    attempt: (key) => nonZero(clearTopBit(sha256(`${runId}#${key}`).slice(0, 16))),
  };
}

/** Key of the run's own span; of segment n after n redrives. */
export function runKey(segment: number): string {
  return segment === 0 ? "run" : `run#${segment}`;
}

/** What identifies an attempt of a Step Functions state, all of it known to the handler from its payload. */
export interface StateAttempt {
  readonly state: string;
  /** Entry into the state, ISO 8601 in any precision, or milliseconds since the epoch. */
  readonly enteredTime: string | number;
  /** 0-based, as `$$.State.RetryCount`. */
  readonly retry: number;
  /** 0-based, as `$$.Execution.RedriveCount`. */
  readonly redrive: number;
  /** Index of the innermost Map iteration, as `$$.Map.Item.Index`. */
  readonly mapIndex?: number;
}

/** Key of an attempt of a Step Functions state; `enteredTime` is normalised to milliseconds (`invalid time` when it is none). */
export function stateAttemptKey(attempt: StateAttempt): string {
  const entered = formatTime(new Date(attempt.enteredTime).getTime());
  const again =
    attempt.retry > 0 || attempt.redrive > 0 ? `#${attempt.retry}#${attempt.redrive}` : "";
  const index = attempt.mapIndex === undefined ? "" : `#${attempt.mapIndex}`;
  return `${attempt.state}#${entered}${again}${index}`;
}

/**
 * Whether a trace is kept at a ratio between 0 and 1: the low 56 bits of its id against one threshold, the same in
 * every process (https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/).
 */
export function isSampled(traceId: string, ratio: number): boolean {
  // 56 bits do not fit a number; comparing a bigint with a number is exact.
  return BigInt(`0x${traceId.slice(18, 32)}`) >= (1 - ratio) * 2 ** 56;
}
