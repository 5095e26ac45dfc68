export type { TraceOptions } from "../core/trace-options.ts";
export { type ExecutionArn, parseExecutionArn } from "./arn.ts";
export { type MemoryCheckpointOptions, memoryCheckpoints } from "./checkpoints/memory.ts";
export { type ExecutionIdentity, traceFromHistory } from "./history.ts";
export type { ExecutionHistory, HistoryEvent } from "./history-event.ts";
export { StepFunctionsPoller } from "./poller.ts";
export type { PollerLogger, StepFunctionsPollerOptions } from "./poller-options.ts";
export type { PollerStats } from "./poller-stats.ts";
export type { StepFunctionsApi, StepFunctionsClient } from "./step-functions-api.ts";
