import { type FailureMessages, failureText, failureType } from "../core/failure-text.ts";
import { property } from "../host/property.ts";
import { activeIdentity } from "./active-identity.ts";
import { runWithDatadogSpan, type StepEnding } from "./datadog-span.ts";
import { checkTracer, type DatadogTracer } from "./datadog-tracer.ts";

/** What {@link withDatadog} may be told; nothing needs to be. */
export interface WithDatadogOptions {
  /** What becomes of the messages of errors. @default "keep", cut to 256 characters */
  readonly failureMessages?: FailureMessages;
  /** Takes why `dd-trace`'s span could not join the run's trace, once. @default process.emitWarning */
  readonly onWarning?: (message: string) => void;
}

/**
 * Wraps what runs for a step of a workflow, a Lambda handler that `withWorkflow` wraps above all, for a process whose tracer
 * is `dd-trace`: `withWorkflow(withDatadog(handler, tracer))`. Where a span of `dd-trace` is active (that of Datadog's Lambda
 * library), it gets `workflow.id` and the other ids as tags; where none is, `dd-trace`'s spans inside stand in the run's trace,
 * under the invocation's span. Outside of a step it only calls.
 *
 * What is given is called with the same `this` and parameters, and what it gives or throws passes unchanged. Throws a
 * `DurascopeError` (`DATADOG_TRACER`) for what is no tracer.
 */
export function withDatadog<Parameters extends unknown[], Result>(
  run: (...parameters: Parameters) => Result,
  tracer: DatadogTracer,
  options: WithDatadogOptions = {},
): (...parameters: Parameters) => Result {
  checkTracer(tracer);
  let said = false;
  const spanOptions = {
    endingOf: (error: unknown) => endingOf(error, options.failureMessages),
    onTrouble(message: string): void {
      if (said) return;
      said = true;
      (options.onWarning ?? emitWarning)(`durascope: ${message}`);
    },
  };
  function wrapper(this: unknown, ...parameters: Parameters): Result {
    const call = (): Result => Reflect.apply(run, this, parameters);
    const identity = activeIdentity();
    return identity === undefined
      ? call()
      : runWithDatadogSpan(tracer, identity, call, spanOptions);
  }
  // Lambda's runtime, and `withWorkflow`, tell streaming handlers by symbols, and callbacks by the number of parameters.
  for (const mark of Object.getOwnPropertySymbols(run)) {
    Reflect.set(wrapper, mark, Reflect.get(run, mark));
  }
  Object.defineProperty(wrapper, "length", { value: run.length });
  return wrapper;
}

function endingOf(error: unknown, rule: FailureMessages | undefined): StepEnding {
  const message = failureText(property(error, "message"), rule);
  const type = failureType(error instanceof Error ? error.name : typeof error);
  return { outcome: "failed", failure: { type, ...(message !== undefined && { message }) } };
}

function emitWarning(message: string): void {
  process.emitWarning(message, { code: "DURASCOPE_DATADOG" });
}
