import { readFile } from "node:fs/promises";
import { pino } from "pino";
import { beforeEach, expect, test } from "vitest";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { decodeLine } from "../lookup/otlp-decode.ts";
import type { RecordedLog } from "../lookup/recorded-run.ts";
import { pinoFileStream } from "./pino-file-stream.ts";
import { logOfPinoLine } from "./pino-line.ts";

const IDS = {
  trace_id: "0af7651916cd43dd8448eb211c80319c",
  span_id: "b7ad6b7169203331",
  trace_flags: "01",
};
const folder = temporaryFolder();
let path: string;

beforeEach(() => {
  path = folder.path("run.jsonl");
});

async function logged(log: (logger: pino.Logger) => void): Promise<readonly RecordedLog[]> {
  const stream = pinoFileStream(path);
  log(pino({ name: "orders", level: "trace" }, stream));
  await stream.close();
  const text = await readFile(path, "utf8");
  return text.split("\n").flatMap((line) => decodeLine(line)?.logs ?? []);
}

test("a line of pino becomes a log record with ids, severity, body and attributes", async () => {
  const logs = await logged((logger) =>
    logger.info({ ...IDS, "workflow.id": "order-1", attempts: 2 }, "charged"),
  );
  expect(logs).toEqual([
    {
      time: expect.any(Number),
      severityNumber: 9,
      severityText: "info",
      body: "charged",
      attributes: { "workflow.id": "order-1", attempts: 2 },
      traceId: IDS.trace_id,
      spanId: IDS.span_id,
      resource: { "service.name": "orders" },
    },
  ]);
  expect(logs[0]?.time).toBeGreaterThan(1.6e12);
});

test("every level has its severity", async () => {
  const logs = await logged((logger) => {
    for (const level of ["trace", "debug", "info", "warn", "error", "fatal"] as const)
      logger[level]("x");
  });
  expect(logs.map((log) => [log.severityText, log.severityNumber])).toEqual([
    ["trace", 1],
    ["debug", 5],
    ["info", 9],
    ["warn", 13],
    ["error", 17],
    ["fatal", 21],
  ]);
});

test("of an error type and message are kept, and neither its stack trace nor objects", async () => {
  const logs = await logged((logger) =>
    logger.error({ err: new TypeError("no card"), order: { card: "4111" } }, "failed"),
  );
  expect(logs[0]?.attributes).toEqual({
    "exception.type": "TypeError",
    "exception.message": "no card",
  });
  expect(await readFile(path, "utf8")).not.toMatch(/4111|pino-file-stream\.test/);
});

test("a line that is no JSON is kept as text, and ids that are none are left out", () => {
  expect(logOfPinoLine("plain text\n", () => 5).log).toMatchObject({
    time: 5,
    body: "plain text",
    severityNumber: 9,
  });
  const { log } = logOfPinoLine(
    '{"level":"warn","msg":1,"trace_id":"zz","time":"2026-01-02T03:04:05.006Z"}',
  );
  expect(log).toMatchObject({
    severityNumber: 13,
    body: "1",
    time: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
  });
  expect(log.traceId).toBeUndefined();
});
