import type { IncomingMessage } from "node:http";
import { LONGEST_TIMER_MS } from "../../host/longest-timer.ts";
import { withoutTracing } from "../../host/opentelemetry-global.ts";
import { property } from "../../host/property.ts";
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
      /** At most the first 64 KiB, and less where it breaks off or the time is over. */
      readonly body: Buffer;
    }
  | { readonly answered: false; readonly reason: string };

const LONGEST_ANSWER = 65_536;

/**
 * Posts a body over kept-alive connections of Node's global agents, and so through a proxy where Node.js is told of one
 * (`NODE_USE_ENV_PROXY=1`). Redirects are not followed, so that headers with a key reach no other host. The application's
 * own instrumentation makes no span of it. Never rejects.
 */
export async function httpPost(post: HttpPost): Promise<HttpAnswer> {
  const deadline = performance.now() + post.timeoutMillis;
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
  const left = Math.ceil(deadline - performance.now());
  const signal = AbortSignal.timeout(Math.min(LONGEST_TIMER_MS, Math.max(1, left)));
  return new Promise((resolve) => {
    const fail = (error: unknown, isStale = false): void => {
      const reason = signal.aborted ? `no answer within ${post.timeoutMillis} ms` : reasonOf(error);
      resolve({ answered: false, reason, isStale: isStale && !signal.aborted });
    };
    withoutTracing(() => {
      const headers = { ...post.headers, "content-length": String(body.byteLength) };
      try {
        const request = start(url, { method: "POST", headers, signal, ...certificates });
        let isAnswered = false;
        request.on("error", (error) => {
          if (!isAnswered) fail(error, request.reusedSocket);
        });
        request.on("response", (response) => {
          isAnswered = true;
          void readAnswer(response).then(resolve);
        });
        // Who switches to another protocol gives neither a response nor an error.
        request.on("upgrade", ({ statusCode: status = 0, headers: answered }, socket) => {
          socket.destroy();
          resolve({ answered: true, status, headers: answered, body: Buffer.alloc(0) });
        });
        request.end(body);
      } catch (error) {
        fail(error);
      }
    });
  });
}

/** The status says what became of the request: an answer that breaks off behind it, or never ends, takes nothing back. */
async function readAnswer(response: IncomingMessage): Promise<HttpAnswer> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of response) {
      const bytes: Buffer = chunk;
      chunks.push(bytes);
      length += bytes.length;
      // Leaving the loop ends the connection: an answer without an end must not hold on to memory.
      if (length >= LONGEST_ANSWER) break;
    }
  } catch {
    // What came until then is what there is.
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
  const code = property(error, "code") ?? property(error, "name");
  if (typeof code !== "string") return "unknown reason";
  // Of Node's parser of HTTP: the most common mistake is the port of gRPC, which speaks HTTP/2 alone.
  if (code.startsWith("HPE_")) return `${code}: no HTTP/1.1, as on a port of gRPC`;
  return /CERT|ISSUER/.test(code)
    ? `${code}: see OTEL_EXPORTER_OTLP_CERTIFICATE and _CLIENT_CERTIFICATE`
    : code;
}
