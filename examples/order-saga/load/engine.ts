/** One engine as the load generator drives it. */
import type { LoggerProvider, MeterProvider } from "durascope/exporters";
import type { Logger } from "pino";
import type { Order } from "../shared/order.ts";
import type { Scenario } from "../shared/scenarios.ts";

/** What can be done on either engine. */
export interface LoadEngine {
  /** Plays a scenario to its end. */
  play(scenario: Scenario): Promise<void>;
  /** Starts an order whose reviewer does not answer by himself: it waits, up to 72 hours. */
  leaveWaiting(order: Order): Promise<void>;
  /** Answers an order that was left waiting, as its reviewer. */
  answer(orderId: string): Promise<void>;
  /** Cancels an order that was left waiting. */
  cancel(orderId: string): Promise<void>;
  /** Hands on what is held back, so that all that was played is measured. */
  settle(): Promise<void>;
  /** Hands on what is held back, and stops the engine. */
  stop(): Promise<void>;
}

/** What the engines of a load generator share. */
export interface EngineOptions {
  /** Takes the log lines of the steps. */
  readonly log: Logger;
  /** Takes the spans. @default the exporter that `OTEL_EXPORTER_OTLP_ENDPOINT` names */
  readonly spanProcessor?: { onEnd(span: unknown): void };
  readonly meterProvider: MeterProvider;
  readonly loggerProvider?: LoggerProvider;
}
