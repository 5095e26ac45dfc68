import type { TraceSearch } from "../backend.ts";
import { boundedMap } from "../bounded-map.ts";
import type { BackendHttp } from "../http/backend-http.ts";
import { isJson, type Json, objects } from "../otlp-decode.ts";
import { type SearchWindow, searchWindows } from "../search-window.ts";

/** What is searched for. */
export interface TempoQuestion {
  readonly traceql: string;
  /** ms since the epoch; 30 days before `now` when undefined. */
  readonly since: number | undefined;
  /** ms since the epoch. */
  readonly now: number;
}

/** How far back is searched by default, in ms: Grafana Cloud's retention, and twice Tempo's own. */
const REACH = 30 * 24 * 3600 * 1000;
/** How far ahead of now is searched, in ms: for spans of machines whose clocks are fast. */
const AHEAD = 12 * 3600 * 1000;
/** Tempo's own longest window, in seconds: `query_frontend.search.max_duration`, 168 h by default. */
const LONGEST_WINDOW = 168 * 3600;
/** Most windows of one search: two years of the longest. */
const MOST_WINDOWS = 104;
/** Windows that are searched at once. */
const MOST_AT_ONCE = 4;
/** How often a server may ask for shorter windows. */
const MOST_ROUNDS = 4;
/** Most traces that one window gives; Tempo's own default is 20. */
const MOST_TRACES = 100;

/** The server's own longest window, in seconds, when ours is over it. */
interface Narrower {
  readonly longest: number;
}

/**
 * Searches the whole time in windows, the newest first. A server that is set to shorter windows says so in its refusal,
 * and is asked again in such.
 */
export async function searchTempo(
  http: BackendHttp,
  question: TempoQuestion,
  signal: AbortSignal,
): Promise<TraceSearch> {
  const since = Math.min(question.since ?? question.now - REACH, question.now);
  let longest = LONGEST_WINDOW;
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const { windows, cutAt } = searchWindows(since, question.now + AHEAD, longest, MOST_WINDOWS);
    // oxlint-disable-next-line no-await-in-loop -- the first round says what the next one may ask
    const answers = await boundedMap(windows, MOST_AT_ONCE, (window) =>
      searchWindow(http, question.traceql, window, signal),
    );
    const narrower = answers.find((answer) => "longest" in answer);
    if (narrower === undefined) {
      return joined(
        answers.filter((answer) => "traceIds" in answer),
        cutAt,
      );
    }
    longest = narrower.longest;
  }
  throw http.badAnswer(
    "asked for shorter windows of time again and again. Narrow the search with --since",
  );
}

async function searchWindow(
  http: BackendHttp,
  traceql: string,
  { start, end }: SearchWindow,
  signal: AbortSignal,
): Promise<TraceSearch | Narrower> {
  const query = { q: traceql, start: String(start), end: String(end), limit: String(MOST_TRACES) };
  // Only the ids of the traces matter: one span of each is enough.
  const request = { path: "api/search", query: [...Object.entries(query), ["spss", "1"] as const] };
  let answer = await http.ask({ ...request, expected: [400] }, signal);
  if (answer.status === 400) {
    const longest = longestOf(answer.text);
    if (longest > 0 && longest < end - start) return { longest };
    // Asked again so that the client words the failure, or to meet a server that has come to its senses.
    answer = await http.ask(request, signal);
  }
  const json = http.jsonOf(answer);
  if (!isJson(json) || !isSearch(json)) {
    throw http.badAnswer(
      `answered a search without the list of traces that Tempo gives. Check that ${http.addressBy} names Tempo itself`,
    );
  }
  return found(json);
}

/** Tempo may leave an empty list out, as protobuf's JSON does: then nothing or what it says of the search is there. */
function isSearch(json: Json): boolean {
  const { traces, metrics } = json;
  if (traces !== undefined && traces !== null) return Array.isArray(traces);
  return isJson(metrics) || Object.keys(json).every((key) => key === "traces");
}

/**
 * The longest window that a refusal allows, in seconds, 0 when it is about something else: `range specified by start and end
 * exceeds 1h1m0s. received start=… end=…` (https://github.com/grafana/tempo/blob/main/modules/frontend/search_sharder.go).
 */
function longestOf(refusal: string): number {
  const duration = /exceeds (?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?/.exec(refusal) ?? [];
  const [hours = 0, minutes = 0, seconds = 0] = duration.slice(1).map((part) => Number(part ?? 0));
  return hours * 3600 + minutes * 60 + seconds;
}

function found(json: Json): TraceSearch {
  const traces = objects(json["traces"]);
  const traceIds = traces.flatMap(({ traceID }) =>
    // Tempo drops leading zeros.
    typeof traceID === "string" && /^[0-9a-fA-F]{1,32}$/.test(traceID)
      ? [traceID.toLowerCase().padStart(32, "0")]
      : [],
  );
  const notes: string[] = [];
  const metrics = isJson(json["metrics"]) ? json["metrics"] : {};
  const done = Number(metrics["completedJobs"] ?? 0);
  const all = Number(metrics["totalJobs"] ?? 0);
  if (traces.length >= MOST_TRACES) {
    notes.push(
      `Tempo found ${MOST_TRACES} traces or more in one window and gives no others. Narrow the search with --since, or look up a run id.`,
    );
  } else if (json["status"] === "PARTIAL" || done < all) {
    notes.push(
      "Tempo searched only a part of what it holds, so runs may be missing. Try again, or narrow the search with --since.",
    );
  }
  return { traceIds, notes };
}

function joined(answers: readonly TraceSearch[], cutAt: number | undefined): TraceSearch {
  const notes = new Set(answers.flatMap((answer) => answer.notes));
  if (cutAt !== undefined) {
    notes.add(
      `Tempo was searched back to ${new Date(cutAt).toISOString()} only: it allows short windows.`,
    );
  }
  return {
    traceIds: [...new Set(answers.flatMap((answer) => answer.traceIds))],
    notes: [...notes],
  };
}
