import { runIds, runKey } from "../core/ids.ts";
import type { RunLink } from "../core/model.ts";
import { VOCABULARY } from "../core/vocabulary.ts";
import type { Projection } from "./projection.ts";
import type { AttributeValue, SpanRecordLink } from "./span-record.ts";

/** Why a link is there: {@link RunLink.relation}, or `compensates`. */
const RELATION = "link.relation";

/** The links of a span; one that names neither a run nor a span points nowhere and is left out. */
export function spanLinks(p: Projection, links: readonly RunLink[]): SpanRecordLink[] {
  return links.flatMap((link) => {
    const target = targetOf(p, link);
    if (target === undefined) return [];
    const attributes: Record<string, AttributeValue> = { [RELATION]: link.relation };
    if (link.workflowId !== undefined) attributes[VOCABULARY.id.key] = link.workflowId;
    if (link.runId !== undefined) attributes[VOCABULARY.runId.key] = link.runId;
    return [{ ...target, attributes }];
  });
}

function targetOf(
  p: Projection,
  { engine, runId, key, traceId, spanId }: RunLink,
): Pick<SpanRecordLink, "traceId" | "spanId"> | undefined {
  if (engine !== undefined && runId !== undefined) {
    const ids = runIds(engine, runId, p.sha256);
    return { traceId: ids.traceId, spanId: ids.span(key ?? runKey(0)) };
  }
  return traceId === undefined || spanId === undefined ? undefined : { traceId, spanId };
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
