import { DurascopeError } from "../../core/errors.ts";
import type { CheckpointStore, Clock, TraceSink } from "../../core/ports.ts";
import type { TraceOptions } from "../../core/trace-options.ts";
import type { SpanProcessor } from "../../host/readable-span.ts";
import type { LoggerProvider, MeterProvider } from "../../telemetry/application-providers.ts";
import { parseExecutionArn, parseStateMachineArn } from "../arn.ts";
import type { StepFunctionsClient } from "../step-functions-api.ts";
import { steadyClock } from "./steady-clock.ts";

/** Takes the poller's warnings; `console` and a pino logger are ones. */
export interface PollerLogger {
  warn(message: string): void;
}

/** Options of `StepFunctionsPoller`; all of them may be left out. */
export interface StepFunctionsPollerOptions {
  /**
   * Makes the calls: the SDK's `SFNClient` or `SFN`, or any object with the three methods. The calls of one that
   * retries by itself count once against the budget.
   *
   * @default the `SFN` of `@aws-sdk/client-sfn` for each ARN's region, with the credentials of the environment
   */
  readonly client?: StepFunctionsClient;
  /** State machines (Standard ones) whose executions are found by listing. @default none */
  readonly stateMachineArns?: readonly string[];
  /** Executions that are followed beside those that are found. @default none */
  readonly executionArns?: readonly string[];
  /**
   * How far back closed executions are looked for, as a date or in milliseconds since the epoch; those that run are
   * found however old they are. AWS keeps histories for 90 days. With the checkpoints of an earlier poller all that
   * started since its last look is found, too, however long it was away.
   *
   * @default one hour before the poller was made
   */
  readonly since?: Date | number;
  /** How histories are read: `compensates`, `waits`, `businessKeys`, ... @default none */
  readonly traceOptions?: TraceOptions;
  /** Where it is kept how far each execution is. @default in memory: a restarted process begins at `since` again */
  readonly checkpoints?: CheckpointStore;
  /** Where the traces go. @default the application's OpenTelemetry SDK */
  readonly sink?: TraceSink;
  /** Takes the spans of the default sink. @default that of the application's global OpenTelemetry SDK */
  readonly spanProcessor?: SpanProcessor;
  /**
   * A span longer than this, in ms, is sent by the default sink as 0 ms at its end, for backends that refuse long spans
   * (docs/sampling.md).
   * @default `DURASCOPE_LONGEST_SPAN_MS`, else all spans are sent as they are
   */
  readonly longestSpan?: number;
  /**
   * Ask for inputs and outputs, too. They hold payloads and task tokens, and are dropped as soon as the events are
   * read; business keys, links to child executions and the request ids of Lambda functions are made of them.
   *
   * @default false
   */
  readonly includeExecutionData?: boolean;
  /** Milliseconds until an execution is read again after an event. @default 2000 */
  readonly minInterval?: number;
  /** Longest time in milliseconds until a parked execution is read again. @default 900000, 15 minutes */
  readonly maxInterval?: number;
  /**
   * Milliseconds between two looks for new executions.
   *
   * @default `minInterval`, more when there are so many state machines that it would take over half of the budget
   */
  readonly sweepInterval?: number;
  /**
   * Calls a second that all work together may make, in calls of GetExecutionHistory (a ListExecutions counts 5, a
   * DescribeExecution 1.5). AWS gives 20 to all of an account and region.
   *
   * @default 10
   */
  readonly callsPerSecond?: number;
  /** Most open executions that are followed at the same time; more are taken up as others close. @default 10000 */
  readonly maxExecutions?: number;
  /** Takes the metrics. @default the application's global MeterProvider, where there is one */
  readonly meterProvider?: MeterProvider;
  /** Takes the log lines. @default the application's global LoggerProvider, where there is one */
  readonly loggerProvider?: LoggerProvider;
  /** Whether log lines of executions are written: begun and ended, retries, waits, compensations. @default true */
  readonly logEvents?: boolean;
  /**
   * Keys of business attributes that become labels of `workflow.started`, `workflow.closed` and `workflow.duration`:
   * `["order.tier"]`. Never ids; after 1,000 values of one further ones are told as `other`. @default none
   */
  readonly metricAttributes?: readonly string[];
  /** The current time in milliseconds since the epoch. @default Date.now */
  readonly clock?: Clock;
  /** Takes warnings, each kind at most once a minute. @default process.emitWarning */
  readonly logger?: PollerLogger;
}

