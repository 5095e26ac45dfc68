import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { BACKEND_LIMITS, limitsOfHost } from "./backend-limits.ts";
import { DEFAULT_LATE_AFTER_MS } from "./late-spans.ts";

test("the page of the exporters tells the same as the table", () => {
  const page = readFileSync(new URL("../../docs/exporters.md", import.meta.url), "utf8");
  const rows = BACKEND_LIMITS.map(({ title, words }) => `| ${title} | ${words} |`);
  expect(page).toContain(rows.join("\n"));
});

test("a span is late when the strictest backend refuses it", () => {
  expect(DEFAULT_LATE_AFTER_MS).toBe(3_600_000);
});

test.each([
  ["abc12345.live.dynatrace.com", "dynatrace"],
  ["ABC.apps.dynatrace.com", "dynatrace"],
  ["dynatrace.com.evil.example", undefined],
  ["otlp.us5.datadoghq.com", "datadog"],
  ["localhost", undefined],
])("%s is of %s", (host, id) => {
  expect(limitsOfHost(host)?.id).toBe(id);
});
