import type { RunIds, Sha256 } from "../core/ids.ts";
import type { WorkflowTrace } from "../core/model.ts";
import type { AttributeValue, SpanRecord } from "./span-record.ts";

/** One projection of a trace into spans, on its way. */
export interface Projection {
  readonly trace: WorkflowTrace;
  readonly ids: RunIds;
  /** Attributes of every span. */
  readonly base: Readonly<Record<string, AttributeValue>>;
  readonly sha256: Sha256;
  readonly spans: SpanRecord[];
  /** Only what an event after this one made final is wanted. */
  readonly after: number;
  readonly attempts: boolean;
}
