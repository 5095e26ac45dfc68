import { setTimeout as sleep } from "node:timers/promises";
import { type DurascopeError, isDurascopeError } from "../../core/errors.ts";
import { type BodyBudget, BodyTooLarge, readBody } from "./answer-body.ts";
import {
  type BackendFailureCode,
  backendFailure,
  explanationOf,
  rateLimited,
  statusFailure,
  unreachable,
} from "./backend-failure.ts";
import { type BackendTargetOptions, backendTarget } from "./backend-target.ts";
import { waitOf } from "./retry-wait.ts";

/** How a backend is reached over HTTP. */
export interface BackendHttpOptions extends BackendTargetOptions {
  /** Longest time for one question with its retries and waits, in ms; 30,000 by default. */
  readonly timeLimit?: number;
  /** Largest answer, in bytes after decompression; 96 MiB by default, a trace of some 70,000 spans. Answers that come at the same time hold at most twice as much. */
  readonly bodyLimit?: number;
  /** Waits before a failed request is sent again, in ms: as many retries as there are waits. 250 and 1000 by default. */
  readonly retryWaits?: readonly number[];
  /** Node's own by default. */
  readonly fetch?: typeof globalThis.fetch;
}

/** One question to a backend. */
export interface BackendRequest {
  /** Below the base URL, without a slash in front: `api/v3/traces/0af7…`. What people typed stands in `query` or `body`, never here. */
  readonly path: string;
  /** Encoded here; a key may repeat. */
  readonly query?: readonly (readonly [key: string, value: string])[];
  /** Sent as JSON by POST; without it the request is a GET. It has to be a reading question: it may be sent again. */
  readonly body?: unknown;
  /** Statuses beside 2xx that are answers, not failures: `[404]`. */
  readonly expected?: readonly number[];
  /** The beginning of an answer that is too large will do, and is given; without this that is a failure. */
  readonly mayBeCut?: boolean;
}

/** What a backend answered. */
export interface BackendAnswer {
  readonly status: number;
  /** Lower case, without parameters: `application/json`; empty when there is none. */
  readonly contentType: string;
  readonly text: string;
  /** Whether the text is only the beginning. */
  readonly isCut?: boolean;
}

/** A JSON answer. */
export interface BackendJson {
  readonly status: number;
  readonly contentType: string;
  /** As parsed: any shape, to be checked by the reader. */
  readonly json: unknown;
}

/** A backend over HTTP: bounded in time and size, and careful with credentials. */
export interface BackendHttp {
  /** `Jaeger at http://127.0.0.1:16686`: without credentials, query and trailing slash. */
  readonly name: string;
  /** The base URL without credentials, ending in a slash: for links. */
  readonly address: string;
  /** How people set the address, for messages: `JAEGER_URL`. */
  readonly addressBy: string;
  /**
   * Asks and gives the answer whatever its content type. Rejects with a `DurascopeError` whose code is one of
   * `BackendFailureCode`, or with the signal's reason when that is aborted.
   */
  ask(request: BackendRequest, signal: AbortSignal): Promise<BackendAnswer>;
  /** Asks for JSON, whatever the content type says. Rejects as `ask` does, and with `LOOKUP_BAD_ANSWER` when it is none. */
  askJson(request: BackendRequest, signal: AbortSignal): Promise<BackendJson>;
  /** The JSON of an answer of `ask`, whatever its content type says. Throws `LOOKUP_BAD_ANSWER` when it is none, or breaks off. */
  jsonOf(answer: BackendAnswer): unknown;
  /** The failure for JSON of some other shape than the backend's; `what` goes on after its name: `answered without …`. */
  badAnswer(what: string): DurascopeError;
}

const TIME_LIMIT = 30_000;
const BODY_LIMIT = 96 * 2 ** 20;
/** Longest body of a failure that is read for its explanation, in bytes. */
const EXPLANATION_LIMIT = 16 * 2 ** 10;
const RETRY_WAITS: readonly number[] = [250, 1000];
/** Longest wait that a backend may ask for, in ms: people sit in front of it. */
const LONGEST_WAIT = 10_000;
/** Errors of connections that another try may spare: a kept connection that the server closed meanwhile. */
const BROKEN: ReadonlySet<unknown> = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"]);

type Attempt = BackendAnswer & { readonly headers: Headers };

