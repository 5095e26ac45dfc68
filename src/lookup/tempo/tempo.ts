import type {
  BackendLink,
  LookupBackend,
  LookupQuery,
  RecordedTraces,
  TraceSearch,
  TraceWindow,
} from "../backend.ts";
import { createBackendHttp } from "../http/backend-http.ts";
import { idAttributes, LONGEST_ID } from "../id-attributes.ts";
import { readEach } from "../read-each.ts";
import type { RecordedLog, RecordedSpan } from "../recorded-run.ts";
import { createLoki, type Loki } from "./loki.ts";
import { grafanaLinks } from "./tempo-links.ts";
import { searchTempo } from "./tempo-search.ts";
import { tempoTrace } from "./tempo-trace.ts";
import { traceqlById } from "./traceql.ts";

/** Where Tempo is, and what belongs to it. */
export interface TempoBackendOptions {
  /** Base URL of Tempo's HTTP API: `http://127.0.0.1:3200`. */
  readonly url: string;
  /** How people set that address, for messages. @default `TEMPO_URL` */
  readonly addressBy?: string;
  /** Headers of every request to Tempo: `X-Scope-OrgID`, `Authorization`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Base URL of a Loki that keeps the log lines of the same traces; without it there are no log lines. */
  readonly lokiUrl?: string;
  /** Headers of every request to Loki. Those for Tempo are not sent there. */
  readonly lokiHeaders?: Readonly<Record<string, string>>;
  /** Base URL of a Grafana that shows them; without it there are no links. */
  readonly grafanaUrl?: string;
  /** uid of Grafana's data source for Tempo. @default `durascope-tempo`, as in the project's own stack */
  readonly grafanaTempoUid?: string;
  /** uid of Grafana's data source for Loki. @default `durascope-loki` */
  readonly grafanaLokiUid?: string;
  /** Attributes of business keys to search by, beside the vocabulary's: `["order.id"]`. */
  readonly keys?: readonly string[];
  /** ms since the epoch; the system's clock by default. */
  readonly now?: () => number;
}

/** Traces that are fetched at once. */
const MOST_AT_ONCE = 4;

/** The options that an environment sets; undefined when it names no Tempo. */
export function tempoOptionsOf(
  environment: Readonly<Record<string, string | undefined>>,
): TempoBackendOptions | undefined {
  const value = (name: string): string | undefined => environment[name] || undefined;
  const url = value("TEMPO_URL");
  if (url === undefined) return undefined;
  const lokiUrl = value("LOKI_URL");
  const grafanaUrl = value("GRAFANA_URL");
  const grafanaTempoUid = value("GRAFANA_TEMPO_UID");
  const grafanaLokiUid = value("GRAFANA_LOKI_UID");
  return {
    url,
    headers: headersOf(value("TEMPO_ORG_ID"), value("TEMPO_AUTHORIZATION")),
    ...(lokiUrl !== undefined && {
      lokiUrl,
      lokiHeaders: headersOf(value("LOKI_ORG_ID"), value("LOKI_AUTHORIZATION")),
    }),
    ...(grafanaUrl !== undefined && { grafanaUrl }),
    ...(grafanaTempoUid !== undefined && { grafanaTempoUid }),
    ...(grafanaLokiUid !== undefined && { grafanaLokiUid }),
  };
}

function headersOf(
  tenant: string | undefined,
  authorization: string | undefined,
): Record<string, string> {
  return {
    ...(tenant !== undefined && { "X-Scope-OrgID": tenant }),
    ...(authorization !== undefined && { Authorization: authorization }),
  };
}

/**
 * Looks runs up in Grafana Tempo (https://grafana.com/docs/tempo/latest/api_docs/), and their log lines in Loki.
 *
 * A search covers the last 30 days, or what `since` says, in windows that Tempo accepts. Tempo shows spans to searches
 * about 30 s after they came, and spans with old times only about 14 minutes after; by trace id it has them at once.
 * Throws `LOOKUP_BAD_ADDRESS` or `LOOKUP_BAD_CREDENTIALS` when an address or a header cannot be used.
 */
export function createTempoBackend(options: TempoBackendOptions): LookupBackend {
  const http = createBackendHttp({
    product: "Tempo",
    baseUrl: options.url,
    ...(options.headers !== undefined && { headers: options.headers }),
    addressBy: options.addressBy ?? "TEMPO_URL",
    credentialsBy: "TEMPO_AUTHORIZATION and TEMPO_ORG_ID",
  });
  const loki = lokiOf(options);
  const attributes = idAttributes(options.keys);
  const now = options.now ?? Date.now;
  const trace = tempoTrace(http);

  async function search(query: LookupQuery, signal: AbortSignal): Promise<TraceSearch> {
    if (query.id.length > LONGEST_ID) {
      const note = `Tempo cannot be searched for an id of more than ${LONGEST_ID} characters.`;
      return { traceIds: [], notes: [note] };
    }
    const traceql = traceqlById(query.id, attributes);
    const found = await searchTempo(http, { traceql, since: query.since, now: now() }, signal);
    return found.traceIds.length > 0 ? found : { ...found, notes: [...found.notes, TOO_YOUNG] };
  }

  async function fetch(
    traceIds: readonly string[],
    _query: LookupQuery,
    signal: AbortSignal,
  ): Promise<RecordedTraces> {
    const { spans, notes } = await readEach(traceIds, MOST_AT_ONCE, (traceId) =>
      trace(traceId, signal),
    );
    const lines = await linesOf(loki, spans, signal);
    return { spans, logs: lines.logs, notes: [...notes, ...lines.notes] };
  }

  return {
    name: http.name,
    search,
    fetch,
    queryToPaste: ({ id }) => traceqlById(id.slice(0, LONGEST_ID), attributes),
    links: (window: TraceWindow): readonly BackendLink[] => grafanaLinks(options, window),
  };
}

const TOO_YOUNG =
  "Tempo's search found nothing. It shows spans about 30 s after they came, and spans with old times about 14 minutes after; by trace id, run id or ARN it has them at once.";

function lokiOf({ lokiUrl, lokiHeaders }: TempoBackendOptions): Loki | undefined {
  return lokiUrl === undefined
    ? undefined
    : createLoki({ url: lokiUrl, ...(lokiHeaders !== undefined && { headers: lokiHeaders }) });
}

/** Log lines are an addition: a Loki that fails is a note. */
async function linesOf(
  loki: Loki | undefined,
  spans: readonly RecordedSpan[],
  signal: AbortSignal,
): Promise<{ logs: readonly RecordedLog[]; notes: readonly string[] }> {
  if (loki === undefined || spans.length === 0) return { logs: [], notes: [] };
  try {
    return await loki.linesOf(spans, signal);
  } catch (error) {
    signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    return { logs: [], notes: [`The log lines could not be read: ${reason}`] };
  }
}
