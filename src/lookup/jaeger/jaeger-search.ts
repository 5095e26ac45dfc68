import { boundedMap } from "../bounded-map.ts";
import type { BackendHttp } from "../http/backend-http.ts";
import { traceIdOf } from "../match-id.ts";
import { isJson, objects } from "../otlp-decode.ts";

/** What is searched for: spans that start in a time and of which one of some attributes is the id. */
export interface JaegerQuestion {
  readonly id: string;
  readonly keys: readonly string[];
  /** ms since the epoch. */
  readonly from: number;
  /** ms since the epoch, after `from`. */
  readonly until: number;
}

/** What Jaeger found. */
export interface JaegerFindings {
  /** The newest first. */
  readonly traceIds: readonly string[];
  /** Services that the question was put to, where it has to name one. */
  readonly services?: readonly string[];
  /** Services that it was not put to: there are too many. */
  readonly unasked: number;
  /** Whether an answer was as long as it may be, so that more may have been found. */
  readonly cut: boolean;
}

interface FoundTrace {
  readonly traceId: string;
  /** Start of its first span, ns since the epoch. */
  readonly start: bigint;
}

interface Finding {
  readonly traces: readonly FoundTrace[];
  readonly cut: boolean;
}

/** Traces that one request gives at most. Not more: Jaeger refuses what is over the number of traces it is set to keep. */
const MOST_TRACES = 100;
/** Requests that run at once. */
const MOST_AT_ONCE = 12;
/** Names of Jaeger's own programs, which trace themselves. */
const JAEGERS = /^jaeger(?:-(?:all-in-one|agent|collector|ingester|query))?$/;
/** Services that the legacy search is put to: it is a request a service and attribute. */
const MOST_SERVICES = 30;

/**
 * Searches by the API that Jaeger has since 2.19; undefined when this one does not have it.
 *
 * Attributes of one request have to stand on one span, so there is a request an attribute. Older versions answer an
 * unknown path with the page of the UI and status 200, so it is the content type that tells (seen on 1.76, 2.20 and a
 * development build of 2.22).
 */
export async function searchSummaries(
  http: BackendHttp,
  question: JaegerQuestion,
  signal: AbortSignal,
): Promise<JaegerFindings | undefined> {
  const findings = await boundedMap(question.keys, MOST_AT_ONCE, async (key) => {
    const query = {
      "query.startTimeMin": new Date(question.from).toISOString(),
      "query.startTimeMax": new Date(question.until).toISOString(),
      "query.searchDepth": String(MOST_TRACES),
      // Values have to be JSON strings; they match numbers and booleans by their text.
      "query.attributes": JSON.stringify({ [key]: question.id }),
    };
    const answer = await http.ask(
      { path: "api/v3/trace-summaries", query: Object.entries(query), expected: [404] },
      signal,
    );
    const isJsonAnswer = answer.status !== 404 && answer.contentType === "application/json";
    return isJsonAnswer ? summariesIn(http, http.jsonOf(answer)) : undefined;
  });
  const known = findings.filter((finding) => finding !== undefined);
  return known.length < findings.length ? undefined : joined(known);
}

function summariesIn(http: BackendHttp, json: unknown): Finding {
  const summaries = isJson(json) ? json["summaries"] : undefined;
  if (!Array.isArray(summaries)) throw notJaeger(http, "summaries");
  const traces = objects(summaries).flatMap((summary) =>
    foundTrace(summary["traceId"], [nanoseconds(summary["minStartTimeUnixNano"])]),
  );
  return { traces, cut: summaries.length >= MOST_TRACES };
}

/**
 * Searches by the legacy API of Jaeger's UI, which 2.21 dropped: a request a service and attribute.
 *
 * @param services those to ask; all that Jaeger knows when undefined
 */
