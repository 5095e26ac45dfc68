import { proxySinks, type WorkflowInterceptors, workflowInfo } from "@temporalio/workflow";
import { identityFields } from "../../core/identity-fields.ts";
import { runIds } from "../../core/ids.ts";
import { isolateSha256 } from "./node-free-sha256.ts";
import { message } from "./proto-value.ts";
import { createRecorder } from "./recorder.ts";
import type { RecorderOptions, RecorderSinks } from "./run-facts.ts";

// A value, and not a type alone, so that the mark is in the bundle.
export { BUNDLE_MARK } from "./run-facts.ts";

/** Fields of every `workflow.log` line: the ids that stand on the run's spans. */
function logFields(): Record<string, unknown> {
  const { workflowId, runId, workflowType, namespace, taskQueue, firstExecutionRunId } =
    workflowInfo();
  const ids = runIds("temporal", runId, isolateSha256);
  return {
    ...identityFields({
      engine: "temporal",
      workflowId,
      runId,
      firstRunId: firstExecutionRunId,
      workflowType,
      namespace,
      taskQueue,
    }),
    trace_id: ids.traceId,
    span_id: ids.span("run"),
    trace_flags: "01",
  };
}

/**
 * The workflow interceptors of the plugin; the SDK calls this once a workflow, inside the isolate.
 *
 * Only `activate` and `concludeActivation` are touched, and `getLogAttributes`, which is synchronous: no promise of
 * the workflow gets a hop more than without. A failure in here is swallowed: what observes must not fail a workflow.
 */
export const interceptors = (options: RecorderOptions = {}): WorkflowInterceptors => {
  const { workflowId, runId, namespace } = workflowInfo();
  const recorder = createRecorder({ engine: "temporal", workflowId, runId, namespace }, options);
  const sinks = proxySinks<RecorderSinks>();
  let fields: Record<string, unknown> | undefined;
  return {
    internals: [
      {
        activate(input, next) {
          guarded(() => recorder.activate(message(input.activation)));
          next(input);
        },
        concludeActivation(input, next) {
          guarded(() => {
            const facts = recorder.conclude(input.commands);
            if (facts !== undefined) sinks.durascope.facts(facts);
          });
          return next(input);
        },
      },
    ],
    outbound: [
      {
        getLogAttributes(input, next) {
          guarded(() => {
            fields ??= logFields();
          });
          return next({ ...fields, ...input });
        },
      },
    ],
  };
};

function guarded(observe: () => void): void {
  try {
    observe();
  } catch {
    // Nothing to tell it to in here that would not itself be a risk; the history still holds the truth.
  }
}
