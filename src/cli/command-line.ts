import type { Readable } from "node:stream";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { isDurascopeError } from "../core/errors.ts";
import { INSTRUMENTATION_SCOPE } from "../correlation/instrumentation-scope.ts";
import { parseExecutionArn } from "../stepfunctions/arn.ts";
import type { ConvertOptions } from "./convert.ts";
import { CommandFailure, EXIT } from "./failure.ts";
import type { LookupOptions } from "./lookup.ts";
import { type CommandIo, tolerateClosedPipe, write } from "./output.ts";

/**
 * Runs a command line and resolves to its exit code: 0 done, 1 failed, 2 called wrongly, 3 nothing found. Never rejects:
 * what goes wrong is one sentence on the standard error. Each command's code is loaded when it is called.
 */
export async function runCommandLine(
  args: readonly string[],
  io: CommandIo & { readonly stdin: Readable },
): Promise<number> {
  tolerateClosedPipe(io.stdout);
  tolerateClosedPipe(io.stderr);
  try {
    await program(io).parseAsync([...args], { from: "user" });
    return EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    const failure = asFailure(error);
    await write(
      io.stderr,
      `durascope: ${failure.message}\n${failure.hint === undefined ? "" : `${failure.hint}\n`}`,
    );
    return failure.exitCode;
  }
}

function asFailure(error: unknown): CommandFailure {
  if (error instanceof CommandFailure) return error;
  if (isDurascopeError(error)) return new CommandFailure(EXIT.failed, error.message);
  const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
  return new CommandFailure(EXIT.failed, `Something unforeseen went wrong: ${reason}`);
}

function program(io: CommandIo & { readonly stdin: Readable }): Command {
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
    .option("--json", "print the same as data (schema durascope.lookup/1)")
    .option("--all", "print the tree of every run that was found, not of the newest alone")
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
  return durascope;
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
