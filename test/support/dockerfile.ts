import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";

/** One instruction of a Dockerfile: `RUN npm ci`. */
export interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** A stage of a Dockerfile, from one FROM to the next. */
export interface Stage {
  readonly name: string;
  readonly base: string;
  readonly instructions: readonly Instruction[];
}

/** Takes a Dockerfile apart. Heredocs and continued lines are not known: they throw, so that none is passed over. */
export function parseDockerfile(text: string): readonly Stage[] {
  const stages: { name: string; base: string; instructions: Instruction[] }[] = [];
  for (const line of text.split("\n")) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const [, name = "", rest = ""] = /^([A-Z]+) (.+)$/u.exec(line) ?? [];
    if (name === "" || rest.endsWith("\\") || rest.includes("<<")) {
      throw new Error(`unknown form in the Dockerfile: ${line}`);
    }
    if (name === "FROM") {
      const [, base = "", stage = ""] = /^(\S+) AS (\S+)$/u.exec(rest) ?? [];
      stages.push({ name: stage, base, instructions: [] });
    } else stages.at(-1)?.instructions.push({ name, text: rest });
  }
  return stages;
}

/** What stands in for a container when a stage's steps are run on this machine. */
export interface StageRun {
  /** Folder of the stage's file system: `/app` of the image is `<root>/app`. */
  readonly root: string;
  /** Working folder at the end of the steps (absolute, in `root`). */
  readonly workdir: string;
  /** Environment of the image. */
  readonly env: Readonly<Record<string, string>>;
  /** The words of CMD. */
  readonly command: readonly string[];
  readonly user: string;
}

/** Where and with what the steps of a stage are run. */
export interface StageOptions {
  /** The build's context (absolute). */
  readonly context: string;
  /** Whether the context has a path: what .dockerignore leaves of it. */
  readonly isSent: (path: string) => boolean;
  /** Folder for the stages' file systems (absolute). */
  readonly folder: string;
  /** Environment of the steps, in which the base image's programs are found. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Stages that were run before, by name. */
  readonly stages: ReadonlyMap<string, StageRun>;
  /** Commands that need a container's root and are passed over. */
  readonly passOver: (command: string) => boolean;
}

/**
 * Runs the steps of a stage in a folder of this machine, as `docker build` would in a container.
 *
 * COPY takes files from the context or from an earlier stage, RUN goes through a shell, WORKDIR and ENV count for what
 * follows. Rejects when a step ends with another code than 0, or is of a kind that is not known here.
 */
export async function runStage(stage: Stage, options: StageOptions): Promise<StageRun> {
  const root = join(options.folder, stage.name);
  mkdirSync(root, { recursive: true });
  let workdir = root;
  let user = "root";
  let command: readonly string[] = [];
  const env: Record<string, string> = {};
  for (const { name, text } of stage.instructions) {
    if (name === "WORKDIR") {
      workdir = join(root, text);
      mkdirSync(workdir, { recursive: true });
    } else if (name === "COPY") copy(text, root, workdir, options);
    else if (name === "ENV") {
      for (const pair of text.split(" ")) {
        const [key = "", value = ""] = pair.split("=");
        env[key] = value;
      }
    } else if (name === "USER") user = text;
    else if (name === "CMD") command = JSON.parse(text);
    else if (name !== "RUN") throw new Error(`unknown instruction ${name}`);
    else if (!options.passOver(text)) {
      // oxlint-disable-next-line no-await-in-loop -- each step stands on the one before
      await runShell(text, workdir, { ...options.env, ...env });
    }
  }
  return { root, workdir, env, command, user };
}

function copy(text: string, root: string, workdir: string, options: StageOptions): void {
  const [, from, paths = ""] = /^(?:--from=(\S+) )?(.+)$/u.exec(text) ?? [];
  const words = paths.split(" ");
  const target = words.pop() ?? "";
  const into = target.startsWith("/") ? join(root, target) : resolve(workdir, target);
  for (const source of words) {
    const base = from === undefined ? options.context : options.stages.get(from)?.root;
    if (base === undefined) throw new Error(`no stage ${from}`);
    const path = join(base, source);
    if (!existsSync(path)) throw new Error(`COPY ${text}: ${path} is not there`);
    if (from !== undefined && linkTree(path, into)) continue;
    // As Docker does: a folder's content is copied, and a file into a target that ends with a slash.
    const isInto = target.endsWith("/") && !statSync(path).isDirectory();
    cpSync(path, isInto ? join(into, basename(path)) : into, {
      recursive: true,
      verbatimSymlinks: true,
      filter: (file) => from !== undefined || options.isSent(file.slice(options.context.length)),
    });
  }
}

/**
 * Copies an earlier stage's folder by hard links, since it holds every package. False where that cannot be done.
 * No step after it may write into a file in place.
 */
function linkTree(source: string, target: string): boolean {
  if (process.platform !== "linux" || !statSync(source).isDirectory()) return false;
  return spawnSync("cp", ["-al", `${source}/.`, target]).status === 0;
}

function runShell(
  command: string,
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  return new Promise((done, fail) => {
    const child = spawn("sh", ["-c", command], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-8_192);
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.on("error", fail);
    child.on("close", (code) => {
      if (code === 0) done();
      else fail(new Error(`RUN ${command} ended with code ${code}:\n${output}`));
    });
  });
}
