/** Exit codes of the commands. */
export const EXIT = { ok: 0, failed: 1, usage: 2, notFound: 3, unreachable: 4 } as const;

/** Ends a command: one clear sentence, a hint on what to do next, and an exit code; never a stack trace. */
export class CommandFailure extends Error {
  readonly exitCode: number;
  readonly hint: string | undefined;

  constructor(exitCode: number, message: string, hint?: string) {
    super(message);
    this.name = "CommandFailure";
    this.exitCode = exitCode;
    this.hint = hint;
  }
}

/** A command that was called wrongly. */
export function usageFailure(message: string, hint?: string): CommandFailure {
  return new CommandFailure(EXIT.usage, message, hint);
}
