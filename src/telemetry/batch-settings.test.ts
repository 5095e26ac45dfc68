import { expect, test } from "vitest";
import { type BatchOptions, batchSettings } from "./batch-settings.ts";

function settings(options: BatchOptions): [ReturnType<typeof batchSettings>, string[]] {
  const warnings: string[] = [];
  const made = batchSettings(
    { environment: {}, ...options },
    (message) => void warnings.push(message),
  );
  return [made, warnings];
}

test("without a word a span waits for a second at most", () => {
  expect(settings({})).toEqual([{ delay: 1000, queueSize: 8192, batchSize: 512 }, []]);
});

test("OpenTelemetry's variables count, and options before them", () => {
  const environment = {
    OTEL_BSP_SCHEDULE_DELAY: "5000",
    OTEL_BSP_MAX_QUEUE_SIZE: " 2048 ",
    OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "",
  };
  expect(settings({ environment })[0]).toEqual({ delay: 5000, queueSize: 2048, batchSize: 512 });
  expect(settings({ environment, maxQueueSize: 100 })[0]).toEqual({
    delay: 5000,
    queueSize: 100,
    batchSize: 100,
  });
});

test.each([
  [{ maxExportBatchSize: 0 }, "maxExportBatchSize"],
  [{ maxQueueSize: Number.NaN }, "OTEL_BSP_MAX_QUEUE_SIZE"],
  [{ environment: { OTEL_BSP_SCHEDULE_DELAY: "-1" } }, "scheduledDelayMillis"],
  [{ environment: { OTEL_BSP_MAX_QUEUE_SIZE: "many" } }, "maxQueueSize"],
])("%j is told of, and the default used", (options, name) => {
  const [made, warnings] = settings(options);
  expect(made).toEqual({ delay: 1000, queueSize: 8192, batchSize: 512 });
  expect(warnings).toEqual([expect.stringContaining(name)]);
});

test("a delay that no timer has does not end at once", () => {
  expect(settings({ scheduledDelayMillis: Infinity })[0].delay).toBe(2 ** 31 - 1);
});