export async function searchLegacy(
  http: BackendHttp,
  question: JaegerQuestion,
  services: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<JaegerFindings> {
  const all = services ?? (await servicesOf(http, signal));
  const asked = all.slice(0, MOST_SERVICES);
  const pairs = asked.flatMap((service) => question.keys.map((key) => ({ service, key })));
  const findings = await boundedMap(pairs, MOST_AT_ONCE, async ({ service, key }) => {
    const query = {
      service,
      tags: JSON.stringify({ [key]: question.id }),
      // Microseconds. Without them only the last hour or two are searched.
      start: String(Math.floor(question.from) * 1000),
      end: String(Math.ceil(question.until) * 1000),
      limit: String(MOST_TRACES),
    };
    // It answers with whole traces, of which the ids alone matter.
    const answer = await http.ask(
      { path: "api/traces", query: Object.entries(query), mayBeCut: true },
      signal,
    );
    return answer.isCut === true
      ? beginningOfTraces(http, answer.text)
      : legacyTracesIn(http, http.jsonOf(answer));
  });
  return { ...joined(findings), services: asked, unasked: all.length - asked.length };
}

async function servicesOf(http: BackendHttp, signal: AbortSignal): Promise<string[]> {
  const { status, json } = await http.askJson({ path: "api/services", expected: [404] }, signal);
  const data = isJson(json) ? json["data"] : undefined;
  if (status === 404 || (data !== null && !Array.isArray(data))) throw notJaeger(http, "services");
  // Jaeger's traces of itself are no one's workflow.
  return (data ?? []).filter(
    (service): service is string => typeof service === "string" && !JAEGERS.test(service),
  );
}

function legacyTracesIn(http: BackendHttp, json: unknown): Finding {
  const data = isJson(json) ? json["data"] : undefined;
  if (data !== null && !Array.isArray(data)) throw notJaeger(http, "traces");
  const found = objects(data);
  const traces = found.flatMap((trace) =>
    foundTrace(
      trace["traceID"],
      objects(trace["spans"]).map((span) => nanoseconds(span["startTime"]) * 1000n),
    ),
  );
  return { traces, cut: found.length >= MOST_TRACES };
}

/** The traces in the beginning of an answer that is too large to be read. Nobody knows when they began. */
function beginningOfTraces(http: BackendHttp, text: string): Finding {
  const traces = new Map<string, FoundTrace>();
  // Within a text of JSON quotes are escaped, so this is a member of a trace or a span.
  for (const [, traceId = ""] of text.matchAll(/"traceID":\s?"([0-9a-f]{1,32})"/g))
    for (const trace of foundTrace(traceId, [])) traces.set(trace.traceId, trace);
  if (traces.size === 0 && text !== "") throw notJaeger(http, "traces");
  return { traces: [...traces.values()], cut: true };
}

function foundTrace(traceId: unknown, starts: readonly bigint[]): FoundTrace[] {
  // The legacy API leaves an upper half of zeros out.
  const id = typeof traceId === "string" ? traceIdOf(traceId) : undefined;
  if (id === undefined) return [];
  const start = starts.reduce((least, at) => (at < least ? at : least), starts[0] ?? 0n);
  return [{ traceId: id, start }];
}

function joined(findings: readonly Finding[]): JaegerFindings {
  const traces = findings.flatMap((finding) => finding.traces);
  const newestFirst = traces.toSorted((a, b) => Number(b.start - a.start));
  return {
    traceIds: [...new Set(newestFirst.map((trace) => trace.traceId))],
    unasked: 0,
    cut: findings.some((finding) => finding.cut),
  };
}

function nanoseconds(value: unknown): bigint {
  const text = String(value);
  return /^\d{1,20}$/.test(text) ? BigInt(text) : 0n;
}

function notJaeger(http: BackendHttp, what: string): Error {
  return http.badAnswer(
    `answered without the list of ${what} that Jaeger gives. Check that ${http.addressBy} names the address of Jaeger's UI`,
  );
}
