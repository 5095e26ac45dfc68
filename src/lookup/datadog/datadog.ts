import { DurascopeError } from "../../core/errors.ts";
import type { LookupBackend, LookupQuery, RecordedTraces, TraceSearch } from "../backend.ts";
import { boundedMap } from "../bounded-map.ts";
import { createBackendHttp } from "../http/backend-http.ts";
import { idAttributes, LONGEST_ID } from "../id-attributes.ts";
import { isJson } from "../otlp-decode.ts";
import { candidateTraces } from "../story/candidate-traces.ts";
import { type KnownTraces, knownTraces } from "./datadog-ids.ts";
import { datadogById, datadogByTraces } from "./datadog-query.ts";
import { logOfDatadog, spanOfDatadog } from "./datadog-record.ts";
import { type DatadogFound, type DatadogQuestion, searchDatadog } from "./datadog-search.ts";
import { datadogLinks, datadogSite, loopbackUrl } from "./datadog-site.ts";

/** Whom to ask at Datadog, and with which keys. */
export interface DatadogBackendOptions {
  /** An API key. Sent to the site's API alone, printed nowhere. */
  readonly apiKey: string;
  /** An application key that may read spans (`apm_read`) and log lines (`logs_read_data`). */
  readonly appKey: string;
  /** @default `datadoghq.com` */
  readonly site?: string;
  /** A server that stands in for Datadog's API in tests; on this machine, else it is refused. */
  readonly apiUrl?: string;
  /** Attributes of business keys to search by, beside the vocabulary's: `["order.id"]`. */
  readonly keys?: readonly string[];
  /** ms since the epoch; the system's clock by default. */
  readonly now?: () => number;
}

/** How far back is searched by default, in ms: Datadog keeps retained spans for 15 or 30 days. */
const REACH = 30 * 24 * 3600 * 1000;
/** For so long Datadog has every span that came, in ms; after that only those that a retention filter keeps. */
const LIVE = 15 * 60_000;
/** Pages of 1,000 for a search, and for all spans or log lines of one group of traces. */
const SEARCH_PAGES = 2;
const FETCH_PAGES = 10;
/** Traces in one question. */
const GROUP = 20;
/** Groups that are fetched at once. */
const MOST_AT_ONCE = 2;

/** The queries for spans and for log lines, and how much is read of what they find. */
interface Asked extends Pick<DatadogQuestion, "pages" | "withOldest"> {
  readonly spans: string;
  readonly logs: string;
}

/**
 * The options that an environment sets, by Datadog's own names. Throws `LOOKUP_DATADOG_KEYS` when a key is missing.
 */
export function datadogOptionsOf(
  environment: Readonly<Record<string, string | undefined>>,
): DatadogBackendOptions {
  const value = (...names: readonly string[]): string | undefined =>
    names
      .map((name) => environment[name]?.trim())
      .find((text) => text !== undefined && text !== "");
  const apiKey = value("DD_API_KEY", "DATADOG_API_KEY");
  const appKey = value("DD_APP_KEY", "DD_APPLICATION_KEY", "DATADOG_APP_KEY");
  if (apiKey === undefined || appKey === undefined) {
    throw new DurascopeError(
      "LOOKUP_DATADOG_KEYS",
      `Datadog answers only with an API key and an application key, and ${apiKey === undefined ? "DD_API_KEY" : "DD_APP_KEY"} is not set. Set DD_API_KEY, DD_APP_KEY and DD_SITE.`,
    );
  }
  const site = value("DD_SITE", "DATADOG_SITE");
  const apiUrl = value("DURASCOPE_DATADOG_URL");
  return {
    apiKey,
    appKey,
    ...(site !== undefined && { site }),
    ...(apiUrl !== undefined && { apiUrl }),
  };
}

/**
 * Looks runs up in Datadog: spans and log lines by the search of its API v2.
 *
 * Spans are asked for twice, among those of the last 15 minutes, which Datadog has all of, and among the retained ones of the
 * last 30 days, or since `since`. Datadog allows 300 requests an hour; a lookup takes about eight. Throws
 * `LOOKUP_DATADOG_SITE` when the keys would go to a foreign host, `LOOKUP_BAD_CREDENTIALS` when a key cannot be sent.
 */
