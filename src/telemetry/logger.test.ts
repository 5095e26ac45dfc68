import { logs } from "@opentelemetry/api";
import {
  InMemoryLogRecordExporter,
  LoggerProvider,
  SimpleLogRecordProcessor,
} from "@opentelemetry/sdk-logs";
import { afterEach, describe, expect, it } from "vitest";
import type { LogEvent } from "../projection/log-events.ts";
import type { LoggerProvider as AnyLoggerProvider, LogRecord } from "./application-providers.ts";
import { workflowLogger } from "./logger.ts";

const event: LogEvent = {
  name: "workflow.step.failed",
  time: 1_795_724_000_000,
  severity: "ERROR",
  body: "chargeCard failed (CardDeclined)",
  attributes: { "workflow.id": "order-1", "error.type": "CardDeclined" },
  traceId: "1".repeat(32),
  spanId: "2".repeat(16),
  key: "activity:1",
};

const SEPARATE = Symbol.for("io.opentelemetry.js.api.logs");

afterEach(() => {
  logs.disable();
  Reflect.deleteProperty(globalThis, SEPARATE);
});

function memory(): { provider: LoggerProvider; exporter: InMemoryLogRecordExporter } {
  const exporter = new InMemoryLogRecordExporter();
  const processors = [new SimpleLogRecordProcessor({ exporter })];
  return { provider: new LoggerProvider({ processors }), exporter };
}

describe("a logger", () => {
  it("does nothing while no LoggerProvider is there, and finds the one that comes later", () => {
    const { provider, exporter } = memory();
    const logger = workflowLogger();
    expect(logger.enabled()).toBe(false);
    logger.emit([event]);
    logs.setGlobalLoggerProvider(provider);
    expect(logger.enabled()).toBe(true);
    logger.emit([event]);
    const [record, ...more] = exporter.getFinishedLogRecords();
    expect(more).toEqual([]);
    expect(record).toMatchObject({
      eventName: event.name,
      body: event.body,
      severityNumber: 17,
      severityText: "ERROR",
      attributes: event.attributes,
      hrTime: [1_795_724_000, 0],
      instrumentationScope: { name: "durascope" },
    });
  });

  it("ties a record to the span that it is about, though no span is active", () => {
    const { provider, exporter } = memory();
    workflowLogger({ loggerProvider: provider }).emit([event]);
    expect(exporter.getFinishedLogRecords()[0]?.spanContext).toMatchObject({
      traceId: event.traceId,
      spanId: event.spanId,
      traceFlags: 1,
    });
  });

  it("finds the provider of @opentelemetry/api-logs, which stands beside API 1.9", () => {
    const records: LogRecord[] = [];
    const provider: AnyLoggerProvider = {
      getLogger: () => ({ emit: (record) => records.push(record) }),
    };
    Reflect.set(globalThis, SEPARATE, (version: number) => (version === 1 ? provider : undefined));
    const logger = workflowLogger();
    expect(logger.enabled()).toBe(true);
    logger.emit([event]);
    expect(records).toHaveLength(1);
    // As a pair: SDK 2.0 takes a number from before the process's begin for a time since then.
    expect(records[0]?.timestamp).toEqual([1_795_724_000, 0]);
    logger.emit([{ ...event, time: 1_795_724_000_999.999 }]);
    expect(records[1]?.timestamp).toEqual([1_795_724_000, 999_999_000]);
    expect(records[0]?.context?.setValue(SEPARATE, 1).deleteValue(SEPARATE)).toBe(
      records[0]?.context,
    );
  });

  it("says nothing when it is turned off, or durascope is", () => {
    const { provider, exporter } = memory();
    const off = workflowLogger({ loggerProvider: provider, logEvents: false });
    const environment = { DURASCOPE_DISABLED: "true" };
    const disabled = workflowLogger({ loggerProvider: provider, environment });
    for (const logger of [off, disabled]) {
      expect(logger.enabled()).toBe(false);
      logger.emit([event]);
    }
    expect(exporter.getFinishedLogRecords()).toEqual([]);
  });

  it("throws nothing where a provider does", () => {
    const loggerProvider: AnyLoggerProvider = {
      getLogger() {
        throw new Error("broken");
      },
    };
    expect(() => workflowLogger({ loggerProvider }).emit([event])).not.toThrow();
    expect(() => workflowLogger({ loggerProvider }).emit([])).not.toThrow();
  });
});
