export type { TraceOptions } from "../core/trace-options.ts";
export { traceFromHistory, type WorkflowIdentity } from "./history.ts";
export type { EventHistory } from "./history-event.ts";
export {
  type WorkflowIdsOptions,
  type WrappedProcessor,
  withWorkflowIds,
} from "./official/with-workflow-ids.ts";
export { type WorkflowTracing, workflowTracing } from "./plugin.ts";
export type { WorkflowTracingOptions } from "./tracing-options.ts";
