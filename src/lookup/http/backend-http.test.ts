import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import type { DurascopeError } from "../../core/errors.ts";
import { type BackendHttpOptions, createBackendHttp } from "./backend-http.ts";

type Handler = (request: IncomingMessage, response: ServerResponse, count: number) => void;

const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

/** A server on 127.0.0.1 that ends with the test, and what it was asked. */
async function serve(handler: Handler): Promise<{ url: string; asked: IncomingMessage[] }> {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    handler(request, response, asked.length);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stops.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

const json = (response: ServerResponse, value: unknown = { ok: true }): unknown =>
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));

function client(baseUrl: string, options: Partial<BackendHttpOptions> = {}) {
  return createBackendHttp({
    product: "Jaeger",
    baseUrl,
    addressBy: "JAEGER_URL",
    credentialsBy: "JAEGER_TOKEN",
    retryWaits: [1, 1],
    ...options,
  });
}

const never = new AbortController().signal;

function ask(baseUrl: string, options: Partial<BackendHttpOptions> = {}): Promise<unknown> {
  return client(baseUrl, options).askJson({ path: "api/v3/services" }, never);
}

/** The error that asking ends in. */
async function failing(
  baseUrl: string,
  options: Partial<BackendHttpOptions> = {},
): Promise<DurascopeError> {
  const outcome = await ask(baseUrl, options).catch((error: unknown) => error);
  expect(outcome).toBeInstanceOf(Error);
  return outcome as DurascopeError;
}

describe("a question", () => {
  test("reaches the path below the base URL, its values encoded", async () => {
    const { url, asked } = await serve((_request, response) => json(response));
    const value = '{"workflow.id":"a&b=c#\\" %0A ü"}';
    const answer = await client(`${url}/jaeger/ui`).askJson(
      { path: "api/v3/services", query: [["query.attributes", value]] },
      never,
    );
    const seen = new URL(asked[0]?.url ?? "", url);
    expect(seen.pathname).toBe("/jaeger/ui/api/v3/services");
    expect([...seen.searchParams]).toEqual([["query.attributes", value]]);
    expect(answer).toEqual({ status: 200, contentType: "application/json", json: { ok: true } });
  });

  test("with a body goes as JSON by POST", async () => {
    let body = "";
    const { url, asked } = await serve((request, response) => {
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => json(response));
    });
    await client(url).askJson({ path: "search", body: { query: "@a:b" } }, never);
    expect([asked[0]?.method, asked[0]?.headers["content-type"], body]).toEqual([
      "POST",
      "application/json",
      '{"query":"@a:b"}',
    ]);
  });

  test("gets JSON that calls itself text, and compressed JSON", async () => {
    const { url } = await serve((_request, response) =>
      response
        .writeHead(200, { "content-type": "text/plain; charset=utf-8", "content-encoding": "gzip" })
        .end(gzipSync('{"ok":true}')),
    );
    expect(await ask(url)).toEqual({ status: 200, contentType: "text/plain", json: { ok: true } });
  });

  test("gets a status that it expects as an answer, with its content type", async () => {
    const { url } = await serve((_request, response) =>
      response.writeHead(404, { "content-type": "text/html; charset=utf-8" }).end("<p>none"),
    );
    const answer = await client(url).ask({ path: "x", expected: [404] }, never);
    expect(answer).toEqual({ status: 404, contentType: "text/html", text: "<p>none" });
  });
});

describe("credentials", () => {
  test("of the URL and of headers are sent, and stand in no name", async () => {
    const { url, asked } = await serve((_request, response) => json(response));
    const withUser = url.replace("http://", "http://ann:p%40ss@");
    const http = client(`${withUser}/?token=abc#x`, { headers: { "dd-api-key": "k3y" } });
    await http.askJson({ path: "x" }, never);
    expect(asked[0]?.headers).toMatchObject({
      authorization: `Basic ${Buffer.from("ann:p@ss").toString("base64")}`,
      "dd-api-key": "k3y",
    });
    expect([http.name, http.address]).toEqual([`Jaeger at ${url}`, `${url}/`]);
  });

  test("that a backend repeats in its answer are taken out of the message", async () => {
    const { url } = await serve((request, response) =>
      response
        .writeHead(400)
        .end(
          `bad ${request.headers.authorization} of s3cret-key, ${String(request.headers["x-key"])}`,
        ),
    );
    const withUser = url.replace("http://", "http://annabel:passw0rd@");
    const error = await failing(withUser, { headers: { "x-key": "s3cret-key" } });
    expect(error.message).toContain("bad *** of ***, ***");
    expect(error.cause).toBeUndefined();
  });

  test("are taken out of an explanation also where it is cut in the middle of one", async () => {
    let before = 0;
    const { url } = await serve((request, response) =>
      response.writeHead(403).end(`${"x".repeat(before)} ${String(request.headers["x-key"])} end`),
    );
    for (before = 160; before < 204; before += 4) {
      // oxlint-disable-next-line no-await-in-loop -- the server's answer changes from one to the next
      const { message } = await failing(url, {
        headers: { "x-key": "k3y-abcdef0123456789abcdef0123456789" },
      });
      expect(message).toContain("xxx");
      expect(message).not.toContain("k3y");
    }
  });

  test("never go with a redirect to another origin, which is an error that names it", async () => {
    const other = await serve((_request, response) => json(response));
    const { url } = await serve((_request, response) =>
      response.writeHead(302, { location: `${other.url}/login?next=secret` }).end(),
    );
    const error = await failing(url, { headers: { "x-key": "s3cret-key" } });
    expect(other.asked).toEqual([]);
    expect(error.code).toBe("LOOKUP_REDIRECTED");
    expect(error.message).toBe(
      `Jaeger at ${url} redirects to ${other.url}, and credentials are not sent there. Set JAEGER_URL to the address that answers by itself.`,
    );
  });

  test("that no header can hold are refused without being told", () => {
    const make = (): unknown =>
      client("http://127.0.0.1:1", { headers: { "x-key": "s3cret\nkey" } });
    expect(make).toThrow(expect.objectContaining({ code: "LOOKUP_BAD_CREDENTIALS" }));
    expect(make).toThrow(/^(?!.*s3cret).*x-key/s);
  });
});

