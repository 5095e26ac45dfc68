import { describe, expect, test } from "vitest";
import { DurascopeError } from "../../core/errors.ts";
import type { BackendHttp, BackendRequest } from "../http/backend-http.ts";
import { searchDatadog } from "./datadog-search.ts";

const { signal } = new AbortController();
const QUESTION = { of: "spans", query: "@a:b", from: 1e12, to: 1e12 + 5, pages: 3 } as const;

/** A client that gives pages with so many results each, one of them cut short, and keeps what it was asked. */
function pages(
  sizes: readonly number[],
  partial?: number,
): { http: BackendHttp; asked: BackendRequest[] } {
  const asked: BackendRequest[] = [];
  const http: BackendHttp = {
    name: "Datadog",
    address: "http://127.0.0.1/",
    addressBy: "DD_SITE",
    ask: () => Promise.reject(new Error("not asked for")),
    askJson(request) {
      const page = asked.push(request);
      const data = Array.from({ length: sizes[page - 1] ?? 0 }, (_none, i) => ({
        id: `${page}.${i}`,
      }));
      const status = page === partial ? "timeout" : "done";
      const json = { data, meta: { status, page: { after: `after ${page}` } } };
      return Promise.resolve({ status: 200, contentType: "application/json", json });
    },
    jsonOf: ({ text }) => JSON.parse(text),
    badAnswer: (what) => new DurascopeError("LOOKUP_BAD_ANSWER", what),
  };
  return { http, asked };
}

describe("pages of Datadog's search", () => {
  test("are read until one is not full", async () => {
    const { http, asked } = pages([1000, 999, 1000]);
    const { data, notes } = await searchDatadog(http, QUESTION, signal);
    expect([data.length, asked.length, notes]).toEqual([1999, 2, []]);
    expect(asked[1]?.body).toMatchObject({
      data: { attributes: { page: { limit: 1000, cursor: "after 1" } } },
    });
  });

  test("are read up to a bound, and it is said what is left out", async () => {
    const { http, asked } = pages([1000, 1000, 1000, 1000]);
    const { data, notes } = await searchDatadog(http, QUESTION, signal);
    expect([data.length, asked.length]).toEqual([3000, 3]);
    expect(notes).toEqual([expect.stringContaining("more than 3000 spans")]);
  });

  test("hold the oldest too where it is asked for, since the run's own span is among them", async () => {
    const { http, asked } = pages([1000, 1000, 1000, 700]);
    const { data, notes } = await searchDatadog(http, { ...QUESTION, withOldest: true }, signal);
    expect([data.length, asked.length]).toEqual([3700, 4]);
    expect(asked[3]?.body).toMatchObject({
      data: { attributes: { page: { limit: 1000 }, sort: "timestamp" } },
    });
    expect(notes).toEqual([expect.stringContaining("those between the newest and the oldest")]);
  });

  test.each([1, 4])(
    "of which Datadog stopped the search of number %d are said to be partial",
    async (page) => {
      const { http } = pages([1000, 1000, 1000, 700], page);
      const { notes } = await searchDatadog(http, { ...QUESTION, withOldest: true }, signal);
      expect(notes[0]).toMatch(/^Datadog stopped its search of spans before the end/);
    },
  );

  test("ask for log lines without the envelope of JSON:API", async () => {
    const { http, asked } = pages([1]);
    await searchDatadog(http, { ...QUESTION, of: "logs" }, signal);
    expect(asked).toEqual([
      {
        path: "api/v2/logs/events/search",
        body: {
          filter: {
            query: "@a:b",
            from: "2001-09-09T01:46:40.000Z",
            to: "2001-09-09T01:46:40.005Z",
          },
          options: { timezone: "UTC" },
          page: { limit: 1000 },
          sort: "-timestamp",
        },
      },
    ]);
  });
});
