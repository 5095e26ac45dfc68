import { mkdir, open as openFile } from "node:fs/promises";
import { dirname } from "node:path";
import { isDurascopeError } from "../core/errors.ts";
import {
  fileSpanProcessor,
  type OtlpFile,
  openOtlpFile,
  otlpHttpProcessor,
  otlpLoggerProvider,
  otlpMeterProvider,
  type PrometheusEndpoint,
  prometheusEndpoint,
} from "../exporters/index.ts";
import { isDisabled } from "../host/disabled.ts";
import { parseStateMachineArn } from "../stepfunctions/arn.ts";
import {
  folderCheckpoints,
  type PollerStats,
  StepFunctionsPoller,
  type StepFunctionsPollerOptions,
} from "../stepfunctions/index.ts";
import { CommandFailure, EXIT, usageFailure } from "./failure.ts";
import { type CommandIo, write } from "./output.ts";
import { pollFailures, pollSummary } from "./poll-outcome.ts";
import { untilStopped } from "./until-stopped.ts";

/** Options of `durascope poll`, as the command line gives them. */
export interface PollCommandOptions {
  readonly stateMachineArn?: readonly string[];
  readonly executionArn?: readonly string[];
  readonly compensates?: Readonly<Record<string, readonly string[]>>;
  readonly waits?: Readonly<Record<string, string>>;
  /** Hours to look back for executions that have closed. */
  readonly lookBack?: number;
  /** Seconds until an execution that works is read again. */
  readonly interval?: number;
  readonly callsPerSecond?: number;
  /** File of OTLP JSON lines to append to. */
  readonly out?: string;
  /** Folder where spans wait while the endpoint takes none. @default DURASCOPE_SPOOL_DIR */
  readonly spool?: string;
  readonly metricsPort?: number;
  readonly metricsHost?: string;
  /** Folder that keeps how far each execution is. */
  readonly checkpoints?: string;
  /** Poll once and end. */
  readonly once?: boolean;
}

const HOUR_MS = 3_600_000;
const HINT = "Example: durascope poll --state-machine-arn arn:aws:states:…:stateMachine:orderSaga";

/** Closes what a poll opened, in the opposite order. */
type Closers = (() => Promise<void>)[];

/**
 * Follows executions of Step Functions until SIGINT or SIGTERM, or with `--once` for one pass: spans to where
 * `OTEL_EXPORTER_OTLP_ENDPOINT` names, or to a file; metrics to a page for Prometheus, else with the spans; log lines with
 * the spans. Says at the end what became of it. Fails with a {@link CommandFailure} of exit code 1 when spans were lost, and
 * with `--once` when anything could not be read or handed on: nobody tries that again.
 */
export async function poll(options: PollCommandOptions, io: CommandIo): Promise<void> {
  const { environment } = io;
  if ((options.stateMachineArn ?? []).length + (options.executionArn ?? []).length === 0)
    throw usageFailure("There is nothing to poll: name a state machine or an execution.", HINT);
  const collector = isSet(environment["OTEL_EXPORTER_OTLP_ENDPOINT"]);
  const hasReceiver = collector || isSet(environment["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"]);
  if (!hasReceiver && options.out === undefined && options.metricsPort === undefined)
    throw usageFailure(
      "Nothing would take what is polled.",
      "Set OTEL_EXPORTER_OTLP_ENDPOINT, or give --out <file> or --metrics-port <port>.",
    );
  if (options.spool !== undefined && options.out !== undefined)
    throw usageFailure("--out writes a file, and --spool is for an endpoint. Give one of them.");
  if (options.spool !== undefined && !hasReceiver)
    throw usageFailure(
      "--spool keeps what an endpoint does not take, and there is none.",
      "Set OTEL_EXPORTER_OTLP_ENDPOINT.",
    );
  if (isDisabled())
    await write(
      io.stderr,
      "durascope: DURASCOPE_DISABLED or OTEL_SDK_DISABLED switches it off: nothing is polled\n",
    );
  const file = await fileOf(options, io);
  const { stats, isWhole } = await polled(options, io, { collector, hasReceiver, file });
  await write(io.stderr, `durascope: ${pollSummary(stats, file)}\n`);
  const failures = pollFailures(stats, { file, once: options.once === true, isWhole });
  if (failures.length > 0)
    throw new CommandFailure(
      EXIT.failed,
      `${failures.join(", ")}.`,
      "What failed is said above. Run it again: spans have the same ids, and with --checkpoints none is sent twice.",
    );
}

/** Polls until it is to end, closes everything, and gives what became of it. */
async function polled(
  options: PollCommandOptions,
  io: CommandIo,
  receiving: Receiving,
): Promise<{ readonly stats: PollerStats; readonly isWhole: boolean }> {
  const { file } = receiving;
  const closers: Closers = file === undefined ? [] : [() => file.close()];
  const stopped = untilStopped();
  let poller: StepFunctionsPoller;
  let isWhole = true;
  try {
    const { providers, metricsUrl } = await receivers(options, io, receiving, closers);
    poller = pollerOf(options, io, providers);
    closers.push(() => poller.stop());
    if (options.once === true) {
      // Ctrl-C ends a pass, too: what has been read by then is handed on.
      isWhole = await Promise.race([poller.poll().then(() => true), stopped.signal]);
    } else {
      await poller.start();
      await write(io.stderr, `durascope: polling; Ctrl-C ends it${said(metricsUrl)}\n`);
      await stopped.signal;
    }
  } finally {
    stopped.forget();
    if (stopped.isStopped())
      await write(io.stderr, "durascope: stopping; Ctrl-C again ends it at once\n");
    for (const close of closers.toReversed()) {
      // One after the other: the poller hands on what it holds before what takes it is closed.
      // oxlint-disable-next-line no-await-in-loop
      await close();
    }
  }
  return { stats: poller.stats(), isWhole };
}

