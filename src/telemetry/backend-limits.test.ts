import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { BACKEND_LIMITS, BACKEND_LIMITS_READ, limitsOfHost } from "./backend-limits.ts";
import { DEFAULT_LATE_AFTER_MS } from "./late-spans.ts";

test("docs/sampling.md tells the same as the table, with its sources and the day on which they were read", () => {
  const page = readFileSync(new URL("../../docs/sampling.md", import.meta.url), "utf8");
  const rows = BACKEND_LIMITS.map(
    ({ title, words, source }) =>
      `| ${title} | ${words} | ${source === undefined ? "our tests" : `[page](${source})`} |`,
  );
  expect(page).toContain(`\n${rows.join("\n")}\n\nRead on ${BACKEND_LIMITS_READ}`);
});

test("a span is late when the strictest backend refuses it", () => {
  expect(DEFAULT_LATE_AFTER_MS).toBe(3_600_000);
});

test.each([
  ["abc12345.live.dynatrace.com", "dynatrace"],
  ["ABC.apps.dynatrace.com", "dynatrace"],
  ["dynatrace.com.evil.example", undefined],
  ["otlp.us5.datadoghq.com", "datadog"],
  ["otlp.eu01.nr-data.net", "newrelic"],
  ["ingest.us1.signalfx.com", "splunk"],
  ["ingest.us1.observability.splunkcloud.com", "splunk"],
  ["api.eu1.honeycomb.io", "honeycomb"],
  ["honeycomb.io.evil.example", undefined],
  ["localhost", undefined],
])("%s is of %s", (host, id) => {
  expect(limitsOfHost(host)?.id).toBe(id);
});
