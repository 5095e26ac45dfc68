export { type ActiveIdentity, activeIdentity, runWithIdentity } from "./active-identity.ts";
export {
  formatTraceparent,
  parseTraceparent,
  parseXRayHeader,
  type RemoteSpan,
} from "./carrier.ts";
export type { DatadogSpan, DatadogSpanContext, DatadogTracer } from "./datadog-tracer.ts";
export { type LogFieldOptions, type LogFields, logFields } from "./log-fields.ts";
export { type ChildMaker, childLogger, type WorkflowMixin, workflowMixin } from "./mixin.ts";
export type { SpanIds } from "./span-ids.ts";
export { type WithDatadogOptions, withDatadog } from "./with-datadog.ts";
