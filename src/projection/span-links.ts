import { runIds, runKey } from "../core/ids.ts";
import type { RunLink } from "../core/model.ts";
import { VOCABULARY } from "../core/vocabulary.ts";
import type { Projection } from "./projection.ts";
import type { AttributeValue, SpanAttributes, SpanRecordLink } from "./span-record.ts";

/** Why a link is there: {@link RunLink.relation}, or `compensates`. */
const RELATION = "link.relation";

/** The links of a span; one that names neither a run nor a span points nowhere and is left out. */
export function spanLinks(p: Projection, links: readonly RunLink[]): SpanRecordLink[] {
  const found: SpanRecordLink[] = [];
  for (const link of links) {
    const { engine, runId, traceId, spanId } = link;
    if (engine !== undefined && runId !== undefined) {
      const ids = runIds(engine, runId, p.sha256);
      const target = ids.span(link.key ?? runKey(0));
      found.push({ traceId: ids.traceId, spanId: target, attributes: linkAttributes(link) });
    } else if (traceId !== undefined && spanId !== undefined) {
      found.push({ traceId, spanId, attributes: linkAttributes(link) });
    }
  }
  return found;
}

function linkAttributes({ relation, workflowId, runId }: RunLink): SpanAttributes {
  const attributes: Record<string, AttributeValue> = { [RELATION]: relation };
  if (workflowId !== undefined) attributes[VOCABULARY.id.key] = workflowId;
  if (runId !== undefined) attributes[VOCABULARY.runId.key] = runId;
  return attributes;
}

/** A link to another span of the same run. */
export function innerLink(
  p: Projection,
  key: string,
  relation: "previous_run" | "compensates",
): SpanRecordLink {
  return {
    traceId: p.ids.traceId,
    spanId: p.ids.span(key),
    attributes: { [RELATION]: relation },
  };
}
