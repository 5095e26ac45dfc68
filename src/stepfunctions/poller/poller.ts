import type { TraceSink } from "../../core/ports.ts";
import { warningLog } from "../../core/result.ts";
import { isDisabled } from "../../host/disabled.ts";
import { defaultTraceSink } from "../../telemetry/trace-sink.ts";
import { parseExecutionArn, parseStateMachineArn } from "../arn.ts";
import { openApi } from "../step-functions-api.ts";
import { callBudget, sleep } from "./call-budget.ts";
import { budgetedApi, countedCheckpoints, countedSink } from "./calls.ts";
import { memoryCheckpoints } from "./checkpoints/memory.ts";
import { withDeadline } from "./deadline.ts";
import { limitedWarnings } from "./limited-warnings.ts";
import { type PollerMetrics, pollerMetrics } from "./metrics.ts";
import {
  type PollerSettings,
  pollerSettings,
  requireExecutionArn,
  type StepFunctionsPollerOptions,
} from "./options.ts";
import { type Polling, startPolling } from "./polling.ts";
import { noStats, type PollerStats } from "./stats.ts";

/**
 * Follows executions of Step Functions by their histories, and hands each step on when it ends: no change to the
 * state machine, no CloudWatch logs.
 *
 * Delivery is at least once, under ids that are derived from the execution: after a crash at most the last batch
 * comes again. Nothing is thrown once it runs: what fails outside is counted (see {@link StepFunctionsPoller.stats}),
 * said at most once a minute, and tried again. With `DURASCOPE_DISABLED=true` none of its methods does anything.
 *
 * ```ts
 * const poller = new StepFunctionsPoller({ stateMachineArns: [arn] });
 * await poller.start();
 * process.once("SIGTERM", () => poller.stop());
 * ```
 */
export class StepFunctionsPoller {
  readonly #options: StepFunctionsPollerOptions;
  readonly #settings: PollerSettings;
  readonly #stats = noStats();
  readonly #warnings = warningLog();
  readonly #stopping = new AbortController();
  readonly #disabled = isDisabled();
  readonly #warn: (kind: string, message: string) => void;
  readonly #sink: TraceSink & { flush?(): Promise<unknown>; shutdown?(): Promise<unknown> };
  readonly #metrics: PollerMetrics;
  #polling: Promise<Polling> | undefined;

  /** @throws DurascopeError `POLLER_OPTION` for an option that is unknown or makes no sense */
  constructor(options: StepFunctionsPollerOptions = {}) {
    this.#options = options;
    this.#settings = pollerSettings(options);
    this.#warn = limitedWarnings(
      (message) => this.#settings.logger.warn(message),
      this.#settings.pace,
    );
    this.#metrics = pollerMetrics(options, this.#settings);
    this.#sink = options.sink ?? this.#defaultSink();
  }

  /**
   * Begins to poll; resolves when it has begun. Does nothing when it polls already.
   *
   * @throws DurascopeError `AWS_SDK_MISSING` when the AWS SDK is needed and not installed
   */
  async start(): Promise<void> {
    (await this.#open())?.start();
  }

  /** One pass: looks for executions, and reads each that is open, however recently it was. Rejects as {@link start}. */
  async poll(): Promise<void> {
    await (await this.#open())?.pass();
  }

  /**
   * Follows an execution from now on, also after a restart with the same checkpoints.
   *
   * @throws DurascopeError `POLLER_OPTION` when it is no ARN of a Standard execution
   */
  async follow(executionArn: string): Promise<void> {
    requireExecutionArn(executionArn);
    await (await this.#open())?.follow(executionArn);
  }

  /** Ends the polling: waits for the work in hand, then flushes the sink. Never rejects; the poller cannot start again. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error("the poller stops"));
    // Each in its turn, whatever becomes of the one before: what was handed over has to go out.
    await this.#ended(async () => (await this.#polling)?.stop());
    await this.#ended(async () => this.#sink.flush?.());
    if (this.#options.sink === undefined) await this.#ended(async () => this.#sink.shutdown?.());
    this.#metrics.close();
  }

  /** Waits for an end of the poller's, not for ever. */
  async #ended(end: () => Promise<unknown>): Promise<void> {
    try {
      await withDeadline(end);
    } catch {
      this.#stats.faults += 1;
    }
  }

  /** What it did and met so far. */
  stats(): PollerStats {
    return {
      ...this.#stats,
      apiCalls: { ...this.#stats.apiCalls },
      following: this.#following(),
      warnings: this.#warnings.list(),
    };
  }

  #following: () => number = () => 0;

  #open(): Promise<Polling> | undefined {
    if (this.#disabled || this.#stopping.signal.aborted) return undefined;
    if (this.#polling === undefined) {
      this.#polling = this.#make();
      // A client that cannot be made now may be made later.
      this.#polling.catch(() => (this.#polling = undefined));
    }
    return this.#polling;
  }

  async #make(): Promise<Polling> {
    const { clock, pace, callsPerSecond } = this.#settings;
    const metrics = this.#metrics;
    const api = await openApi(this.#options.client);
    const budget = callBudget({ perSecond: callsPerSecond, clock: pace, pauseFor: sleep });
    const checkpoints = this.#options.checkpoints ?? memoryCheckpoints({ clock });
    const polling = startPolling({
      settings: this.#settings,
      api: budgetedApi(api, {
        budget,
        stats: this.#stats,
        stopping: this.#stopping.signal,
        warn: this.#warn,
        onEnd: (name, outcome) => metrics.call(name, outcome),
      }),
      sink: metrics.sink(countedSink(this.#sink, this.#stats)),
      checkpoints: countedCheckpoints(checkpoints, this.#stats),
      stats: this.#stats,
      warnings: metrics.warnings(this.#warnings),
      metrics,
      warn: this.#warn,
      stopping: this.#stopping.signal,
    });
    this.#following = () => polling.following();
    metrics.start(() => polling.lag());
    return polling;
  }

  #defaultSink(): TraceSink {
    const { stateMachineArns, executionArns } = this.#settings;
    const names = new Set([
      ...stateMachineArns.map((arn) => parseStateMachineArn(arn)?.name ?? arn),
      ...executionArns.map((arn) => parseExecutionArn(arn)?.stateMachine ?? arn),
    ]);
    const [name] = names;
    const { spanProcessor, longestSpan } = this.#options;
    return defaultTraceSink({
      meter: this.#metrics.meter,
      // Several state machines share one resource, as they share the process.
      ...(name !== undefined && names.size === 1 && { serviceName: name }),
      ...(spanProcessor !== undefined && { spanProcessor }),
      ...(longestSpan !== undefined && { longestSpan }),
      onWarning: (message) => this.#settings.logger.warn(message),
    });
  }
}
