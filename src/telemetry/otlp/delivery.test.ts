import { describe, expect, test } from "vitest";
import { partialSuccessInProtobuf } from "../../../test/doubles/otlp-protobuf.ts";
import { type Delivery, deliveryOf } from "./delivery.ts";
import { otlpEncoding } from "./otlp-encoding.ts";

const NOW = Date.UTC(2026, 2, 2, 12);
const json = await otlpEncoding({ protocol: "http/json", isProtocolFixed: true }, () => undefined);
const protobuf = await otlpEncoding(
  { protocol: "http/protobuf", isProtocolFixed: true },
  () => undefined,
);

function delivery(
  status: number,
  over: {
    readonly headers?: Record<string, string>;
    readonly body?: string | Uint8Array;
    readonly encoding?: typeof json;
  } = {},
): Delivery {
  const { headers = {}, body = "", encoding = json } = over;
  const bytes = typeof body === "string" ? Buffer.from(body) : Buffer.from(body);
  return deliveryOf(
    { answered: true, status, headers, body: bytes },
    (answer, type) => encoding.partialSuccess(answer, type),
    NOW,
  );
}

describe("an answer of a backend", () => {
  test.each([200, 202, 204])("%i is a success", (status) => {
    expect(delivery(status)).toEqual({ outcome: "accepted", rejected: 0 });
  });

  test.each([
    ['{"partialSuccess":{"rejectedSpans":"3","errorMessage":"too old"}}', 3, "too old"],
    ['{"partialSuccess":{"rejectedSpans":3}}', 3, undefined],
    ['{"partialSuccess":{"errorMessage":"use gzip"}}', 0, "use gzip"],
    ['{"partialSuccess":{}}', 0, undefined],
    ['{"partialSuccess":null}', 0, undefined],
    ['{"partialSuccess":{"rejectedSpans":-1}}', 0, undefined],
    ['{"partialSuccess":{"rejectedSpans":"many","errorMessage":7}}', 0, undefined],
    ["<html>OK</html>", 0, undefined],
    ["null", 0, undefined],
    ["", 0, undefined],
  ])("a success with %s", (body, rejected, message) => {
    expect(delivery(200, { body })).toEqual({
      outcome: "accepted",
      rejected,
      ...(message !== undefined && { message }),
    });
  });

  test("a success with a web page is none: the address is that of something else", () => {
    const headers = { "content-type": "text/html; charset=utf-8" };
    expect(delivery(200, { headers, body: "\n<!doctype html><title>Log in</title>" })).toEqual({
      outcome: "forbidden",
      reason: "HTTP 200 with a web page",
    });
    // A backend that calls its empty answer HTML has taken it.
    expect(delivery(200, { headers, body: "" })).toMatchObject({ outcome: "accepted" });
  });

  test("a partial success in protobuf is read", () => {
    const headers = { "content-type": "application/x-protobuf" };
    const body = partialSuccessInProtobuf(5, "quota");
    expect(delivery(200, { headers, body, encoding: protobuf })).toEqual({
      outcome: "accepted",
      rejected: 5,
      message: "quota",
    });
    const none = { headers, body: new Uint8Array(), encoding: protobuf };
    expect(delivery(200, none)).toEqual({ outcome: "accepted", rejected: 0 });
    const broken = { headers, body: new Uint8Array([10, 200, 1, 2]), encoding: protobuf };
    expect(delivery(200, broken)).toEqual({ outcome: "accepted", rejected: 0 });
  });

  test("JSON that answers protobuf is read", () => {
    const body = '{"partialSuccess":{"rejectedSpans":"2"}}';
    const headers = { "content-type": "application/json; charset=utf-8" };
    expect(delivery(200, { headers, body, encoding: protobuf })).toMatchObject({ rejected: 2 });
  });

  test("a backend's words are cut, and lose what a terminal would obey", () => {
    const errorMessage = `\u001b[31mred\r\nline${"x".repeat(1000)}`;
    const body = JSON.stringify({ partialSuccess: { errorMessage } });
    const { message } = delivery(200, { body }) as { message: string };
    expect(message).toHaveLength(256);
    expect(message).toMatch(/^\[31mred linexx/);
  });

  test.each([429, 502, 503, 504])("%i asks to come again", (status) => {
    expect(delivery(status)).toEqual({ outcome: "unavailable", reason: `HTTP ${status}` });
  });

  test.each([
    ["7", 7000],
    ["0", 0],
    ["Mon, 02 Mar 2026 12:00:30 GMT", 30_000],
    ["Mon, 02 Mar 2026 11:00:00 GMT", 0],
    ["999999999", 3_600_000],
    ["soon", undefined],
    ["", undefined],
  ])("Retry-After: %s", (header, retryAfter) => {
    const answer = delivery(503, { headers: { "retry-after": header } });
    expect(answer).toEqual({
      outcome: "unavailable",
      reason: "HTTP 503",
      ...(retryAfter !== undefined && { retryAfter }),
    });
  });

  test("a date to come again is told by the backend's own clock, where it gives its time", () => {
    const headers = {
      date: "Mon, 02 Mar 2026 09:00:00 GMT",
      "retry-after": "Mon, 02 Mar 2026 09:00:40 GMT",
    };
    expect(delivery(503, { headers })).toMatchObject({ retryAfter: 40_000 });
    expect(delivery(503, { headers: { ...headers, date: "soon" } })).toMatchObject({
      retryAfter: 0,
    });
  });

  test.each([400, 413, 415, 422, 500, 501, 505])("%i refuses the batch for good", (status) => {
    expect(delivery(status)).toEqual({ outcome: "refused", reason: `HTTP ${status}` });
  });

  test.each([101, 301, 302, 307, 308, 401, 403, 404, 405])(
    "%i asks for another set-up",
    (status) => {
      expect(delivery(status, { headers: { location: "http://evil" } })).toEqual({
        outcome: "forbidden",
        reason: `HTTP ${status}`,
      });
    },
  );

  test("none is a reason to come again", () => {
    const answer = deliveryOf(
      { answered: false, reason: "ECONNREFUSED" },
      () => ({ rejected: 0, message: "" }),
      NOW,
    );
    expect(answer).toEqual({ outcome: "unavailable", reason: "ECONNREFUSED" });
  });
});
