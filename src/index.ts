import type { WorkflowTrace } from "./core/model.ts";
import { nodeSha256 } from "./host/node-sha256.ts";
import type { SpanRecord } from "./projection/span-record.ts";
import { projectSpans, type SpanOptions } from "./projection/spans.ts";

export { DurascopeError, isDurascopeError } from "./core/errors.ts";
export { type BrokenLaw, checkGrowth, checkLaws } from "./core/laws.ts";
export type {
  Attempt,
  Engine,
  Failure,
  RunLink,
  RunOutcome,
  Segment,
  Step,
  StepKind,
  StepOutcome,
  TaskFault,
  Wait,
  WaitKind,
  WaitOutcome,
  WorkflowTrace,
} from "./core/model.ts";
export { stepsOf } from "./core/model.ts";
export {
  type NeutralKind,
  type NeutralStep,
  type NeutralTree,
  neutralTree,
  renderNeutralTree,
} from "./core/neutral-tree.ts";
export type { ParseError, Result, Warning } from "./core/result.ts";
export type { RunInput, TraceOptions } from "./core/trace-options.ts";
export {
  VOCABULARY,
  VOCABULARY_VERSION,
  type VocabularyEntry,
  type VocabularyName,
} from "./core/vocabulary.ts";
export type {
  AttributeValue,
  SpanAttributes,
  SpanRecord,
  SpanRecordEvent,
  SpanRecordLink,
} from "./projection/span-record.ts";
export type { SpanOptions } from "./projection/spans.ts";

/**
 * The finished spans of a trace, with ids derived from the run's identity: the same trace gives the same spans, in
 * any process and at any time. What is open has no span yet but its marker.
 */
export function spansOf(trace: WorkflowTrace, options: SpanOptions = {}): SpanRecord[] {
  return projectSpans(trace, nodeSha256, options);
}