export function createDatadogBackend(options: DatadogBackendOptions): LookupBackend {
  const site = datadogSite(options.site ?? "datadoghq.com");
  const http = createBackendHttp({
    product: "Datadog",
    baseUrl: options.apiUrl === undefined ? site.apiUrl : loopbackUrl(options.apiUrl),
    headers: { "DD-API-KEY": options.apiKey, "DD-APPLICATION-KEY": options.appKey },
    addressBy: "DD_SITE",
    credentialsBy: "DD_API_KEY and DD_APP_KEY",
  });
  const attributes = idAttributes(options.keys);
  const now = options.now ?? Date.now;

  /** Live and retained spans, and log lines. Log lines that cannot be read are a note: the keys may be for spans alone. */
  async function ask(
    query: Asked,
    since: number,
    signal: AbortSignal,
  ): Promise<{ spans: DatadogFound; logs: DatadogFound }> {
    const to = now();
    const live = Math.max(since, to - LIVE);
    const { pages, withOldest = false } = query;
    const spans = { of: "spans", query: query.spans, to, pages, withOldest } as const;
    const logs = { of: "logs", query: query.logs, from: since, to, pages } as const;
    const [fresh, retained, lines] = await Promise.all([
      searchDatadog(http, { ...spans, from: live }, signal),
      since < live ? searchDatadog(http, { ...spans, from: since }, signal) : NOTHING,
      searchDatadog(http, logs, signal).catch((error: unknown): DatadogFound => {
        signal.throwIfAborted();
        const reason = error instanceof Error ? error.message : String(error);
        return { data: [], notes: [`The log lines could not be read: ${reason}`] };
      }),
    ]);
    return { spans: both(fresh, retained), logs: lines };
  }

  async function search(query: LookupQuery, signal: AbortSignal): Promise<TraceSearch> {
    if (query.id.length > LONGEST_ID) {
      const note = `Datadog cannot be searched for an id of more than ${LONGEST_ID} characters.`;
      return { traceIds: [], notes: [note] };
    }
    const text = datadogById(query.id, attributes);
    const to = now();
    const since = Math.min(query.since ?? to - REACH, to - 1);
    const found = await ask({ spans: text, logs: text, pages: SEARCH_PAGES }, since, signal);
    // A trace that is known by the lower half of its id alone may be the one that the id's own trace id names in whole.
    const own = knownTraces(candidateTraces(query.id));
    const spans = recorded(found.spans, (data) => spanOfDatadog(data, own));
    const whole = knownTraces(spans.map((span) => span.traceId));
    const logs = recorded(found.logs, (data) => logOfDatadog(data, whole));
    const traceIds = [...spans, ...logs].flatMap(({ traceId }) => traceId ?? []);
    return {
      traceIds: [...new Set(traceIds)],
      notes: notesOf(found, traceIds.length === 0 ? [RETENTION] : []),
    };
  }

  async function fetch(
    traceIds: readonly string[],
    query: LookupQuery,
    signal: AbortSignal,
  ): Promise<RecordedTraces> {
    const known = knownTraces(traceIds);
    // A run that is shown from `since` on may have begun before.
    const since = Math.min(query.since ?? Number.POSITIVE_INFINITY, now() - REACH);
    const answers = await boundedMap(groupsOf(traceIds), MOST_AT_ONCE, async (group) => {
      const [spans, logs] = [datadogByTraces(group, "spans"), datadogByTraces(group, "logs")];
      const found = await ask({ spans, logs, pages: FETCH_PAGES, withOldest: true }, since, signal);
      return {
        spans: recorded(found.spans, (data) => ofThem(spanOfDatadog(data, known), known)),
        logs: recorded(found.logs, (data) => ofThem(logOfDatadog(data, known), known)),
        notes: notesOf(found, []),
      };
    });
    return {
      spans: answers.flatMap((answer) => answer.spans),
      logs: answers.flatMap((answer) => answer.logs),
      notes: [...new Set(answers.flatMap((answer) => answer.notes))],
    };
  }

  return {
    name: http.name,
    search,
    fetch,
    queryToPaste: ({ id }) => datadogById(id.slice(0, LONGEST_ID), attributes),
    links: (trace) => datadogLinks(site, trace),
  };
}

const NOTHING: DatadogFound = { data: [], notes: [] };

const RETENTION =
  "Datadog has every span for 15 minutes and later only those that a retention filter keeps: set one for @workflow.id:* (APM > Setup & Configuration > Retention Filters).";

/** Spans of the last minutes that are retained too are in both answers, and were not sent twice. */
function both(fresh: DatadogFound, retained: DatadogFound): DatadogFound {
  const known = new Set(fresh.data.map(identity));
  const older = retained.data.filter((data) => !known.has(identity(data)));
  return { data: [...fresh.data, ...older], notes: [...fresh.notes, ...retained.notes] };
}

function identity({ attributes }: DatadogFound["data"][number]): string {
  return isJson(attributes) ? JSON.stringify([attributes["trace_id"], attributes["span_id"]]) : "";
}

function recorded<Record>(
  found: DatadogFound,
  decode: (data: DatadogFound["data"][number]) => Record | undefined,
): Record[] {
  return found.data.map(decode).filter((record) => record !== undefined);
}

/** Lower halves of ids may be equal by chance: only what is of the traces that were asked for stays. */
function ofThem<Record extends { readonly traceId?: string }>(
  record: Record | undefined,
  known: KnownTraces,
): Record | undefined {
  const traceId = record?.traceId;
  return traceId !== undefined && known.get(traceId.slice(-16)) === traceId ? record : undefined;
}

function notesOf(
  found: { readonly spans: DatadogFound; readonly logs: DatadogFound },
  more: readonly string[],
): readonly string[] {
  return [...new Set([...found.spans.notes, ...found.logs.notes, ...more])];
}

function groupsOf(traceIds: readonly string[]): readonly (readonly string[])[] {
  return Array.from({ length: Math.ceil(traceIds.length / GROUP) }, (_none, i) =>
    traceIds.slice(i * GROUP, (i + 1) * GROUP),
  );
}
