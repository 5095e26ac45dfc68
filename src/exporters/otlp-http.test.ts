import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sagaTrace } from "../../test/support/saga-runs.ts";
import { toReadableSpan } from "../host/readable-span.ts";
import { resourceOf } from "../host/resource.ts";
import { spansOf } from "../index.ts";
import { decodeLine } from "../lookup/otlp-decode.ts";
import { otlpHttpProcessor } from "./otlp-http.ts";

let server: Server;
let received: { body: string; key: string | undefined }[];

async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
  received.push({ body: await text(request), key: request.headers["x-key"]?.toString() });
  response.writeHead(200, { "content-type": "application/json" }).end("{}");
}

beforeEach(async () => {
  received = [];
  server = createServer((request, response) => void receive(request, response));
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
});
afterEach(() => void server.close());

test("spans arrive at an OTLP/HTTP receiver with their derived ids, and with the headers that were asked for", async () => {
  const { port } = server.address() as AddressInfo;
  const processor = await otlpHttpProcessor({
    url: `http://127.0.0.1:${port}/v1/traces`,
    headers: { "x-key": "k" },
  });
  const spans = spansOf(sagaTrace("stepfunctions", "approved"));
  const resource = resourceOf({ "service.name": "orders" });
  for (const span of spans) processor.onEnd(toReadableSpan(span, resource));
  await processor.forceFlush?.();
  await processor.shutdown?.();
  const arrived = received.flatMap(({ body }) => decodeLine(body)?.spans ?? []);
  expect(arrived.map((span) => span.spanId)).toEqual(spans.map((span) => span.spanId));
  expect(received[0]?.key).toBe("k");
});
