import type { BackendHttp } from "../http/backend-http.ts";
import { decodeOtlp, isJson, type Json } from "../otlp-decode.ts";
import type { RecordedSpan } from "../recorded-run.ts";

/** What Tempo holds of one trace: no spans when it does not know it. */
export interface TempoTrace {
  readonly spans: readonly RecordedSpan[];
  readonly notes: readonly string[];
}

/** Statuses that answer a question for a trace: unknown, and larger than the server gives out. */
const EXPECTED = [404, 422];

/**
 * Fetches traces by id: by `/api/v2/traces/{id}`, which tells whether the trace is whole, and by `/api/traces/{id}` of
 * servers before 2.7 that do not have it. Which one it is, is found out once.
 */
export function tempoTrace(
  http: BackendHttp,
): (traceId: string, signal: AbortSignal) => Promise<TempoTrace> {
  let hasVersion2: boolean | undefined;

  async function ask(path: string, signal: AbortSignal): Promise<TempoTrace | "absent"> {
    const answer = await http.ask({ path, expected: EXPECTED }, signal);
    if (answer.status === 404) return "absent";
    const traceId = path.slice(path.lastIndexOf("/") + 1);
    if (answer.status === 422) {
      return {
        spans: [],
        notes: [`Tempo does not give out the trace ${traceId}: it is too large.`],
      };
    }
    const json = http.jsonOf(answer);
    if (!isJson(json) || !isTrace(json)) {
      throw http.badAnswer(
        `answered without the trace that Tempo gives. Check that ${http.addressBy} names Tempo itself`,
      );
    }
    return decoded(json, traceId);
  }

  return async (traceId, signal) => {
    if (hasVersion2 !== false) {
      const found = await ask(`api/v2/traces/${traceId}`, signal);
      if (found !== "absent") {
        hasVersion2 = true;
        return found;
      }
    }
    // An unknown trace and an unknown path are both 404: only a server that answered before is known to have the path.
    if (hasVersion2 === true) return { spans: [], notes: [] };
    const found = await ask(`api/traces/${traceId}`, signal);
    if (found === "absent") return { spans: [], notes: [] };
    hasVersion2 = false;
    return found;
  };
}

/** What stands in an answer of either version; an empty one is a trace without spans. */
const PARTS = ["trace", "batches", "resourceSpans", "status", "message", "metrics"];

function isTrace(json: Json): boolean {
  return Object.keys(json).length === 0 || PARTS.some((part) => Object.hasOwn(json, part));
}

/** `{ trace: { resourceSpans }, status, message }` of version 2, `{ batches }` or `{ resourceSpans }` before it. */
function decoded(json: Json, traceId: string): TempoTrace {
  const trace = isJson(json["trace"]) ? json["trace"] : json;
  const { spans } = decodeOtlp({ resourceSpans: trace["resourceSpans"] ?? trace["batches"] });
  const { status, message } = json;
  // An enum of protobuf, which is printed by its name or its number.
  const isPartial = status === "PARTIAL" || status === 1;
  const reason = typeof message === "string" && message !== "" ? ` (${message.slice(0, 200)})` : "";
  return {
    spans: spans.filter((span) => span.traceId === traceId),
    notes: isPartial ? [`Tempo gave only a part of the trace ${traceId}${reason}.`] : [],
  };
}
