import type { WorkflowTrace } from "../../src/core/model.ts";

/** A run of the type `saga` on Temporal, of which nothing is known but that it began, at 1,000 ms unless `started` says otherwise. */
export function openTrace(runId: string, more: Partial<WorkflowTrace> = {}): WorkflowTrace {
  const { started = 1000 } = more;
  return {
    engine: "temporal",
    workflowId: `id of ${runId}`,
    runId,
    firstRunId: runId,
    type: "saga",
    namespace: "shop",
    links: [],
    started,
    redrive: 0,
    segments: [{ started, openedBy: 1 }],
    steps: [],
    taskFaults: [],
    attributes: {},
    degraded: false,
    lastEvent: 1,
    ...more,
  };
}
