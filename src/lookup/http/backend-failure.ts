import { DurascopeError } from "../../core/errors.ts";

/** Codes of what goes wrong when a lookup backend is asked over HTTP; stable. */
export type BackendFailureCode =
  /** The configured address is no http(s) URL. */
  | "LOOKUP_BAD_ADDRESS"
  /** A credential cannot be sent as an HTTP header. */
  | "LOOKUP_BAD_CREDENTIALS"
  /** No connection: name unknown, refused, broken off before an answer. */
  | "LOOKUP_UNREACHABLE"
  /** No whole answer within the time limit. */
  | "LOOKUP_TIMED_OUT"
  /** 401 and 403. */
  | "LOOKUP_REFUSED"
  /** 404. */
  | "LOOKUP_NOT_FOUND"
  /** Any other 4xx. */
  | "LOOKUP_BAD_REQUEST"
  /** 429, and the wait that it asks for is too long. */
  | "LOOKUP_RATE_LIMITED"
  /** A redirect to another origin, or a second one. */
  | "LOOKUP_REDIRECTED"
  /** 5xx, after retries. */
  | "LOOKUP_FAILED"
  /** An answer that is no JSON, that breaks off, or that is larger than the limit. */
  | "LOOKUP_BAD_ANSWER";

/** What failures of a backend are told with. */
export interface BackendWords {
  /** `Jaeger at http://127.0.0.1:16686`. */
  readonly name: string;
  /** How its address is set: `JAEGER_URL`. */
  readonly addressBy: string;
  /** How its credentials are set: `DD_API_KEY and DD_APP_KEY`. */
  readonly credentialsBy: string;
}

/** Longest part of a backend's own explanation that is passed on, in characters. */
const LONGEST_EXPLANATION = 200;

/** A failure with a code of {@link BackendFailureCode}. It has no cause: HTTP clients put headers and bodies into theirs. */
export function backendFailure(code: BackendFailureCode, message: string): DurascopeError {
  return new DurascopeError(code, message);
}

/** The failure of a request that got no answer at all; `error` is what `fetch` rejected with. */
export function unreachable(words: BackendWords, error: unknown): DurascopeError {
  return backendFailure(
    "LOOKUP_UNREACHABLE",
    `${words.name} cannot be reached (${connectionReason(error)}). Start it, or set ${words.addressBy} to where it is.`,
  );
}

/** The failure of a request whose status is neither one of success nor one that was expected. */
export function statusFailure(
  words: BackendWords,
  status: number,
  explanation: string,
): DurascopeError {
  const answered = `${words.name} answered ${status}${explanation === "" ? "" : ` (${explanation})`}`;
  if (status === 401)
    return backendFailure(
      "LOOKUP_REFUSED",
      `${answered}: the credentials are missing or wrong. Set ${words.credentialsBy}.`,
    );
  if (status === 403)
    return backendFailure(
      "LOOKUP_REFUSED",
      `${answered}: the credentials do not allow reading traces. Check the rights of those in ${words.credentialsBy}.`,
    );
  if (status === 404)
    return backendFailure(
      "LOOKUP_NOT_FOUND",
      `${answered}: it has no such path. Check that ${words.addressBy} names the right program and the path it is served under.`,
    );
  if (status === 414 || status === 431)
    return backendFailure(
      "LOOKUP_BAD_REQUEST",
      `${answered}: the id is too long for it. Look up a shorter id of the same run.`,
    );
  if (status >= 500)
    return backendFailure(
      "LOOKUP_FAILED",
      `${answered}: it failed by itself, also when asked again. Look at its own log, then try again.`,
    );
  return backendFailure(
    "LOOKUP_BAD_REQUEST",
    `${answered}: it does not understand the question. Check that ${words.addressBy} names the right program, in a version that is supported.`,
  );
}

/** The failure of a backend that allows no further request for a while. */
export function rateLimited(
  words: BackendWords,
  waitMs: number | undefined,
  now: number,
): DurascopeError {
  const when =
    waitMs === undefined
      ? "Try again in a minute."
      : `The next request is allowed in ${inWords(waitMs)}, at ${new Date(now + waitMs).toISOString()}.`;
  return backendFailure(
    "LOOKUP_RATE_LIMITED",
    `${words.name} answered 429: too many requests for now. ${when}`,
  );
}

/**
 * What a backend says of its own failure, from an error's body: one line without control characters, or nothing. Credentials
 * are taken out by `redact` before it is cut, so that no part of one is left at its end.
 */
export function explanationOf(body: string, redact: (text: string) => string): string {
  const text = body.trimStart().startsWith("<") ? "" : (messageIn(parsed(body)) ?? body);
  const line = redact(text.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, " ").trim());
  return line.length > LONGEST_EXPLANATION ? `${line.slice(0, LONGEST_EXPLANATION)}…` : line;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** The message in the shapes of Jaeger (`error.message`, `errors[].msg`), Datadog (`errors[]`, `errors[].detail`) and others. */
function messageIn(value: unknown, depth = 0): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null || depth > 4) return undefined;
  const candidates = Array.isArray(value)
    ? value.slice(0, 1)
    : ["message", "msg", "detail", "title", "error", "errors"].map((key): unknown =>
        Reflect.get(value, key),
      );
  for (const candidate of candidates) {
    const message = messageIn(candidate, depth + 1);
    if (message !== undefined && message !== "") return message;
  }
  return undefined;
}

/** Node's reason behind fetch's "fetch failed": `ECONNREFUSED`, a certificate's fault. */
function connectionReason(error: unknown): string {
  if (!(error instanceof Error)) return "unknown reason";
  const inner = error.cause instanceof Error ? error.cause : error;
  const first: unknown = inner instanceof AggregateError ? inner.errors[0] : undefined;
  const told = first instanceof Error && inner.message === "" ? first : inner;
  const code = "code" in told && typeof told.code === "string" ? told.code : "";
  return code === "" ? told.message : code;
}

function inWords(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
}
