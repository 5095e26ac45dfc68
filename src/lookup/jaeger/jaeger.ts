import { VOCABULARY } from "../../core/vocabulary.ts";
import type { LookupBackend, LookupQuery, RecordedTraces, TraceSearch } from "../backend.ts";
import { type BackendHttp, createBackendHttp } from "../http/backend-http.ts";
import { idAttributes, LONGEST_ID } from "../id-attributes.ts";
import { decodeOtlp, isJson } from "../otlp-decode.ts";
import { readEach } from "../read-each.ts";
import type { RecordedSpan } from "../recorded-run.ts";
import { type JaegerFindings, searchLegacy, searchSummaries } from "./jaeger-search.ts";

/** Where Jaeger is and what is asked of it. */
export interface JaegerBackendOptions {
  /** Address of its UI and HTTP API, with the path it is served under: `http://127.0.0.1:16686`. */
  readonly url: string;
  /** How people set that address, for messages. @default `JAEGER_URL` */
  readonly addressBy?: string;
  /** Headers of every request: `Authorization` for a proxy in front of it. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Address of its UI for links, where browsers reach it by another; `url` by default. */
  readonly uiUrl?: string;
  /** Attributes of business keys to search by, beside the vocabulary's: `["order.id"]`. */
  readonly keys?: readonly string[];
  /** Services to search in, where Jaeger is older than 2.19: all that it knows by default, up to 30. */
  readonly services?: readonly string[];
  /** ms since the epoch; the system's clock by default. */
  readonly now?: () => number;
  /** Longest time for one request, in ms. @default 30,000 */
  readonly timeLimit?: number;
  /** `fetch` of Node by default. */
  readonly fetch?: typeof globalThis.fetch;
}

const DAY = 24 * 3600 * 1000;
/** How far back is searched when nothing is said: Jaeger wants a time, and its stores keep rarely more. */
const REACH = 90 * DAY;
/** Clocks go wrong, and a span that starts ahead of the window's end is not found. */
const AHEAD = DAY;
/** Traces that are fetched at once. */
const MOST_AT_ONCE = 6;

/** The options that an environment sets: `JAEGER_URL`, `JAEGER_UI_URL`, `JAEGER_AUTHORIZATION`; undefined without the first. */
export function jaegerOptionsOf(
  environment: Readonly<Record<string, string | undefined>>,
): JaegerBackendOptions | undefined {
  const value = (name: string): string | undefined => environment[name] || undefined;
  const url = value("JAEGER_URL");
  const uiUrl = value("JAEGER_UI_URL");
  const authorization = value("JAEGER_AUTHORIZATION");
  if (url === undefined) return undefined;
  return {
    url,
    ...(uiUrl !== undefined && { uiUrl }),
    ...(authorization !== undefined && { headers: { Authorization: authorization } }),
  };
}

/**
 * Looks runs up in Jaeger 1.76 and newer, with whatever store is behind it (https://www.jaegertracing.io/docs/latest/apis/).
 *
 * Traces come by `/api/v3/traces/{id}`; the search goes by `/api/v3/trace-summaries`, and on versions before 2.19 by the
 * legacy `/api/traces`. A search covers spans that started in the last 90 days, or since `since`. Jaeger keeps no log
 * lines. Throws `LOOKUP_BAD_ADDRESS` or `LOOKUP_BAD_CREDENTIALS` when the address or a header cannot be used.
 */
