export type { TraceOptions } from "../core/trace-options.ts";
export { traceFromHistory, type WorkflowIdentity } from "./history.ts";
export type { EventHistory } from "./history-event.ts";