/** The file of `--out`, made or opened at once: a poll must not run for days to lose all it reads. */
async function fileOf({ out }: PollCommandOptions, io: CommandIo): Promise<OtlpFile | undefined> {
  if (out === undefined) return undefined;
  try {
    await mkdir(dirname(out), { recursive: true });
    await (await openFile(out, "a")).close();
  } catch (error) {
    const reason = error instanceof Error ? error.message : "unknown reason";
    throw new CommandFailure(EXIT.failed, `${out} cannot be written: ${reason}.`);
  }
  let isSaid = false;
  return openOtlpFile(out, {
    onError: ({ message }) => {
      // A full disk stays full for a while: each batch would say the same.
      if (!isSaid) void write(io.stderr, `durascope: ${out} could not be written: ${message}\n`);
      isSaid = true;
    },
  });
}

type Providers = Pick<
  StepFunctionsPollerOptions,
  "spanProcessor" | "meterProvider" | "loggerProvider"
>;

/** What there is to take what is polled. */
interface Receiving {
  /** An endpoint for all signals. */
  readonly collector: boolean;
  /** An endpoint for spans. */
  readonly hasReceiver: boolean;
  readonly file: OtlpFile | undefined;
}

/** Opens what takes spans, metrics and log lines. */
async function receivers(
  options: PollCommandOptions,
  io: CommandIo,
  { collector, hasReceiver, file }: Receiving,
  closers: Closers,
): Promise<{ providers: Providers; metricsUrl: string | undefined }> {
  const { environment } = io;
  const serviceName = parseStateMachineArn(options.stateMachineArn?.[0] ?? "")?.name ?? "durascope";
  const named = { serviceName, environment };
  const page = await metricsPage(options, named);
  if (page !== undefined) closers.push(() => page.shutdown());
  const pushed =
    collector && page === undefined && environment["OTEL_METRICS_EXPORTER"] !== "none"
      ? await unlessMissing(() => otlpMeterProvider(named), io)
      : undefined;
  const logs =
    collector && environment["OTEL_LOGS_EXPORTER"] !== "none"
      ? await unlessMissing(() => otlpLoggerProvider(named), io)
      : undefined;
  for (const one of [pushed, logs]) if (one !== undefined) closers.push(() => one.shutdown());
  const meterProvider = page?.meterProvider ?? pushed?.provider;
  const spanProcessor =
    (file === undefined ? undefined : fileSpanProcessor(file)) ??
    (await spoolReceiver(options, io, closers)) ??
    (hasReceiver ? undefined : NOWHERE);
  return {
    metricsUrl: page?.url,
    providers: {
      ...(spanProcessor !== undefined && { spanProcessor }),
      ...(meterProvider !== undefined && { meterProvider }),
      ...(logs !== undefined && { loggerProvider: logs.provider }),
    },
  };
}

/** Where only the metrics are wanted. */
const NOWHERE: Providers["spanProcessor"] = { onEnd: () => undefined };

async function metricsPage(
  { metricsPort, metricsHost }: PollCommandOptions,
  named: { serviceName: string; environment: CommandIo["environment"] },
): Promise<PrometheusEndpoint | undefined> {
  if (metricsPort === undefined) return undefined;
  return prometheusEndpoint({
    ...named,
    port: metricsPort,
    ...(metricsHost !== undefined && { host: metricsHost }),
  });
}

async function spoolReceiver(
  { spool }: PollCommandOptions,
  io: CommandIo,
  closers: Closers,
): Promise<Providers["spanProcessor"]> {
  if (spool === undefined) return undefined;
  const processor = await otlpHttpProcessor({
    environment: io.environment,
    spool,
    onWarning: (message) => void write(io.stderr, `${message}\n`),
  });
  closers.push(() => processor.shutdown());
  return processor;
}

/** What is not installed is said, and done without: the spans are what a poll is for. */
async function unlessMissing<Value>(
  open: () => Promise<Value>,
  io: CommandIo,
): Promise<Value | undefined> {
  try {
    return await open();
  } catch (error) {
    if (!isDurascopeError(error)) throw error;
    await write(io.stderr, `durascope: ${error.message}\n`);
    return undefined;
  }
}

function pollerOf(
  options: PollCommandOptions,
  io: CommandIo,
  providers: Providers,
): StepFunctionsPoller {
  const { stateMachineArn, executionArn, compensates, waits, lookBack, interval } = options;
  try {
    return new StepFunctionsPoller({
      ...providers,
      ...(stateMachineArn !== undefined && { stateMachineArns: stateMachineArn }),
      ...(executionArn !== undefined && { executionArns: executionArn }),
      ...(lookBack !== undefined && { since: io.now() - lookBack * HOUR_MS }),
      ...(interval !== undefined && { minInterval: interval * 1000 }),
      ...(options.callsPerSecond !== undefined && { callsPerSecond: options.callsPerSecond }),
      ...(options.checkpoints !== undefined && {
        checkpoints: folderCheckpoints(options.checkpoints),
      }),
      traceOptions: {
        ...(compensates !== undefined && { compensates }),
        ...(waits !== undefined && { waits }),
      },
      logger: { warn: (message) => void write(io.stderr, `${message}\n`) },
    });
  } catch (error) {
    if (isDurascopeError(error) && error.code === "POLLER_OPTION")
      throw usageFailure(error.message, HINT);
    throw error;
  }
}

function said(url: string | undefined): string {
  return url === undefined ? "" : `; metrics: ${url}`;
}

function isSet(value: string | undefined): boolean {
  return (value ?? "").trim() !== "";
}
