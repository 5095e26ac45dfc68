/** The load generator: the same rounds on one engine or on both. */
import type { Scenario } from "../shared/scenarios.ts";
import type { EngineOptions, LoadEngine } from "./engine.ts";
import { roundOf, waitingOrder } from "./orders.ts";
import { stepFunctionsLoad } from "./stepfunctions.ts";
import { temporalLoad } from "./temporal.ts";

/** Engines that load can be put on. */
export type EngineName = "temporal" | "stepfunctions";

/** How a load is made. */
export interface LoadOptions extends EngineOptions {
  readonly engines: readonly EngineName[];
  /** Whether this process polls Step Functions too. @default true */
  readonly poll?: boolean;
  /** Most orders that are left waiting at a time; the oldest is then answered. @default 3 */
  readonly stuck?: number;
  /** Begins the order ids. @default one that no other process has */
  readonly prefix?: string;
  /** Told of what could not be played; the next round goes on. */
  readonly onError: (error: unknown) => void;
}

/** Engines under load. */
export interface Load {
  /**
   * Plays one round: each scenario once (fulfilled after retries, declined, approved, rejected, expired, undeliverable,
   * refund-fails), an order that is cancelled while it waits, and one that is left waiting. Resolves when what has
   * an end has ended and is measured; never rejects.
   */
  round(): Promise<void>;
  /** Rounds that were played. */
  rounds(): number;
  /** Stops the engines. Never rejects. */
  stop(): Promise<void>;
}

/** Starts the engines. Rejects when one cannot be started; those that were are stopped. */
export async function startLoad(options: LoadOptions): Promise<Load> {
  const { engines, poll = true, stuck = 3, onError, ...rest } = options;
  const { prefix = `load-${Date.now().toString(36)}`, ...shared } = rest;
  const started: PromiseSettledResult<LoadEngine>[] = [];
  for (const name of engines) {
    const starting = name === "temporal" ? temporalLoad(shared) : stepFunctionsLoad(shared, poll);
    // One after the other: synthesis of the stack keeps this process from listening, which an engine that is only looked
    // for would not survive.
    // oxlint-disable-next-line no-await-in-loop
    started.push(...(await Promise.allSettled([starting])));
  }
  const running = started.flatMap((result) =>
    result.status === "fulfilled" ? [result.value] : [],
  );
  const failed = started.find((result) => result.status === "rejected");
  const waiting: string[] = [];
  let rounds = 0;

  async function stop(): Promise<void> {
    await Promise.all(running.map((engine) => engine.stop().catch(onError)));
  }

  async function onEach(play: (engine: LoadEngine) => Promise<void>): Promise<void> {
    await Promise.all(running.map((engine) => play(engine).catch(onError)));
  }

  async function leaveWaiting(round: number): Promise<void> {
    const order = waitingOrder(prefix, round, "stuck");
    await onEach((engine) => engine.leaveWaiting(order));
    waiting.push(order.orderId);
    const [oldest] = waiting.length > stuck ? waiting.splice(0, 1) : [];
    if (oldest !== undefined) await onEach((engine) => engine.answer(oldest));
  }

  async function playCancelled(round: number): Promise<void> {
    const order = waitingOrder(prefix, round, "cancelled");
    await onEach((engine) => engine.leaveWaiting(order));
    await new Promise((resolve) => setTimeout(resolve, 2000));
    await onEach((engine) => engine.cancel(order.orderId));
  }

  if (failed !== undefined) {
    await stop();
    throw failed.reason;
  }
  return {
    async round() {
      rounds += 1;
      const round = rounds;
      const play = (scenario: Scenario): Promise<void> => onEach((engine) => engine.play(scenario));
      await Promise.all([
        ...roundOf(prefix, round).map(play),
        playCancelled(round),
        leaveWaiting(round),
      ]);
      await onEach((engine) => engine.settle());
    },
    rounds: () => rounds,
    stop,
  };
}
