import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Ways in which a server may fail whoever asks it. */
export type Badness =
  | "401"
  | "403"
  | "404"
  | "429"
  | "500"
  | "HTML"
  | "truncated JSON"
  | "JSON of another shape"
  | "an endless body"
  | "nothing"
  | "a broken connection"
  | "a redirect elsewhere";

/** A server that answers every request badly, and repeats the credentials that it was sent. */
export interface BadBackend {
  readonly url: string;
  /** `Authorization` and API keys of the requests that came, `-` where there was none. */
  readonly credentials: readonly string[];
  stop(): Promise<void>;
}

const CREDENTIALS = ["authorization", "dd-api-key", "dd-application-key"];

/** Starts one on a free port of 127.0.0.1; `elsewhere` is where it redirects to. */
export async function startBadBackend(badness: Badness, elsewhere = ""): Promise<BadBackend> {
  const credentials: string[] = [];
  const server = createServer((request, response) => {
    const sent = CREDENTIALS.flatMap((name) => request.headers[name] ?? []).join(" ") || "-";
    credentials.push(sent);
    answer(badness, request, response, { sent, elsewhere });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    credentials,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(
  badness: Badness,
  request: IncomingMessage,
  response: ServerResponse,
  { sent, elsewhere }: { readonly sent: string; readonly elsewhere: string },
): void {
  const json = { "content-type": "application/json" };
  switch (badness) {
    case "401":
    case "403":
    case "404":
    case "500":
      response
        .writeHead(Number(badness), json)
        .end(JSON.stringify({ errors: [`refused \u001b[31m${sent}`], error: sent }));
      break;
    case "429":
      response
        .writeHead(429, { ...json, "retry-after": "3600", "x-ratelimit-reset": "3600" })
        .end(JSON.stringify({ errors: [sent] }));
      break;
    case "HTML":
      response
        .writeHead(200, { "content-type": "text/html" })
        .end(`<!doctype html><title>Sign in</title>${sent}`);
      break;
    case "truncated JSON":
      response.writeHead(200, json).end('{"traces":[{"traceID":"0af7');
      break;
    case "JSON of another shape":
      response.writeHead(200, json).end('{"hello":["world"]}');
      break;
    case "an endless body":
      response.writeHead(200, json);
      response.on("drain", () => pour(response));
      response.write('{"traces":[');
      pour(response);
      break;
    case "nothing":
      break;
    case "a broken connection":
      request.socket.destroy();
      break;
    case "a redirect elsewhere":
      response.writeHead(302, { location: `${elsewhere}/stolen` }).end();
      break;
  }
}

const CHUNK = `"${"x".repeat(2 ** 20)}",`;

function pour(response: ServerResponse): void {
  while (!response.destroyed && response.write(CHUNK));
}
