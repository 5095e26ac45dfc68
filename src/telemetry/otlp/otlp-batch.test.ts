import { expect, test } from "vitest";
import { readableSpan } from "../../../test/support/readable-spans.ts";
import { agedSpans, type OtlpBatch, otlpBatches } from "./otlp-batch.ts";
import { otlpEncoding } from "./otlp-encoding.ts";

const HOUR = 3_600_000;
const MINUTE = 60_000;
const NOW = Date.UTC(2026, 2, 2, 12);

/** A batch whose spans ended so many minutes ago. */
async function batchEnded(...minutesAgo: readonly number[]): Promise<OtlpBatch> {
  const encoding = await otlpEncoding(
    { protocol: "http/json", isProtocolFixed: true },
    () => undefined,
  );
  const spans = minutesAgo.map((minutes) => {
    const end = NOW - minutes * MINUTE;
    return readableSpan("s", { startTime: end, endTime: end });
  });
  const [batch] = await otlpBatches(spans, encoding, {
    maxBytes: Infinity,
    compression: "none",
    lose: () => undefined,
  });
  if (batch === undefined) throw new Error("spans make a batch");
  return batch;
}

test("each span of a batch grows old by itself", async () => {
  const batch = await batchEnded(0, 0, 10, 59, 61, 5000);
  const aged = (from: number, to: number): number =>
    agedSpans(batch, HOUR, NOW + from * MINUTE, NOW + to * MINUTE);
  expect(aged(0, 0.5)).toBe(0);
  expect(aged(0, 5)).toBe(1);
  expect(aged(0, 55)).toBe(2);
  expect(aged(0, 65)).toBe(4);
  // What was old before does not count again.
  expect(aged(5, 65)).toBe(3);
  expect(aged(65, 500)).toBe(0);
});

test("a batch whose spans ended together says so in no words", async () => {
  const batch = await batchEnded(0, 0.5, 0.9);
  expect(batch).toMatchObject({ spans: 3, lastEnd: NOW });
  expect(batch).not.toHaveProperty("endsByMinute");
  expect(agedSpans(batch, HOUR, NOW, NOW + 61 * MINUTE)).toBe(3);
});
