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
}

/** What was found, the newest first. */
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
  let cursor: string | undefined;
  for (let page = 0; page < question.pages; page += 1) {
    // oxlint-disable-next-line no-await-in-loop -- a page names the one after it
    const answer = await askPage(http, question, cursor, signal);
    for (const item of answer.data) data.push(item);
    if (answer.isPartial)
      notes.add(
        `Datadog stopped its search of ${WORDS[question.of]} before the end, so some may be missing. Narrow it with --since.`,
      );
    const isLast = answer.data.length < PAGE || answer.after === undefined;
    if (isLast || answer.after === cursor) return { data, notes: [...notes] };
    cursor = answer.after;
  }
  notes.add(
    `Datadog holds more than ${data.length} ${WORDS[question.of]} of this: older ones are left out. Narrow it with --since, or look up a run id.`,
  );
  return { data, notes: [...notes] };
}

const WORDS: Readonly<Record<DatadogQuestion["of"], string>> = {
  spans: "spans",
  logs: "log lines",
};

interface Page {
  readonly data: readonly Json[];
  readonly after: string | undefined;
  readonly isPartial: boolean;
}

async function askPage(
  http: BackendHttp,
  question: DatadogQuestion,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<Page> {
  const path = `api/v2/${question.of}/events/search`;
  const { json } = await http.askJson({ path, body: bodyOf(question, cursor) }, signal);
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
function bodyOf({ of, query, from, to }: DatadogQuestion, cursor: string | undefined): Json {
  const attributes = {
    filter: { query, from: new Date(from).toISOString(), to: new Date(to).toISOString() },
    options: { timezone: "UTC" },
    page: { limit: PAGE, ...(cursor !== undefined && { cursor }) },
    sort: "-timestamp",
  };
  return of === "spans" ? { data: { attributes, type: "search_request" } } : attributes;
}