test.each(["localhost:16686", "ftp://127.0.0.1", "", "http://", "user:pass@host"])(
  "the address %j is refused without being told",
  (address) => {
    expect(() => client(address)).toThrow(
      "The address of Jaeger is no http or https URL. Set JAEGER_URL to one such as http://127.0.0.1:16686.",
    );
  },
);

describe("redirects", () => {
  test("within the origin are followed once", async () => {
    const { url, asked } = await serve((request, response) => {
      if (request.url === "/moved/") json(response);
      else response.writeHead(307, { location: "/moved/" }).end();
    });
    expect(await ask(url, { headers: { "x-key": "k" } })).toMatchObject({ status: 200 });
    expect(asked[1]?.headers["x-key"]).toBe("k");
  });

  test("in a circle end in an error", async () => {
    const { url, asked } = await serve((_request, response) =>
      response.writeHead(302, { location: "/" }).end(),
    );
    expect((await failing(url)).code).toBe("LOOKUP_REDIRECTED");
    expect(asked).toHaveLength(2);
  });

  test.each(["http://[", "javascript:alert(1)", ""])("to %j end in an error", async (location) => {
    const { url } = await serve((_request, response) =>
      response.writeHead(302, { location }).end(),
    );
    expect((await failing(url)).code).toBe("LOOKUP_REDIRECTED");
  });
});

test.each([
  [401, "LOOKUP_REFUSED", "the credentials are missing or wrong. Set JAEGER_TOKEN."],
  [403, "LOOKUP_REFUSED", "the credentials do not allow reading traces."],
  [404, "LOOKUP_NOT_FOUND", "Check that JAEGER_URL names the right program"],
  [400, "LOOKUP_BAD_REQUEST", "it does not understand the question."],
  [431, "LOOKUP_BAD_REQUEST", "the id is too long for it."],
] as const)("%i is %s, asked once, with the backend's own words", async (status, code, words) => {
  const { url, asked } = await serve((_request, response) =>
    response.writeHead(status).end(JSON.stringify({ error: { message: "say\u001b[31m\nmore" } })),
  );
  const error = await failing(url);
  expect(error.code).toBe(code);
  expect(error.message).toContain(`Jaeger at ${url} answered ${status} (say [31m more): `);
  expect(error.message).toContain(words);
  expect(asked).toHaveLength(1);
});

test("500 is asked again twice, then an error with no more of the body than a line", async () => {
  const { url, asked } = await serve((_request, response) =>
    response.writeHead(500).end("x".repeat(100_000)),
  );
  const error = await failing(url);
  expect(error.code).toBe("LOOKUP_FAILED");
  expect(error.message.length).toBeLessThan(450);
  expect(asked).toHaveLength(3);
});

test("503 once costs nothing but the retry", async () => {
  const { url, asked } = await serve((_request, response, count) =>
    count === 1 ? response.writeHead(503).end() : json(response),
  );
  expect(await ask(url)).toMatchObject({ status: 200 });
  expect(asked).toHaveLength(2);
});

describe("429", () => {
  test.each(["retry-after", "x-ratelimit-reset"])(
    "waits as %s says when that is short",
    async (header) => {
      const { url, asked } = await serve((_request, response, count) =>
        count === 1 ? response.writeHead(429, { [header]: "0" }).end() : json(response),
      );
      expect(await ask(url, { retryWaits: [60_000] })).toMatchObject({ status: 200 });
      expect(asked).toHaveLength(2);
    },
  );

  test("is an error that says when, as soon as the wait is longer than people wait", async () => {
    const { url, asked } = await serve((_request, response) =>
      response.writeHead(429, { "x-ratelimit-reset": "1800" }).end(),
    );
    const error = await failing(url);
    expect(error.code).toBe("LOOKUP_RATE_LIMITED");
    expect(error.message).toMatch(
      /answered 429: too many requests for now\. The next request is allowed in 30 min, at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\.$/,
    );
    expect(asked).toHaveLength(1);
  });

  test("is an error when the wait does not fit into the time limit", async () => {
    const { url } = await serve((_request, response) =>
      response.writeHead(429, { "retry-after": "5" }).end(),
    );
    expect((await failing(url, { timeLimit: 4000 })).message).toContain("allowed in 5 s");
  });

  test("without a sensible time is asked again as other failures are", async () => {
    const { url, asked } = await serve((_request, response) =>
      response.writeHead(429, { "retry-after": "soon" }).end(),
    );
    expect((await failing(url)).message).toContain("Try again in a minute.");
    expect(asked).toHaveLength(3);
  });
});

