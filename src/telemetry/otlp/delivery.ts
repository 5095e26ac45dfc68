import type { HttpAnswer } from "./http-post.ts";
import type { PartialSuccess } from "./partial-success.ts";

/**
 * What became of a batch:
 * - `accepted`: the backend has it, without `rejected` spans of it.
 * - `refused`: it will not take this batch, however often it is sent.
 * - `unavailable`: it takes nothing now, or answers nothing; later it may.
 * - `forbidden`: it takes nothing as it is addressed: wrong key, wrong path, a web page. Someone has to correct that first.
 */
export type Delivery =
  | { readonly outcome: "accepted"; readonly rejected: number; readonly message?: string }
  | { readonly outcome: "refused"; readonly reason: string }
  | {
      readonly outcome: "unavailable";
      readonly reason: string;
      /** How long the backend asks to be left alone, in milliseconds. */
      readonly retryAfter?: number;
    }
  | { readonly outcome: "forbidden"; readonly reason: string };

/** https://opentelemetry.io/docs/specs/otlp/#otlphttp-response: all other errors are not to be tried again. */
const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** Errors that any batch would meet at this address with these headers. */
const ADDRESS_ERRORS: ReadonlySet<number> = new Set([401, 403, 404, 405, 407]);

/** Longest time that a backend may ask for: more is taken for a mistake. */
const LONGEST_RETRY_AFTER_MS = 3_600_000;

const LONGEST_MESSAGE = 256;

/**
 * Reads a backend's answer to a batch, as OTLP has it.
 *
 * @param partialSuccess reads the body of a success; throws when it is none that OTLP knows, which counts as a success without a word
 * @param now milliseconds since the epoch, for a `Retry-After` that is a date in an answer that does not say its own
 */
export function deliveryOf(
  answer: HttpAnswer,
  partialSuccess: (body: Buffer, contentType: string) => PartialSuccess,
  now: number,
): Delivery {
  if (!answer.answered) return { outcome: "unavailable", reason: answer.reason };
  const { status, headers, body } = answer;
  const reason = `HTTP ${status}`;
  if (status >= 200 && status < 300) {
    const contentType = String(headers["content-type"] ?? "");
    // No receiver of OTLP answers with a web page: it is that of a proxy's login, or of a program with another purpose.
    if (isWebPage(contentType, body)) {
      return { outcome: "forbidden", reason: `${reason} with a web page` };
    }
    return accepted(() => partialSuccess(body, contentType));
  }
  if (RETRYABLE.has(status)) {
    const retryAfter = retryAfterOf(headers["retry-after"], clockOf(headers["date"]) ?? now);
    return { outcome: "unavailable", reason, ...(retryAfter !== undefined && { retryAfter }) };
  }
  // A redirect is not followed: it may lead to a host that must not see the headers. Below 200 is another protocol.
  if (ADDRESS_ERRORS.has(status) || status < 200 || (status >= 300 && status < 400)) {
    return { outcome: "forbidden", reason };
  }
  return { outcome: "refused", reason };
}

function accepted(read: () => PartialSuccess): Delivery {
  try {
    const { rejected, message } = read();
    const text = printable(message);
    return { outcome: "accepted", rejected, ...(text !== "" && { message: text }) };
  } catch {
    return { outcome: "accepted", rejected: 0 };
  }
}

function isWebPage(contentType: string, body: Buffer): boolean {
  return contentType.startsWith("text/html") && body.toString().trimStart().startsWith("<");
}

/** What the backend's own clock says: a date that it gives is to be compared with that, however wrong ours is. */
function clockOf(header: string | string[] | undefined): number | undefined {
  const ms = typeof header === "string" ? Date.parse(header) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

/** Milliseconds that `Retry-After` asks for, in seconds or as a date (https://www.rfc-editor.org/rfc/rfc9110#field.retry-after). */
function retryAfterOf(header: string | string[] | undefined, now: number): number | undefined {
  if (typeof header !== "string") return undefined;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isNaN(ms) ? undefined : Math.min(LONGEST_RETRY_AFTER_MS, Math.max(0, ms));
}

/** A backend's own words in one line, without what a terminal would obey. */
function printable(text: string): string {
  return text
    .replaceAll(/[\p{C}\s]+/gu, " ")
    .trim()
    .slice(0, LONGEST_MESSAGE);
}
