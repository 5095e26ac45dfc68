import type { ChildProcess } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach } from "vitest";
import { temporaryFolder } from "./temporary-folder.ts";

/** Whether the stand-ins cannot be used on this machine. */
export const noStandIns: boolean = process.platform === "win32";

/** What a test's name ends with that needs them: the reason why it is skipped, or nothing. */
export const standInsNote: string = noStandIns
  ? " (skipped: the stand-ins are shell scripts, which Windows does not run)"
  : "";

/** Shell scripts that stand in for a machine's tools, in a folder of their own that is a whole `PATH`. */
export interface StandInTools {
  /** Path of a file in the running test's folder. */
  readonly path: (...parts: readonly string[]) => string;
  /** Makes a tool, in place of one of that name. */
  readonly tool: (name: string, script: string) => void;
  /** Takes a tool away. */
  readonly remove: (name: string) => void;
  /** `PATH`, and `TRACE`: the file that stand-ins write into when they are called; and a `TMPDIR` of the test's own. */
  readonly environment: () => Readonly<Record<string, string>>;
  /** What the stand-ins wrote into the trace, a line each. */
  readonly trace: () => readonly string[];
}

/**
 * Makes a folder with tools before each test of the file that calls it, and removes it after.
 *
 * @param basics names of the machine's own tools that the stand-ins need, such as `mkdir`; nothing else of the machine is there
 */
export function standInTools(basics: readonly string[]): StandInTools {
  // With a space: a user's folders have them.
  const base = temporaryFolder("durascope set-up ");
  const path = (...parts: readonly string[]): string => base.path(...parts);
  beforeEach(() => {
    mkdirSync(path("tools"));
    mkdirSync(path("tmp"));
    for (const name of basics) {
      const found = ["/bin", "/usr/bin"].map((folder) => join(folder, name)).find(existsSync);
      if (found !== undefined) symlinkSync(found, path("tools", name));
    }
  });
  return {
    path,
    tool(name, script) {
      writeFileSync(path("tools", name), `#!/bin/sh\n${script}`);
      chmodSync(path("tools", name), 0o755);
    },
    remove: (name) => rmSync(path("tools", name)),
    environment: () => ({ PATH: path("tools"), TRACE: path("trace"), TMPDIR: path("tmp") }),
    trace() {
      const file = path("trace");
      return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
    },
  };
}

/** How a process ended, and what it printed. */
export interface Outcome {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Resolves when a process has ended and all that it printed was read. */
export async function outcomeOf(child: ChildProcess): Promise<Outcome> {
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk) => {
    stdout += String(chunk);
  });
  child.stderr?.on("data", (chunk) => {
    stderr += String(chunk);
  });
  const code = await new Promise<number | null>((resolve) => {
    child.on("close", resolve);
  });
  return { code, stdout, stderr };
}

/** Resolves once something is so; the test's timeout is its limit. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) {
    // oxlint-disable-next-line no-await-in-loop -- each look decides whether there is another
    await sleep(20);
  }
}