describe("a bad answer is told", () => {
  test("a web page", async () => {
    const { url } = await serve((_request, response) =>
      response.writeHead(200, { "content-type": "text/html" }).end("<!DOCTYPE html><p>Log in"),
    );
    const error = await failing(url);
    expect(error.code).toBe("LOOKUP_BAD_ANSWER");
    expect(error.message).toContain("a web page where JSON was asked for");
  });

  test("truncated JSON", async () => {
    const { url } = await serve((_request, response) => response.end('{"summaries":['));
    expect(await failing(url)).toMatchObject({
      code: "LOOKUP_BAD_ANSWER",
      message: expect.stringContaining("breaks off after 14 characters"),
    });
  });

  test.each(['{"summaries":["0af7', '{"a":1', '[{"a":1},', '{"a"'])(
    "truncated as %s",
    async (text) => {
      const { url } = await serve((_request, response) => response.end(text));
      expect((await failing(url)).message).toContain(`breaks off after ${text.length} characters`);
    },
  );

  test.each(["no json", "", '{"a" 1}', '{"a":1} trailing'])(
    "%j, which is no JSON and no beginning of any",
    async (text) => {
      const { url } = await serve((_request, response) => response.end(text));
      expect((await failing(url)).message).toContain(`what is no JSON (${text.length} characters)`);
    },
  );

  test("a failure that is expected as JSON and is none: another program answers", async () => {
    const { url } = await serve((_request, response) =>
      response.writeHead(404).end("404 page not found"),
    );
    const question = client(url).askJson({ path: "x", expected: [404] }, never);
    await expect(question).rejects.toMatchObject({
      code: "LOOKUP_NOT_FOUND",
      message: expect.stringContaining("answered 404 (404 page not found): it has no such path"),
    });
  });

  test("a body that breaks off", async () => {
    const { url } = await serve((_request, response) => {
      response.writeHead(200, { "content-length": "100" }).write('{"a":');
      setTimeout(() => response.destroy(), 20);
    });
    expect(await failing(url)).toMatchObject({
      code: "LOOKUP_BAD_ANSWER",
      message: expect.stringContaining("broke off its answer after 5 bytes"),
    });
  });

  test.each([
    [200, "sent more than 1 MiB"],
    [500, "it failed by itself"],
  ])("an endless body of a %i, read no further than the limit", async (status, words) => {
    let sent = 0;
    const { url } = await serve((_request, response) => {
      response.writeHead(status);
      const more = (): void => {
        if (response.destroyed) return;
        sent += 2 ** 16;
        response.write("[".repeat(2 ** 16), () => setImmediate(more));
      };
      more();
    });
    const error = await failing(url, { bodyLimit: 2 ** 20, retryWaits: [] });
    expect(error.message).toContain(words);
    expect(sent).toBeLessThan(16 * 2 ** 20);
  });

  test.each([
    ["nothing at all", () => undefined],
    ["headers only", (_request, response) => response.writeHead(200).flushHeaders()],
    ["headers of a failure only", (_request, response) => response.writeHead(500).flushHeaders()],
  ] as [string, Handler][])("%s within the time limit", async (_name, handler) => {
    const { url } = await serve(handler);
    const error = await failing(url, { timeLimit: 150 });
    expect(error.code).toBe("LOOKUP_TIMED_OUT");
    expect(error.message).toContain(`Jaeger at ${url} gave no whole answer within 0.15 s.`);
  });
});

test("a server that is not there is unreachable, with the reason and the next step", async () => {
  const { url } = await serve(() => undefined);
  await Promise.all(stops.splice(0).map((stop) => stop()));
  const error = await failing(url);
  expect(error.code).toBe("LOOKUP_UNREACHABLE");
  expect(error.message).toBe(
    `Jaeger at ${url} cannot be reached (ECONNREFUSED). Start it, or set JAEGER_URL to where it is.`,
  );
});

test("a connection that breaks before the answer is tried again", async () => {
  const { url, asked } = await serve((request, response, count) => {
    if (count === 1) request.socket.destroy();
    else json(response);
  });
  expect(await ask(url)).toMatchObject({ status: 200 });
  expect(asked).toHaveLength(2);
});

test("an aborted signal ends the question with the signal's reason", async () => {
  const { url } = await serve(() => undefined);
  const stop = new AbortController();
  const asking = client(url).ask({ path: "x" }, stop.signal);
  stop.abort(new Error("enough"));
  await expect(asking).rejects.toThrow("enough");
  await expect(client(url).ask({ path: "x" }, stop.signal)).rejects.toThrow("enough");
});