/**
 * A client for one backend. Throws `LOOKUP_BAD_ADDRESS` or `LOOKUP_BAD_CREDENTIALS` when the address or a header cannot
 * be used at all.
 *
 * One redirect within the origin is followed (of a GET); any other is a failure, so that credentials never leave the
 * origin. 429, 5xx and connections that break are tried again, after the wait that the backend asks for when that is
 * short.
 */
export function createBackendHttp(options: BackendHttpOptions): BackendHttp {
  const { base, headers, redact } = backendTarget(options);
  const name = `${options.product} at ${base.href.replace(/\/$/, "")}`;
  const words = { name, addressBy: options.addressBy, credentialsBy: options.credentialsBy };
  const timeLimit = options.timeLimit ?? TIME_LIMIT;
  const bodyLimit = options.bodyLimit ?? BODY_LIMIT;
  const retryWaits = options.retryWaits ?? RETRY_WAITS;
  const send = options.fetch ?? globalThis.fetch;
  const budget: BodyBudget = { limit: 2 * bodyLimit, held: 0 };

  async function ask(request: BackendRequest, signal: AbortSignal): Promise<BackendAnswer> {
    signal.throwIfAborted();
    const ending = new AbortController();
    const end = (): void => ending.abort();
    const timer = setTimeout(end, timeLimit);
    signal.addEventListener("abort", end, { once: true });
    try {
      return await askUntil(request, ending.signal, performance.now() + timeLimit);
    } catch (error) {
      signal.throwIfAborted();
      if (!ending.signal.aborted) throw error;
      throw failure(
        "LOOKUP_TIMED_OUT",
        `gave no whole answer within ${timeLimit / 1000} s. Narrow the question with --since, or look whether it is overloaded.`,
      );
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      // Lets go of a body that was not read to its end.
      ending.abort();
    }
  }

  async function askUntil(
    request: BackendRequest,
    signal: AbortSignal,
    deadline: number,
    retry = 0,
  ): Promise<BackendAnswer> {
    const usual = retryWaits[retry];
    const attempt = await attemptOnce(request, signal, usual !== undefined);
    if (attempt !== "broken" && !mayPass(attempt, request)) return checked(attempt, request);
    const asked = attempt === "broken" ? undefined : waitOf(attempt.headers, Date.now());
    const wait = usual === undefined ? undefined : (asked ?? usual);
    if (wait === undefined || wait > Math.min(LONGEST_WAIT, deadline - performance.now())) {
      if (attempt === "broken" || attempt.status !== 429) return checked(attempt, request);
      throw rateLimited(words, asked, Date.now());
    }
    await sleep(wait, undefined, { signal });
    return askUntil(request, signal, deadline, retry + 1);
  }

  async function attemptOnce(
    request: BackendRequest,
    signal: AbortSignal,
    mayRetry: boolean,
  ): Promise<Attempt | "broken"> {
    let response: Response;
    try {
      response = await respond(request, signal);
    } catch (error) {
      if (signal.aborted || isDurascopeError(error)) throw error;
      if (mayRetry && isBroken(error)) return "broken";
      throw unreachable(words, error);
    }
    const isAnswer = response.ok || isExpected(response.status, request);
    const body = isAnswer
      ? await bodyOf(response, request, signal)
      : { text: (await readBody(response, EXPLANATION_LIMIT, budget)).text };
    signal.throwIfAborted();
    const type = response.headers.get("content-type") ?? "";
    const contentType = type.replace(/;.*/s, "").trim().toLowerCase();
    return { status: response.status, contentType, ...body, headers: response.headers };
  }

  /** Sends the request, and again to where a redirect within the origin leads. */
  async function respond(request: BackendRequest, signal: AbortSignal): Promise<Response> {
    const first = await send(urlOf(base, request), init(request, headers, signal));
    if (!isRedirect(first)) return first;
    const location = first.headers.get("location") ?? "";
    const next = URL.canParse(location, first.url) ? new URL(location, first.url) : undefined;
    if (next === undefined) throw redirected("to no address");
    if (next.origin !== base.origin) throw redirected(`to ${next.origin}`);
    if (request.body !== undefined) throw redirected("to another path");
    next.username = next.password = "";
    const second = await send(next, init(request, headers, signal));
    if (isRedirect(second)) throw redirected("more than once");
    return second;
  }

  function redirected(whither: string): DurascopeError {
    return failure(
      "LOOKUP_REDIRECTED",
      `redirects ${redact(whither)}, and credentials are not sent there. Set ${options.addressBy} to the address that answers by itself.`,
    );
  }

  async function bodyOf(
    response: Response,
    { mayBeCut = false }: BackendRequest,
    signal: AbortSignal,
  ): Promise<{ text: string; isCut?: boolean }> {
    const { text, bytes, error } = await readBody(response, bodyLimit, budget);
    if (error === undefined || signal.aborted) return { text };
    if (mayBeCut && error instanceof BodyTooLarge) return { text, isCut: true };
    throw error instanceof BodyTooLarge
      ? failure(
          "LOOKUP_BAD_ANSWER",
          `sent more than ${error.limit / 2 ** 20} MiB. Narrow the question with --since or a more exact id.`,
        )
      : failure("LOOKUP_BAD_ANSWER", `broke off its answer after ${bytes} bytes. Try again.`);
  }

  function checked(attempt: Attempt | "broken", request: BackendRequest): BackendAnswer {
    if (attempt === "broken") throw unreachable(words, undefined);
    const { headers: _headers, ...answer } = attempt;
    const { status, text } = answer;
    if ((status >= 200 && status < 300) || isExpected(status, request)) return answer;
    throw statusFailure(words, status, explanationOf(text, redact));
  }

  function failure(code: BackendFailureCode, what: string): DurascopeError {
    return backendFailure(code, `${name} ${what}`);
  }

  function badAnswer(what: string): DurascopeError {
    return failure("LOOKUP_BAD_ANSWER", `${redact(what)}.`);
  }

  async function askJson(request: BackendRequest, signal: AbortSignal): Promise<BackendJson> {
    const answer = await ask(request, signal);
    return { status: answer.status, contentType: answer.contentType, json: jsonOf(answer) };
  }

  function jsonOf({ status, contentType, text }: BackendAnswer): unknown {
    try {
      return JSON.parse(text);
    } catch (error) {
      // An expected failure that is no JSON is not this backend's, but of a program or proxy in its place.
      if (status >= 400) throw statusFailure(words, status, explanationOf(text, redact));
      throw contentType === "text/html" || text.trimStart().startsWith("<")
        ? failure(
            "LOOKUP_BAD_ANSWER",
            `answered with a web page where JSON was asked for: a login page or another program. Check ${options.addressBy} and ${options.credentialsBy}.`,
          )
        : failure(
            "LOOKUP_BAD_ANSWER",
            breaksOff(text, error)
              ? `answered with JSON that breaks off after ${text.length} characters: it was truncated on its way, or by a limit. Try again, then check what stands between here and ${options.addressBy}.`
              : `answered with what is no JSON (${text.length} characters). Check that ${options.addressBy} names the right program, then try again.`,
          );
    }
  }

  const { addressBy } = options;
  return { name, address: base.href, addressBy, ask, askJson, jsonOf, badAnswer };
}

