import type { Readable } from "node:stream";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { isDurascopeError } from "../core/errors.ts";
import { INSTRUMENTATION_SCOPE } from "../correlation/instrumentation-scope.ts";
import { parseExecutionArn } from "../stepfunctions/arn.ts";
import type { ConvertOptions } from "./convert.ts";
import type { DoctorOptions } from "./doctor.ts";
import { CommandFailure, EXIT } from "./failure.ts";
import type { LookupOptions } from "./lookup.ts";
import { type CommandIo, keepErrors, write, writeFailure } from "./output.ts";
import type { PollCommandOptions } from "./poll.ts";

type ProgramIo = CommandIo & { readonly stdin: Readable };

/**
 * Runs a command line and resolves to its exit code: 0 done, 1 failed, 2 called wrongly, 3 nothing found, 4 a backend that
 * cannot be asked. Never rejects: what goes wrong is one sentence on the standard error. Each command's code is loaded
 * when it is called.
 */
export async function runCommandLine(args: readonly string[], io: ProgramIo): Promise<number> {
  keepErrors(io.stdout);
  keepErrors(io.stderr);
  try {
    await runCommand(args, io);
    const reason = writeFailure(io.stdout);
    if (reason === undefined) return EXIT.ok;
    throw new CommandFailure(EXIT.failed, `The output cannot be written: ${reason}.`);
  } catch (error) {
    if (error instanceof CommanderError) return EXIT.usage;
    const failure = asFailure(error);
    const hint = failure.hint === undefined ? "" : `${failure.hint}\n`;
    await write(io.stderr, withoutControls(`durascope: ${failure.message}\n${hint}`));
    return failure.exitCode;
  }
}

async function runCommand(args: readonly string[], io: ProgramIo): Promise<void> {
  try {
    await program(io).parseAsync([...args], { from: "user" });
  } catch (error) {
    // Help and version end with such a one, too.
    if (!(error instanceof CommanderError) || error.exitCode !== 0) throw error;
  }
}

/** A message may repeat a path or a backend's words: nothing in them may move the terminal. */
function withoutControls(text: string): string {
  return text.replaceAll(/[^\P{Cc}\n]|\p{Cf}/gu, " ");
}

function asFailure(error: unknown): CommandFailure {
  if (error instanceof CommandFailure) return error;
  if (isDurascopeError(error)) return new CommandFailure(exitCodeOf(error.code), error.message);
  const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
  return new CommandFailure(EXIT.failed, `Something unforeseen went wrong: ${reason}`);
}

/** Of a lookup: wrong settings are a wrong call, everything else is the backend's. */
const WRONG_SETTINGS: ReadonlySet<string> = new Set([
  "LOOKUP_BAD_ADDRESS",
  "LOOKUP_BAD_CREDENTIALS",
  "LOOKUP_DATADOG_KEYS",
  "LOOKUP_DATADOG_SITE",
]);

function exitCodeOf(code: string): number {
  if (!code.startsWith("LOOKUP_")) return EXIT.failed;
  return WRONG_SETTINGS.has(code) ? EXIT.usage : EXIT.unreachable;
}

function program(io: ProgramIo): Command {
  const durascope = new Command("durascope")
    .description("Shows what durable workflows did, on Temporal and AWS Step Functions.")
    .version(INSTRUMENTATION_SCOPE.version)
    .showHelpAfterError(
      "(durascope --help tells the commands, durascope <command> --help their options)",
    )
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
    })
    .exitOverride();
  durascope
    .command("lookup")
    .description("find a run and print what happened, and why")
    .argument(
      "<id>",
      "business key, workflow id, run id, execution name, execution ARN or trace id",
      nonEmpty,
    )
    .option(
      "--file <path>",
      "file of OTLP JSON lines, also gzip'd (default: $DURASCOPE_FILE, .durascope/demo.otlp.jsonl)",
      nonEmpty,
    )
    .addOption(
      new Option(
        "--backend <name>",
        "what to ask (default: $DURASCOPE_BACKEND, else what the environment tells)",
      ).choices(["file", "jaeger", "tempo", "datadog"]),
    )
    .option("--url <url>", "address of the Jaeger or Tempo of --backend", nonEmpty)
    .option(
      "--key <attribute>",
      "business key to search by, may be repeated (default: $DURASCOPE_KEYS, order.id)",
      repeated,
    )
    .option(
      "--since <time>",
      "only runs that began since then: 90m, 12h, 7d, 2w, 2026-11-27",
      nonEmpty,
    )
    .option("--depth <n>", "how many links to follow to related runs (default: 2)", wholeNumber)
    .option(
      "--timeout <seconds>",
      "how long the whole lookup may take (default: 120, none for a file)",
      seconds,
    )
    .option("--logs <n>", "how many log lines to print of a run (default: 100)", wholeNumber)
    .option("--json", "print the same as data (docs/lookup-json.md)")
    .option("--all", "print the tree of every run that was found, not of the newest alone")
    .option("--open", "open the first page that shows more")
    .addHelpText("after", LOOKUP_EXITS)
    .action(async (id: string, options: LookupOptions) => {
      const { lookup } = await import("./lookup.ts");
      await lookup(id, options, io);
    });
  durascope
    .command("convert")
    .description("turn a recorded history of either engine into OTLP JSON lines")
    .argument(
      "<history.json>",
      "history as the engine's API or command line gives it; - for the standard input",
      nonEmpty,
    )
    .addOption(
      new Option("--from <engine>", "engine of the history (default: recognised)").choices([
        "temporal",
        "stepfunctions",
      ]),
    )
    .option("--workflow-id <id>", "Temporal: the run's workflow id", nonEmpty)
    .option("--run-id <id>", "Temporal: the run's own id", nonEmpty)
    .option("--namespace <name>", "Temporal: the run's namespace (default: default)", nonEmpty)
    .option("--execution-arn <arn>", "Step Functions: the execution's ARN", anExecutionArn)
    .option("--out <file>", "append to this file instead of the standard output", nonEmpty)
    .option("--send", "send to the endpoint of OTEL_EXPORTER_OTLP_* instead")
    .option(
      "--spool <folder>",
      "keep what cannot be sent there, for a later process (default: $DURASCOPE_SPOOL_DIR)",
      nonEmpty,
    )
    .option(
      "--service-name <name>",
      "service.name of the spans (default: the workflow's type)",
      nonEmpty,
    )
    .option(
      "--compensates <step=steps>",
      "which steps a step undoes: refund=reserveInventory,chargeCard; may be repeated",
      compensation,
    )
    .option(
      "--waits <step=name>",
      "name of the wait that a step opens: notifyReviewer=approval; may be repeated",
      waitName,
    )
    .action(async (path: string, options: ConvertOptions) => {
      const { convert } = await import("./convert.ts");
      await convert(path, options, io);
    });
  addPoll(durascope, io);
  durascope
    .command("doctor")
    .description(
      "check the set-up: endpoint, packages, spool, and what the backend does with late spans",
    )
    .option(
      "--state-machine <arn>",
      "also try the poller's calls to AWS, for this state machine",
      nonEmpty,
    )
    .option("--json", "print the same as data (schema durascope.doctor/1)")
    .addHelpText("after", "\nEnds with 0 all works, 1 something does not, 2 called wrongly.")
    .action(async (options: DoctorOptions) => {
      const { doctor } = await import("./doctor.ts");
      await doctor(options, io);
    });
  return durascope;
}

