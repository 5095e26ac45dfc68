import type { BackendHttp } from "../http/backend-http.ts";
import { isJson, type Json, objects } from "../otlp-decode.ts";

/** One question to Datadog's search of spans or log lines. */
export interface DatadogQuestion {
  readonly of: "spans" | "logs";
  readonly query: string;
  /** ms since the epoch. */
  readonly from: number;
  /** ms since the epoch. */
  readonly to: number;
  /** Most pages of 1,000 that are read: each is one of the 300 requests an hour. */
  readonly pages: number;
  /** Where there are more than are read, a page of the oldest too: the span of a run itself begins before all others of it. */
  readonly withOldest?: boolean;
}

/** What was found, the newest first, but for a page of the oldest at the end. */
export interface DatadogFound {
  readonly data: readonly Json[];
  readonly notes: readonly string[];
}

/** Most results in one answer (https://docs.datadoghq.com/api/latest/spans/#search-spans). */
const PAGE = 1000;

/**
 * Asks page after page, up to a bound. A page that is not full is the last, though Datadog names one after it too: its own
 * clients stop there (https://github.com/DataDog/datadog-api-client-typescript), and requests are few. Rejects as {@link BackendHttp.askJson} does.
 */
export async function searchDatadog(
  http: BackendHttp,
  question: DatadogQuestion,
  signal: AbortSignal,
): Promise<DatadogFound> {
  const data: Json[] = [];
  const notes = new Set<string>();
  const read = async (place: Place): Promise<Page> => {
    const page = await askPage(http, question, place, signal);
    if (page.isPartial)
      notes.add(
        `Datadog stopped its search of ${WORDS[question.of]} before the end, so some may be missing. Narrow it with --since.`,
      );
    return page;
  };
  let cursor: string | undefined;
  for (let page = 0; page < question.pages; page += 1) {
    // oxlint-disable-next-line no-await-in-loop -- a page names the one after it
    const answer = await read({ sort: NEWEST, cursor });
    for (const item of answer.data) data.push(item);
    const isLast = answer.data.length < PAGE || answer.after === undefined;
    if (isLast || answer.after === cursor) return { data, notes: [...notes] };
    cursor = answer.after;
  }
  const known = new Set(data.map(({ id }) => id));
  const oldest =
    question.withOldest === true
      ? (await read({ sort: OLDEST, cursor: undefined })).data.filter(({ id }) => !known.has(id))
      : [];
  const left = oldest.length > 0 ? "those between the newest and the oldest" : "older ones";
  for (const item of oldest) data.push(item);
  notes.add(
    `Datadog holds more than ${data.length} ${WORDS[question.of]} of this: ${left} are left out. Narrow it with --since, or look up a run id.`,
  );
  return { data, notes: [...notes] };
}

const NEWEST = "-timestamp";
const OLDEST = "timestamp";

const WORDS: Readonly<Record<DatadogQuestion["of"], string>> = {
  spans: "spans",
  logs: "log lines",
};

interface Page {
  readonly data: readonly Json[];
  readonly after: string | undefined;
  readonly isPartial: boolean;
}

/** Where a page stands. */
interface Place {
  readonly sort: typeof NEWEST | typeof OLDEST;
  readonly cursor: string | undefined;
}

async function askPage(
  http: BackendHttp,
  question: DatadogQuestion,
  place: Place,
  signal: AbortSignal,
): Promise<Page> {
  const path = `api/v2/${question.of}/events/search`;
  const { json } = await http.askJson({ path, body: bodyOf(question, place) }, signal);
  if (!isJson(json) || !Array.isArray(json["data"]))
    throw http.badAnswer(
      "answered without data. Check that DD_SITE names the site that the keys are of",
    );
  const meta = isJson(json["meta"]) ? json["meta"] : {};
  const page = isJson(meta["page"]) ? meta["page"] : {};
  const after = page["after"];
  return {
    data: objects(json["data"]),
    after: typeof after === "string" && after !== "" ? after : undefined,
    isPartial: meta["status"] === "timeout",
  };
}

/** JSON:API's envelope for spans, the bare question for log lines (https://docs.datadoghq.com/api/latest/logs/#search-logs-post). */
function bodyOf({ of, query, from, to }: DatadogQuestion, { sort, cursor }: Place): Json {
  const attributes = {
    filter: { query, from: new Date(from).toISOString(), to: new Date(to).toISOString() },
    options: { timezone: "UTC" },
    page: { limit: PAGE, ...(cursor !== undefined && { cursor }) },
    sort,
  };
  return of === "spans" ? { data: { attributes, type: "search_request" } } : attributes;
}
