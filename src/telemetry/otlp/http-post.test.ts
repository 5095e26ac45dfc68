import { execFile } from "node:child_process";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  type ScriptedCollector,
  startScriptedCollector,
} from "../../../test/doubles/scripted-collector.ts";
import { type HttpAnswer, type HttpPost, httpPost } from "./http-post.ts";

let collector: ScriptedCollector;
beforeEach(async () => {
  collector = await startScriptedCollector();
});
afterEach(() => collector.stop());

function post(
  over: Partial<Omit<HttpPost, "url">> & { readonly url?: string } = {},
): Promise<HttpAnswer> {
  return httpPost({
    url: new URL(over.url ?? `${collector.origin}/v1/traces`),
    headers: { "content-type": "application/json", "x-key": "k" },
    body: Buffer.from('{"resourceSpans":[]}'),
    timeoutMillis: over.timeoutMillis ?? 5000,
    certificates: over.certificates ?? {},
  });
}

/** What comes of a post to a server that answers with these bytes, and then nothing. */
async function answerTo(bytes: string, timeoutMillis?: number): Promise<HttpAnswer> {
  const server = createTcpServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => void socket.write(bytes));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const answer = await post({
    url: `http://127.0.0.1:${port}`,
    ...(timeoutMillis !== undefined && { timeoutMillis }),
  });
  await new Promise((resolve) => server.close(resolve));
  return answer;
}

describe("httpPost", () => {
  test("sends the body with its headers, and gives the answer", async () => {
    collector.next({ status: 202, headers: { "x-a": "b" }, body: "ok" });
    expect(await post()).toMatchObject({
      answered: true,
      status: 202,
      headers: { "x-a": "b" },
      body: Buffer.from("ok"),
    });
    expect(collector.requests[0]).toMatchObject({
      path: "/v1/traces",
      bytes: 20,
      headers: { "x-key": "k", "content-length": "20" },
    });
  });

  test("follows no redirect: the headers reach nobody else", async () => {
    const other = await startScriptedCollector();
    collector.next({ status: 307, headers: { location: `${other.origin}/v1/traces` } });
    expect(await post()).toMatchObject({ answered: true, status: 307 });
    expect(other.requests).toEqual([]);
    await other.stop();
  });

  test("a server that never answers is given up", async () => {
    collector.next("hang");
    expect(await post({ timeoutMillis: 50 })).toEqual({
      answered: false,
      reason: "no answer within 50 ms",
    });
  });

  test("a server that is not there says so by the system's code", async () => {
    const { origin } = collector;
    await collector.stop();
    expect(await post({ url: origin })).toEqual({ answered: false, reason: "ECONNREFUSED" });
    collector = await startScriptedCollector();
  });

  test("a connection that breaks is no answer", async () => {
    collector.next("cut");
    expect(await post()).toEqual({ answered: false, reason: "ECONNRESET" });
  });

  test("a kept connection that was closed meanwhile is opened anew", async () => {
    await post();
    collector.next("cut");
    expect(await post()).toMatchObject({ answered: true, status: 200 });
    expect(collector.requests).toHaveLength(3);
  });

  test("of an answer without an end it reads the first 64 KiB, and ends the connection", async () => {
    let closed: (() => void) | undefined;
    const whenClosed = new Promise<void>((resolve) => (closed = resolve));
    const endless = createServer((_request, response) => {
      response.on("close", () => closed?.());
      const more = (): void => {
        if (response.destroyed) return;
        if (response.write("x".repeat(10_000))) setImmediate(more);
        else response.once("drain", more);
      };
      more();
    });
    await new Promise<void>((resolve) => endless.listen(0, "127.0.0.1", resolve));
    const { port } = endless.address() as AddressInfo;
    const answer = await post({ url: `http://127.0.0.1:${port}` });
    expect(answer.answered && answer.body).toHaveLength(65_536);
    await whenClosed;
    endless.closeAllConnections();
    endless.close();
  });

  test.each([200, 400])(
    "the status %i counts, though the answer behind it never ends",
    async (status) => {
      const answer = await answerTo(`HTTP/1.1 ${status} So\r\nContent-Length: 99\r\n\r\n{`, 1500);
      expect(answer).toMatchObject({ answered: true, status, body: Buffer.from("{") });
    },
  );

  test("a server that switches to another protocol has answered", async () => {
    const answer = await answerTo("HTTP/1.1 101 So\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n");
    expect(answer).toMatchObject({ answered: true, status: 101 });
  });

  test("what is no HTTP is no answer, and a port of gRPC is hinted at", async () => {
    expect(await answerTo("SSH-2.0\r\n")).toMatchObject({
      answered: false,
      reason: expect.stringMatching(/^HPE_.*gRPC/),
    });
  });

  test.each([0.5, 3e9, 5e9])(
    "a timeout of %d ms is none that throws or ends at once",
    async (timeoutMillis) => {
      collector.always({ status: 204 });
      const answer = await post({ timeoutMillis });
      expect(answer).toMatchObject(timeoutMillis < 1 ? {} : { answered: true, status: 204 });
    },
  );

  test("a certificate that is none is no answer", async () => {
    const certificates = { cert: Buffer.from("no PEM"), key: Buffer.from("no PEM") };
    const url = collector.origin.replace("http:", "https:");
    expect(await post({ url, certificates })).toMatchObject({
      answered: false,
      reason: expect.stringContaining("PEM"),
    });
  });
});

test("Node's own settings of a proxy count", async () => {
  const module = JSON.stringify(new URL("./http-post.ts", import.meta.url).href);
  const program = `const { httpPost } = await import(${module});
    const url = new URL("http://collector.invalid:4318/v1/traces");
    await httpPost({ url, headers: {}, body: Buffer.from("{}"), timeoutMillis: 5000, certificates: {} });`;
  await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], {
    env: { ...process.env, NODE_USE_ENV_PROXY: "1", HTTP_PROXY: collector.origin, NO_PROXY: "" },
  });
  expect(collector.requests.map(({ path }) => path)).toEqual([
    "http://collector.invalid:4318/v1/traces",
  ]);
});
