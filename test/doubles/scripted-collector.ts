import { createServer, type IncomingHttpHeaders } from "node:http";
import { type AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { decodeLine } from "../../src/lookup/otlp-decode.ts";
import type { OtlpSpan } from "../../src/telemetry/otlp/otlp-model.ts";
import { requestFromProtobuf } from "./otlp-protobuf.ts";

/** A request as it came. */
export interface CollectedRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Length of the body as it went over the wire. */
  readonly bytes: number;
  /** The body as JSON, whatever it came as. */
  readonly text: string;
  readonly spans: readonly OtlpSpan[];
}

/** What the collector does with a request: an answer, `hang` for none, `cut` for a connection that breaks. */
export type ScriptedAnswer =
  | "hang"
  | "cut"
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string | Uint8Array;
    };

/** A collector on 127.0.0.1 that answers as it is told, and keeps what it was sent. */
export interface ScriptedCollector {
  readonly origin: string;
  readonly requests: readonly CollectedRequest[];
  /** Names of the spans of all requests that were answered with a success, in their order. */
  taken(): string[];
  /** What the next requests get, in their order. */
  next(...answers: readonly ScriptedAnswer[]): void;
  /** What requests get that nothing else is said of. @default 200 with an empty object */
  always(answer: ScriptedAnswer): void;
  stop(): Promise<void>;
}

const TAKEN: ScriptedAnswer = {
  status: 200,
  headers: { "content-type": "application/json" },
  body: "{}",
};

/** Starts a {@link ScriptedCollector} on a free port. */
export async function startScriptedCollector(): Promise<ScriptedCollector> {
  const requests: CollectedRequest[] = [];
  const taken: string[] = [];
  const script: ScriptedAnswer[] = [];
  let usual: ScriptedAnswer = TAKEN;
  const server = createServer((request, response) => {
    void buffer(request).then((body) => {
      const text = jsonOf(body, request.headers);
      const spans = decodeLine(text)?.spans ?? [];
      requests.push({
        path: request.url ?? "",
        headers: request.headers,
        bytes: body.length,
        text,
        spans,
      });
      const answer = script.shift() ?? usual;
      if (answer === "hang") return undefined;
      if (answer === "cut") return request.socket.destroy();
      if (answer.status < 300) taken.push(...spans.map(({ name }) => name));
      return response.writeHead(answer.status, answer.headers).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    taken: () => [...taken],
    next: (...answers) => void script.push(...answers),
    always(answer) {
      usual = answer;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function jsonOf(body: Buffer, headers: IncomingHttpHeaders): string {
  const plain = headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
  return headers["content-type"] === "application/x-protobuf"
    ? JSON.stringify(requestFromProtobuf(plain))
    : plain.toString();
}
