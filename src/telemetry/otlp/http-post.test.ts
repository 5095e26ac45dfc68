import { createServer } from "node:http";
import { type AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  type ScriptedCollector,
  startScriptedCollector,
} from "../../../test/doubles/scripted-collector.ts";
import { type HttpAnswer, httpPost } from "./http-post.ts";

let collector: ScriptedCollector;
beforeEach(async () => {
  collector = await startScriptedCollector();
});
afterEach(() => collector.stop());

function post(
  over: { readonly url?: string; readonly timeoutMillis?: number } = {},
): Promise<HttpAnswer> {
  return httpPost({
    url: new URL(over.url ?? `${collector.origin}/v1/traces`),
    headers: { "content-type": "application/json", "x-key": "k" },
    body: Buffer.from('{"resourceSpans":[]}'),
    timeoutMillis: over.timeoutMillis ?? 5000,
    certificates: {},
  });
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
});
