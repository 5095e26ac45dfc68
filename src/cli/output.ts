import type { Writable } from "node:stream";

/** What a command writes to and knows of its surroundings; the process's own, or a test's. */
export interface CommandIo {
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Opens a page in the user's browser. @default the package `open` */
  readonly open?: (url: string) => Promise<unknown>;
  /** Looks for backends on this machine. @default the global `fetch` */
  readonly fetch?: typeof fetch;
}

/** How wide a text is when nothing says how wide the terminal is. */
const COLUMNS = 100;

/** Columns of the output: `COLUMNS` where it is a number of columns, else the terminal's own, else 100. */
export function columnsOf({ environment, stdout }: CommandIo): number {
  const named = environment["COLUMNS"]?.trim() ?? "";
  return (/^\d{1,6}$/.test(named) ? Number(named) : 0) || stdout.columns || COLUMNS;
}

/** The first error of each stream: the process's own streams forget theirs, to be written again. */
const errors = new WeakMap<Writable, NodeJS.ErrnoException>();

function keep(stream: Writable, error: Error): void {
  if (!errors.has(stream)) errors.set(stream, error);
}

/**
 * Writes text and waits until it is taken. Never rejects; resolves to false when it is not, since the stream's reader has
 * gone away (`| head`) or for a {@link writeFailure}.
 */
export async function write(stream: Writable, text: string): Promise<boolean> {
  if (stream.destroyed || stream.errored !== null || errors.has(stream)) return false;
  return new Promise((resolve) => {
    // A stream that is destroyed meanwhile calls back too.
    stream.write(text, (error) => {
      if (error) keep(stream, error);
      resolve(!error);
    });
  });
}

/** Keeps a stream's errors from ending the process where they are thrown: {@link writeFailure} tells them. */
export function keepErrors(stream: Writable): void {
  stream.on("error", (error) => keep(stream, error));
}

/** Why a stream could not be written (`ENOSPC`); undefined when it could, or when its reader did not want more. */
export function writeFailure(stream: Writable): string | undefined {
  const error: NodeJS.ErrnoException | null = errors.get(stream) ?? stream.errored;
  return error?.code === "EPIPE" ? undefined : (error?.code ?? error?.message);
}
