import type { IncomingMessage } from "node:http";
import { withoutTracing } from "../../correlation/opentelemetry-global.ts";
import type { OtlpCertificates } from "./otlp-settings.ts";

/** One request. */
export interface HttpPost {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** How long it may take, in milliseconds, to the end of the answer. */
  readonly timeoutMillis: number;
  readonly certificates: OtlpCertificates;
}

/** What came of a request: an answer, or the reason why there is none, in few words. */
export type HttpAnswer =
  | {
      readonly answered: true;
      readonly status: number;
      readonly headers: Readonly<Record<string, string | string[] | undefined>>;
      /** At most the first 64 KiB. */
      readonly body: Buffer;
    }
  | { readonly answered: false; readonly reason: string };

const LONGEST_ANSWER = 65_536;

/**
 * Posts a body over kept-alive connections. Redirects are not followed, so that headers with a key reach no other host.
 * The application's own instrumentation makes no span of it. Never rejects.
 */
export async function httpPost(post: HttpPost): Promise<HttpAnswer> {
  const deadline = Date.now() + post.timeoutMillis;
  const first = await attempt(post, deadline);
  // The other side may close a kept connection just when it is used again; then it has not seen the request.
  const answer = first.isStale ? await attempt(post, deadline) : first;
  return answer.answered
    ? { answered: true, status: answer.status, headers: answer.headers, body: answer.body }
    : { answered: false, reason: answer.reason };
}

async function attempt(
  post: HttpPost,
  deadline: number,
): Promise<HttpAnswer & { readonly isStale?: boolean }> {
  const { url, certificates, body } = post;
  // Loaded when it is needed: most processes hand their spans to an SDK, and send nothing by themselves.
  const { request: start } = await (url.protocol === "https:"
    ? import("node:https")
    : import("node:http"));
  const signal = AbortSignal.timeout(Math.max(1, deadline - Date.now()));
  return new Promise((resolve) => {
    withoutTracing(() => {
      const headers = { ...post.headers, "content-length": String(body.byteLength) };
      const request = start(url, { method: "POST", headers, signal, ...certificates });
      request.on("error", (error) => {
        resolve({
          answered: false,
          reason: signal.aborted ? `no answer within ${post.timeoutMillis} ms` : reasonOf(error),
          isStale: request.reusedSocket && !signal.aborted,
        });
      });
      request.on("response", (response) => {
        void readAnswer(response).then(resolve, (error: unknown) =>
          resolve({ answered: false, reason: reasonOf(error) }),
        );
      });
      request.end(body);
    });
  });
}

async function readAnswer(response: IncomingMessage): Promise<HttpAnswer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response) {
    const bytes: Buffer = chunk;
    chunks.push(bytes);
    length += bytes.length;
    // Leaving the loop ends the connection: an answer without an end must not hold on to memory.
    if (length >= LONGEST_ANSWER) break;
  }
  const { statusCode: status = 0, headers } = response;
  return {
    answered: true,
    status,
    headers,
    body: Buffer.concat(chunks).subarray(0, LONGEST_ANSWER),
  };
}

/** The code of a system error, such as ECONNREFUSED; no message, since that quotes what it was given. */
function reasonOf(error: unknown): string {
  const { code, name } = error as { readonly code?: unknown; readonly name?: unknown };
  if (typeof code === "string") return code;
  return typeof name === "string" ? name : "unknown reason";
}