/** Whether a text that cannot be parsed is the beginning of an object or a list: V8 tells where it gave up. */
function breaksOff(text: string, error: unknown): boolean {
  const message = error instanceof Error ? error.message : "";
  const at = /at position (\d+)/.exec(message)?.[1];
  return (
    /^\s*[[{]/.test(text) &&
    (/end of JSON|Unterminated/.test(message) || Number(at ?? -1) >= text.trimEnd().length)
  );
}

function urlOf(base: URL, { path, query }: BackendRequest): URL {
  const url = new URL(path, base);
  for (const [key, value] of query ?? []) url.searchParams.append(key, value);
  return url;
}

function init({ body }: BackendRequest, headers: Headers, signal: AbortSignal): RequestInit {
  if (body === undefined) return { headers, signal, redirect: "manual" };
  const withType = new Headers(headers);
  withType.set("content-type", "application/json");
  const json = JSON.stringify(body);
  return { method: "POST", headers: withType, body: json, signal, redirect: "manual" };
}

function isRedirect({ status }: Response): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}

function isExpected(status: number, request: BackendRequest): boolean {
  return request.expected?.includes(status) ?? false;
}

/** Whether the failure may be gone when the same is asked again. */
function mayPass({ status }: Attempt, request: BackendRequest): boolean {
  return (status === 429 || (status >= 500 && status !== 501)) && !isExpected(status, request);
}

function isBroken(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && "code" in cause && BROKEN.has(cause.code);
}
