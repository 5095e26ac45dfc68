export type { TraceOptions } from "../core/trace-options.ts";
export { type ExecutionArn, parseExecutionArn } from "./arn.ts";
export { type ExecutionIdentity, traceFromHistory } from "./history.ts";
export type { ExecutionHistory, HistoryEvent } from "./history-event.ts";
