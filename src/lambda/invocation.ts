import { randomUUID } from "node:crypto";
import { identityFields } from "../core/identity-fields.ts";
import { runIds } from "../core/ids.ts";
import type { ActiveIdentity } from "../correlation/active-identity.ts";
import { parseXRayHeader, type RemoteSpan } from "../correlation/carrier.ts";
import { nodeSha256 } from "../host/node-sha256.ts";
import { property } from "../host/property.ts";
import type { FinishedSpan } from "../host/readable-span.ts";
import { stateInvocation } from "../stepfunctions/context-object.ts";
import type { InvocationFailure } from "./failure.ts";
import { functionAttributes, type LambdaContext } from "./lambda-context.ts";

type Attributes = Record<string, string | number | boolean>;

/** One run of a handler: what is known of it when it begins. Nothing of the event is kept but the workflow's ids. */
export interface Invocation {
  /** The span so far; its end and its status are still to come. */
  readonly span: FinishedSpan;
  /** The step that it runs for; absent when no state machine sent the event. */
  readonly identity?: ActiveIdentity;
}

/** How a run of a handler ended. */
export interface InvocationEnd {
  readonly outcome: "completed" | "failed" | "timed_out";
  readonly failure?: InvocationFailure;
  readonly attributes?: Attributes;
}

/**
 * Reads an invocation off its event: under the attempt of the Step Functions state that sent it, else in a trace of its
 * own. All ids are derived from the execution and the request id, so that a second delivery of the span, or a reader of
 * the history, names the same span. AWS X-Ray's segment is linked and not a parent: its sampling must not decide about our
 * span, and its segments are not where ours go.
 */
export function beginInvocation(
  event: unknown,
  context: LambdaContext,
  coldStart: boolean,
): Invocation {
  const { awsRequestId = randomUUID(), functionName = "lambda", xRayTraceId } = context;
  const segment = parseXRayHeader(xRayTraceId ?? process.env["_X_AMZN_TRACE_ID"]);
  const startTime = Date.now();
  const span = {
    name: functionName,
    kind: "SERVER",
    startTime,
    endTime: startTime,
    attributes: functionAttributes(context, coldStart),
    status: { code: "UNSET" },
    links: segment === undefined ? [] : [xrayLink(segment)],
    events: [],
  } as const;
  const state = stateInvocation(event);
  if (state === undefined) {
    const hash = nodeSha256(`lambda/${awsRequestId}`);
    return { span: { ...span, traceId: hash.slice(0, 32), spanId: hash.slice(32, 48) } };
  }
  const { identity, attemptKey, redrive } = state;
  const ids = runIds(identity.engine, identity.runId, nodeSha256);
  const own = {
    traceId: ids.traceId,
    spanId: ids.span(`${attemptKey}/invocation/${awsRequestId}`),
  };
  const attributes = {
    ...identityFields(identity),
    ...span.attributes,
    "aws.step_functions.execution.arn": identity.runId,
    ...(redrive > 0 && { "workflow.redrive": redrive }),
  };
  return {
    span: { ...span, ...own, parentSpanId: ids.attempt(attemptKey), attributes },
    identity: { ...identity, ...own },
  };
}

function xrayLink({ traceId, spanId }: RemoteSpan): FinishedSpan["links"][number] {
  return { traceId, spanId, attributes: { "link.relation": "xray" } };
}

/** The finished span of an invocation: ERROR when it failed, timed out, or failed for a part of its batch. */
export function endedSpan(
  span: FinishedSpan,
  { outcome, failure, attributes }: InvocationEnd,
  endTime: number,
): FinishedSpan {
  return {
    ...span,
    endTime,
    attributes: {
      ...span.attributes,
      ...attributes,
      "workflow.outcome": outcome,
      ...(failure && { "error.type": failure.type }),
      ...(failure?.message !== undefined && { "error.message": failure.message }),
    },
    status: failure ? { code: "ERROR", message: failure.message ?? failure.type } : span.status,
  };
}

/** How a handler's result ends its invocation: a batch with failed items is an error, though the handler returned. */
export function endOfResult(result: unknown, event: unknown): InvocationEnd {
  const failed = property(property(result, "batchItemFailures"), "length");
  if (typeof failed !== "number" || failed === 0) return { outcome: "completed" };
  // Of an event without records at least those that failed are known.
  const size = Number(property(property(event, "Records"), "length")) || failed;
  return {
    outcome: "failed",
    failure: { type: "PartialBatchFailure", message: `${failed} of ${size} messages failed` },
    attributes: { "messaging.batch.message_count": size, "durascope.batch.failed_count": failed },
  };
}