function addPoll(durascope: Command, io: CommandIo): void {
  durascope
    .command("poll")
    .description("follow executions of Step Functions: spans, metrics and log lines of them")
    .option("--state-machine-arn <arn>", "state machine to follow, may be repeated", repeated)
    .option("--execution-arn <arn>", "execution to follow, may be repeated", repeated)
    .option("--compensates <step=steps>", "as of convert; may be repeated", compensation)
    .option("--waits <step=name>", "as of convert; may be repeated", waitName)
    .option("--look-back <hours>", "follow what began since then too (default: 1)", aNumber)
    .option("--interval <seconds>", "pause between two looks at an execution (default: 2)", aNumber)
    .option("--calls-per-second <n>", "most calls of the API (default: 10)", aNumber)
    .option("--out <file>", "append spans to this file of OTLP JSON lines", nonEmpty)
    .option(
      "--spool <folder>",
      "keep spans there while the endpoint takes none (default: $DURASCOPE_SPOOL_DIR)",
      nonEmpty,
    )
    .option("--metrics-port <port>", "serve /metrics for Prometheus; 0 takes a free port", aPort)
    .option("--metrics-host <address>", "where to serve it (default: 127.0.0.1)", nonEmpty)
    .option(
      "--checkpoints <folder>",
      "keep there how far each execution is, for a restart (default: in memory)",
      nonEmpty,
    )
    .option("--once", "poll once and end")
    .addHelpText(
      "after",
      "\nSpans go to OTEL_EXPORTER_OTLP_ENDPOINT where no --out is given. Region and credentials are AWS's own settings.",
    )
    .action(async (options: PollCommandOptions) => {
      const { poll } = await import("./poll.ts");
      await poll(options, io);
    });
}

const LOOKUP_EXITS =
  "\nEnds with 0 found, 2 called wrongly, 3 nothing found, 4 backend cannot be asked.";

function repeated(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, nonEmpty(value).trim()];
}

function wholeNumber(value: string): number {
  if (!/^\d{1,4}$/.test(value))
    throw new InvalidArgumentError("It has to be a whole number below 10,000.");
  return Number(value);
}

function seconds(value: string): number {
  if (!/^[1-9]\d{0,3}$/.test(value))
    throw new InvalidArgumentError("It has to be a whole number from 1 to 9,999.");
  return Number(value);
}

function aNumber(value: string): number {
  if (!/^\d+(\.\d+)?$/.test(value) || Number(value) === 0)
    throw new InvalidArgumentError("It has to be a number above 0.");
  return Number(value);
}

function aPort(value: string): number {
  if (!/^\d{1,5}$/.test(value) || Number(value) > 65_535)
    throw new InvalidArgumentError("It has to be a port from 0 to 65535.");
  return Number(value);
}

function nonEmpty(value: string): string {
  if (value.trim() === "") throw new InvalidArgumentError("It is empty.");
  return value;
}

function anExecutionArn(value: string): string {
  if (parseExecutionArn(value) === undefined)
    throw new InvalidArgumentError(
      "It has to read arn:aws:states:<region>:<account>:execution:<state machine>:<name>.",
    );
  return value;
}

function compensation(
  value: string,
  before: Record<string, string[]> = {},
): Record<string, string[]> {
  const [name, list] = pair(value);
  return {
    ...before,
    [name]: list
      .split(",")
      .map((step) => step.trim())
      .filter((step) => step !== ""),
  };
}

function waitName(value: string, before: Record<string, string> = {}): Record<string, string> {
  const [name, wait] = pair(value);
  return { ...before, [name]: wait };
}

function pair(value: string): [string, string] {
  const at = value.indexOf("=");
  const name = value.slice(0, at).trim();
  const rest = value.slice(at + 1).trim();
  if (at < 0 || name === "" || rest === "")
    throw new InvalidArgumentError("It has to read step=...");
  return [name, rest];
}
