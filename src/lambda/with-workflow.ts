import { DurascopeError } from "../core/errors.ts";
import { runWithIdentity } from "../correlation/active-identity.ts";
import { isDisabled } from "../host/disabled.ts";
import { withActiveSpan } from "../host/opentelemetry-global.ts";
import { property } from "../host/property.ts";
import { remainingMs, watchDeadline } from "./deadline.ts";
import { spanDelivery } from "./delivery.ts";
import { failureOf } from "./failure.ts";
import {
  beginInvocation,
  endedSpan,
  endOfResult,
  type Invocation,
  type InvocationEnd,
} from "./invocation.ts";
import type { LambdaContext } from "./lambda-context.ts";
import { checkOptions, type WithWorkflowOptions } from "./options.ts";

/** Any handler of Lambda's Node.js runtime: async, sync, or streaming. */
export type LambdaHandler = (...parameters: never[]) => unknown;

/** Marks of a streaming handler, which takes `(event, responseStream, context)`. */
const STREAMING = Symbol.for("aws.lambda.runtime.handler.streaming");
const HIGH_WATER_MARK = Symbol.for("aws.lambda.runtime.handler.streaming.highWaterMark");

const DEFAULT_FLUSH_TIMEOUT_MS = 50;
/** What is left of the timeout after the last flush, for Lambda's own way out. */
const SPARE_MS = 50;

/** Lambda's own name for it, as the history of the state machine has it. */
const TIMED_OUT: InvocationEnd = {
  outcome: "timed_out",
  failure: { type: "Sandbox.Timedout", message: "about to reach the function's timeout" },
};

/**
 * Wraps a Lambda handler: each invocation gives one SERVER span, the child of the try of the Step Functions state
 * that called it, with ids derived from the execution and the request id. Log lines (`workflowMixin`, `childLogger`) and
 * OpenTelemetry spans inside of the handler belong to it.
 *
 * The result and whatever is thrown pass through unchanged, after the span was delivered or `flushTimeoutMs` (50 ms) at
 * most; a handler that returns or throws at once gives a promise of the same. Shortly before the function's timeout the
 * span is sent as timed out; a handler that then ends after all has it sent again, with the same id. Nothing of the
 * event but the workflow's ids is recorded.
 *
 * Throws a `DurascopeError` for an unknown option, and for a handler that takes a callback, as Lambda's runtime for
 * Node.js 24 does. `DURASCOPE_DISABLED=true` gives the handler itself.
 */
export function withWorkflow<Parameters extends unknown[], Result>(
  handler: (...parameters: Parameters) => Promise<Result>,
  options?: WithWorkflowOptions,
): (...parameters: Parameters) => Promise<Result>;
/** The same around a handler that may return at once: its wrapper gives a promise of the result. */
export function withWorkflow<Parameters extends unknown[], Result>(
  handler: (...parameters: Parameters) => Result,
  options?: WithWorkflowOptions,
): (...parameters: Parameters) => Result | Promise<Awaited<Result>>;
export function withWorkflow(
  handler: LambdaHandler,
  options: WithWorkflowOptions = {},
): LambdaHandler {
  const environment = process.env;
  if (isDisabled(environment)) return handler;
  const streaming: unknown = Reflect.get(Object(handler), STREAMING);
  if (typeof handler !== "function" || (handler.length > 2 && streaming === undefined)) {
    throw new DurascopeError(
      "LAMBDA_HANDLER",
      "withWorkflow needs an async handler, without a callback",
    );
  }
  checkOptions(options);
  const deliver = spanDelivery(options, environment);
  const { flushTimeoutMs = DEFAULT_FLUSH_TIMEOUT_MS, failureMessages } = options;
  // Instances that were provisioned beforehand were initialised without a caller waiting.
  let coldStart = environment["AWS_LAMBDA_INITIALIZATION_TYPE"] !== "provisioned-concurrency";

  // Nothing of an invocation lives outside of its call: several may overlap in one thread.
  function wrapper(this: unknown, ...parameters: unknown[]): unknown {
    const [event] = parameters;
    const context: LambdaContext = Object(parameters[streaming === undefined ? 1 : 2]);
    const call = (): unknown => Reflect.apply(handler, this, parameters);
    const startedAt = performance.now();
    let invocation: Invocation;
    let callOff: () => void;
    try {
      invocation = beginInvocation(event, context, coldStart);
      coldStart = false;
      callOff = watchDeadline(context, flushTimeoutMs + SPARE_MS, () => {
        void send(() => TIMED_OUT);
      });
    } catch {
      return call();
    }
    const { span, identity } = invocation;

    async function send(describe: () => InvocationEnd): Promise<void> {
      try {
        const endTime = span.startTime + performance.now() - startedAt;
        // Never all that is left: the result must still get out.
        const bound = Math.min(flushTimeoutMs, remainingMs(context) / 2);
        await deliver(endedSpan(span, describe(), endTime), bound);
      } catch {
        // What observes never fails what it observes.
      }
    }

    let result: unknown;
    let returned = false;
    async function observed(): Promise<unknown> {
      let end = (): InvocationEnd => endOfResult(value, event);
      let value: unknown;
      try {
        result =
          identity === undefined
            ? withActiveSpan(span.traceId, span.spanId, call)
            : runWithIdentity(identity, call);
        returned = true;
        value = await result;
        return value;
      } catch (error) {
        end = () => ({ outcome: "failed", failure: failureOf(error, event, failureMessages) });
        throw error;
      } finally {
        callOff();
        await send(end);
      }
    }

    const settled = observed();
    // A runtime with callbacks takes the end of the event loop, which the delivery puts off, as the answer of a handler
    // that gives no promise.
    const hasCallbacks = streaming === undefined && typeof parameters[2] === "function";
    const isAnswer = returned && hasCallbacks && typeof property(result, "then") !== "function";
    return isAnswer ? result : settled;
  }
  for (const mark of [STREAMING, HIGH_WATER_MARK]) {
    const value: unknown = Reflect.get(handler, mark);
    if (value !== undefined) Reflect.set(wrapper, mark, value);
  }
  return wrapper;
}