export function createJaegerBackend(options: JaegerBackendOptions): LookupBackend {
  const http = createBackendHttp({
    product: "Jaeger",
    baseUrl: options.url,
    addressBy: options.addressBy ?? "JAEGER_URL",
    credentialsBy: "JAEGER_AUTHORIZATION",
    ...(options.headers !== undefined && { headers: options.headers }),
    ...(options.timeLimit !== undefined && { timeLimit: options.timeLimit }),
    ...(options.fetch !== undefined && { fetch: options.fetch }),
  });
  const ui = uiOf(options.uiUrl, http);
  const keys = idAttributes(options.keys).map(({ key }) => key);
  const now = options.now ?? Date.now;
  /** A service for links to the search page of versions that want one. */
  let service = "__all_services__";
  let isOld = false;

  const windowOf = ({ since }: LookupQuery): { from: number; until: number } => {
    const until = now() + AHEAD;
    return { from: Math.max(0, Math.min(since ?? now() - REACH, until - 1)), until };
  };

  async function search(query: LookupQuery, signal: AbortSignal): Promise<TraceSearch> {
    if (query.id.length > LONGEST_ID) {
      return {
        traceIds: [],
        notes: [`Jaeger cannot be searched for an id of more than ${LONGEST_ID} characters.`],
      };
    }
    const question = { id: query.id, keys, ...windowOf(query) };
    const found = isOld ? undefined : await searchSummaries(http, question, signal);
    if (found !== undefined) return withNotes(found, question.from);
    isOld = true;
    const legacy = await searchLegacy(http, question, options.services, signal);
    service = legacy.services?.[0] ?? service;
    return withNotes(legacy, question.from);
  }

  async function fetch(
    traceIds: readonly string[],
    _query: LookupQuery,
    signal: AbortSignal,
  ): Promise<RecordedTraces> {
    const { spans, notes } = await readEach(traceIds, MOST_AT_ONCE, async (traceId) => ({
      spans: await spansOf(http, traceId, signal),
      notes: [],
    }));
    return { spans, logs: [], notes };
  }

  return {
    name: http.name,
    search,
    fetch,
    queryToPaste(query) {
      const { from, until } = windowOf(query);
      const url = new URL("search", ui);
      const tags = JSON.stringify({ [VOCABULARY.id.key]: query.id.slice(0, LONGEST_ID) });
      for (const [key, value] of Object.entries({
        service,
        tags,
        start: `${Math.floor(from)}000`,
        end: `${Math.ceil(until)}000`,
        lookback: "custom",
      }))
        url.searchParams.set(key, value);
      return url.href;
    },
    links: ({ traceId }) => [{ title: "Jaeger: trace", url: new URL(`trace/${traceId}`, ui).href }],
  };
}

/** Where links lead: without credentials, its path ending in a slash. */
function uiOf(uiUrl: string | undefined, http: BackendHttp): string {
  if (uiUrl === undefined) return http.address;
  return createBackendHttp({
    product: "Jaeger's UI",
    baseUrl: uiUrl,
    addressBy: "JAEGER_UI_URL",
    credentialsBy: "JAEGER_AUTHORIZATION",
  }).address;
}

function withNotes(found: JaegerFindings, from: number): TraceSearch {
  const notes: string[] = [];
  if (found.cut)
    notes.push(
      "Jaeger found more traces than one answer may hold. Narrow the search with --since, or look up a run id.",
    );
  if (found.unasked > 0)
    notes.push(
      `This version of Jaeger is searched service by service: ${found.unasked} more services were not asked.`,
    );
  if (found.services?.length === 0) notes.push("Jaeger knows no service: no span has come to it.");
  if (found.traceIds.length === 0)
    notes.push(
      `Jaeger was asked for spans that started since ${new Date(from).toISOString()}; --since asks further back.`,
    );
  return { traceIds: found.traceIds, notes };
}

async function spansOf(
  http: BackendHttp,
  traceId: string,
  signal: AbortSignal,
): Promise<readonly RecordedSpan[]> {
  const { status, json } = await http.askJson(
    {
      path: `api/v3/traces/${traceId}`,
      // As they were sent, without Jaeger's corrections of clocks. Versions differ in the spelling and pass over the other.
      query: [
        ["raw_traces", "true"],
        ["rawTraces", "true"],
      ],
      expected: [404],
    },
    signal,
  );
  if (isJson(json)) {
    if (status === 404 && isJson(json["error"])) return [];
    if (isJson(json["result"])) return decodeOtlp(json["result"]).spans;
  }
  throw http.badAnswer(
    `answered without the trace that Jaeger gives. Check that ${http.addressBy} names the address of Jaeger's UI, of version 1.76 or newer`,
  );
}