const OPTIONS: Readonly<Record<keyof StepFunctionsPollerOptions, true>> = {
  client: true,
  stateMachineArns: true,
  executionArns: true,
  since: true,
  traceOptions: true,
  checkpoints: true,
  sink: true,
  spanProcessor: true,
  longestSpan: true,
  includeExecutionData: true,
  minInterval: true,
  maxInterval: true,
  sweepInterval: true,
  callsPerSecond: true,
  maxExecutions: true,
  meterProvider: true,
  loggerProvider: true,
  logEvents: true,
  metricAttributes: true,
  clock: true,
  logger: true,
};

const HINT = "See StepFunctionsPollerOptions.";

/** Options that were checked, with their defaults. */
export interface PollerSettings {
  readonly stateMachineArns: readonly string[];
  readonly executionArns: readonly string[];
  readonly since: number;
  readonly traceOptions: TraceOptions;
  readonly includeExecutionData: boolean;
  readonly minInterval: number;
  readonly maxInterval: number;
  readonly sweepInterval: number;
  readonly callsPerSecond: number;
  readonly maxExecutions: number;
  readonly clock: Clock;
  /** The clock of pauses, which never goes back. */
  readonly pace: Clock;
  readonly logger: PollerLogger;
}

/**
 * Checks the options and fills in the defaults.
 *
 * @throws DurascopeError `POLLER_OPTION` for one that is unknown or makes no sense
 */
export function pollerSettings(options: StepFunctionsPollerOptions): PollerSettings {
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(OPTIONS, name)) throw wrong(`there is no option ${name}`);
  }
  const { metricAttributes = [] } = options;
  if (!Array.isArray(metricAttributes) || metricAttributes.some((key) => typeof key !== "string"))
    throw wrong('metricAttributes has to be a list of keys, such as ["order.tier"]');
  const clock = options.clock ?? Date.now;
  const minInterval = positive("minInterval", options.minInterval ?? 2000);
  const maxInterval = positive(
    "maxInterval",
    options.maxInterval ?? Math.max(900_000, minInterval),
  );
  if (maxInterval < minInterval) throw wrong("maxInterval is below minInterval");
  const callsPerSecond = positive("callsPerSecond", options.callsPerSecond ?? 10);
  const stateMachineArns = [...new Set(options.stateMachineArns)];
  for (const arn of stateMachineArns) {
    if (parseStateMachineArn(arn) === undefined)
      throw wrong(`${shown(arn)} in stateMachineArns is no ARN of a state machine`);
  }
  const executionArns = [...new Set(options.executionArns)];
  for (const arn of executionArns) requireExecutionArn(arn);
  const since = Number(options.since ?? clock() - 3_600_000);
  if (Number.isNaN(since)) throw wrong("since is no date");
  const listing = (stateMachineArns.length * 10_000) / callsPerSecond;
  return {
    stateMachineArns,
    executionArns,
    since,
    traceOptions: options.traceOptions ?? {},
    includeExecutionData: options.includeExecutionData ?? false,
    minInterval,
    maxInterval,
    sweepInterval: positive(
      "sweepInterval",
      options.sweepInterval ?? Math.max(minInterval, listing),
    ),
    callsPerSecond,
    maxExecutions: positive("maxExecutions", options.maxExecutions ?? 10_000),
    clock,
    pace: steadyClock(clock),
    logger: options.logger ?? { warn: defaultWarning },
  };
}

/**
 * Makes sure that an ARN is one of a Standard execution.
 *
 * @throws DurascopeError `POLLER_OPTION`
 */
export function requireExecutionArn(arn: string): void {
  if (parseExecutionArn(arn) === undefined) throw wrong(`${shown(arn)} is no ARN of an execution`);
  if (arn.includes(":express:")) {
    throw wrong(
      `${shown(arn)} is an Express execution: only Standard ones have a history that can be read`,
    );
  }
}

function positive(name: string, value: number): number {
  if (!(value > 0) || !Number.isFinite(value)) throw wrong(`${name} must be a number above 0`);
  return value;
}

function shown(value: unknown): string {
  return JSON.stringify(String(value).slice(0, 120));
}

function wrong(what: string): DurascopeError {
  return new DurascopeError("POLLER_OPTION", `StepFunctionsPoller: ${what}. ${HINT}`);
}

function defaultWarning(message: string): void {
  process.emitWarning(message, { code: "DURASCOPE_POLLER" });
}
