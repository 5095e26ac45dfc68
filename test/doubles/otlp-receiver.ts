import { createServer } from "node:http";
import { type AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";

/** A span as an OTLP receiver gets it, with its attributes flat. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: number;
  readonly service: unknown;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
}

/** A collector-shaped HTTP server on 127.0.0.1: it takes OTLP/JSON on `/v1/traces` and keeps the spans. */
export interface OtlpReceiver {
  readonly url: string;
  spans(): readonly ReceivedSpan[];
  stop(): Promise<void>;
}

interface KeyValue {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

interface ExportRequest {
  readonly resourceSpans: readonly {
    readonly resource?: { readonly attributes?: readonly KeyValue[] };
    readonly scopeSpans: readonly {
      readonly spans: readonly (Omit<ReceivedSpan, "attributes" | "links" | "service"> & {
        readonly attributes?: readonly KeyValue[];
        readonly links?: ReceivedSpan["links"];
      })[];
    }[];
  }[];
}

/**
 * Starts a receiver.
 *
 * @param behaviour what it does with a request: takes it, refuses it (400, which exporters do not try again), or never
 *   answers
 */
export async function startOtlpReceiver(
  behaviour: "take" | "refuse" | "hang" = "take",
): Promise<OtlpReceiver> {
  const kept: ReceivedSpan[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      if (behaviour === "hang") return;
      if (behaviour === "refuse") {
        response.writeHead(400).end();
        return;
      }
      const body = Buffer.concat(chunks);
      const json = request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
      kept.push(...received(JSON.parse(json.toString()) as ExportRequest));
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    spans: () => kept,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function received(request: ExportRequest): ReceivedSpan[] {
  return request.resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        ...span,
        parentSpanId: span.parentSpanId ?? "",
        service: flat(resource?.attributes)["service.name"],
        attributes: flat(span.attributes),
        links: span.links ?? [],
      })),
    ),
  );
}

function flat(attributes: readonly KeyValue[] = []): Record<string, unknown> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [
      key,
      value["intValue"] === undefined ? Object.values(value)[0] : Number(value["intValue"]),
    ]),
  );
}
