import { expect, test } from "vitest";
import { waitOf } from "./retry-wait.ts";

const NOW = Date.parse("2026-11-26T12:00:00Z");

test.each([
  [{ "retry-after": "7" }, 7000],
  [{ "retry-after": " 0.5 " }, 500],
  [{ "retry-after": "Thu, 26 Nov 2026 12:01:00 GMT" }, 60_000],
  [{ "retry-after": "Thu, 26 Nov 2020 12:01:00 GMT" }, 0],
  [{ "x-ratelimit-reset": "30" }, 30_000],
  [{ "x-ratelimit-reset": String(NOW / 1000 + 90) }, 90_000],
  [{ "retry-after": "soon", "x-ratelimit-reset": "3" }, 3000],
  [{ "retry-after": "2", "x-ratelimit-reset": "3" }, 2000],
  [{ "retry-after": "-1" }, undefined],
  [{ "retry-after": "NaN" }, undefined],
  [{ "x-ratelimit-reset": "1e400" }, undefined],
  [{}, undefined],
] as [Record<string, string>, number | undefined][])("%j is a wait of %s ms", (headers, wait) => {
  expect(waitOf(new Headers(headers), NOW)).toBe(wait);
});
