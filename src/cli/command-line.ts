import { CommanderError } from "commander";
import { isDurascopeError } from "../core/errors.ts";
import { CommandFailure, EXIT } from "./failure.ts";
import { keepErrors, write, writeFailure } from "./output.ts";
import { type ProgramIo, program } from "./program.ts";

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
