import { setTimeout as sleep } from "node:timers/promises";
import type { ServerExit, ServerProcess } from "./server-process.ts";

/** What {@link waitUntilReady} asks and for how long. */
export interface ReadyCheck {
  /** One question to the server; resolves true when it answers. A rejection counts as "not yet". */
  readonly ask: () => Promise<boolean>;
  /** Milliseconds after which waiting ends. */
  readonly timeoutMs: number;
}

/** Why a server did not come up: its process ended, or it never answered. */
export type NotReady =
  | { readonly why: "exited"; readonly exit: ServerExit }
  | { readonly why: "silent" };

const pauseMs = 25;

/**
 * Asks a server until it answers. Resolves undefined when it does, or with the reason when its process
 * ends first or the time is over.
 */
export async function waitUntilReady(
  check: ReadyCheck,
  server?: ServerProcess,
): Promise<NotReady | undefined> {
  let exit: ServerExit | undefined;
  const watch = async (): Promise<void> => {
    exit = await server?.closed;
  };
  void watch();
  const giveUpAt = performance.now() + check.timeoutMs;
  while (performance.now() < giveUpAt) {
    if (exit !== undefined) return { why: "exited", exit };
    // oxlint-disable-next-line no-await-in-loop -- each answer decides whether there is another question
    if (await check.ask().catch(() => false)) return undefined;
    // oxlint-disable-next-line no-await-in-loop -- the pause between two questions
    await sleep(pauseMs);
  }
  return { why: "silent" };
}

/** How a server ended, in words: `signal SIGKILL`, or `code 1` with the last line of its log, which says why. */
export function describeExit(exit: ServerExit): string {
  const how = exit.signal === null ? `code ${exit.code ?? "unknown"}` : `signal ${exit.signal}`;
  // Who is killed has no last word: what stands last in the log is of its start.
  const lastLine = exit.signal === null ? (exit.logTail.split("\n").at(-1) ?? "") : "";
  return lastLine === "" ? how : `${how}: ${lastLine.slice(0, 300)}`;
}
