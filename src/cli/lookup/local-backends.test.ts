import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { localBackend } from "./local-backends.ts";

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A `fetch` that finds what listens on the usual ports on others, and notes which it was asked for. */
async function usual(
  listeners: Readonly<Record<number, RequestListener>>,
): Promise<{ readonly request: typeof fetch; readonly asked: string[] }> {
  const ports = new Map<string, number>();
  for (const [port, listener] of Object.entries(listeners)) {
    const server = createServer(listener);
    servers.push(server);
    // oxlint-disable-next-line no-await-in-loop -- two servers at most
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    ports.set(port, (server.address() as AddressInfo).port);
  }
  const asked: string[] = [];
  const request: typeof fetch = (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    asked.push(url.href);
    url.port = String(ports.get(url.port) ?? 9);
    url.hostname = "127.0.0.1";
    return fetch(url, init);
  };
  return { request, asked };
}

const page =
  (text: string, status = 200): RequestListener =>
  (_request, response) =>
    response.writeHead(status).end(text);

test("a Jaeger is told by its page, a Tempo by its echo, the Jaeger first", async () => {
  const jaeger = page("<html><title>Jaeger UI</title>");
  const both = await usual({ 16686: jaeger, 3200: page("echo") });
  expect(await localBackend("http://localhost:4318", both.request)).toEqual({
    kind: "jaeger",
    url: "http://localhost:16686",
  });
  const tempo = await usual({ 16686: page("hello"), 3200: page("echo\n") });
  expect(await localBackend("http://127.0.0.1:4317", tempo.request)).toEqual({
    kind: "tempo",
    url: "http://127.0.0.1:3200",
  });
});

test("a server of somebody else is none: another page, an error, a redirect, an endless body, silence", async () => {
  const others: readonly RequestListener[] = [
    page("welcome to my app"),
    page("jaeger", 500),
    (_request, response) => response.writeHead(302, { location: "http://evil.test/jaeger" }).end(),
    (_request, response) => {
      const write = (): void => {
        while (!response.destroyed && response.write("x".repeat(65_536)));
      };
      response.on("drain", write);
      write();
    },
    () => undefined,
  ];
  const found = await Promise.all(
    others.map(async (listener) => {
      const { request } = await usual({ 16686: listener });
      return localBackend("http://[::1]:4318", request);
    }),
  );
  expect(found).toEqual(others.map(() => undefined));
});

test.each([
  "http://collector.test:4318",
  "https://otlp.example.com",
  "http://10.0.0.1:4318",
  "http://127.0.0.1.evil.test:4318",
  "http://localhost.evil.test",
  "nonsense",
  "",
])("no host is asked because of the endpoint %j", async (endpoint) => {
  const { request, asked } = await usual({});
  expect(await localBackend(endpoint, request)).toBeUndefined();
  expect(asked).toEqual([]);
});
