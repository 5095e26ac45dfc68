import { once } from "node:events";
import type { Writable } from "node:stream";

/** What a command writes to and knows of its surroundings; the process's own, or a test's. */
export interface CommandIo {
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Opens a page in the user's browser. @default the package `open` */
  readonly open?: (url: string) => Promise<unknown>;
  /** Looks for backends on this machine. @default the global `fetch` */
  readonly fetch?: typeof fetch;
}

/** Writes text and waits until the stream takes more; resolves to false when its reader has gone away (`| head`). */
export async function write(stream: Writable, text: string): Promise<boolean> {
  if (stream.destroyed || stream.errored !== null) return false;
  if (stream.write(text)) return true;
  try {
    await Promise.race([once(stream, "drain"), once(stream, "close")]);
  } catch {
    return false;
  }
  return !stream.destroyed && stream.errored === null;
}

/** Keeps a reader that goes away from being an error: what it did not want need not be written. */
export function tolerateClosedPipe(stream: Writable): void {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}
