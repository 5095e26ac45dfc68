import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  export interface ProvidedContext {
    /** Absolute path of a project that has durascope installed from its tarball, and the fixtures beside it. */
    consumer: string;
  }
}

const root = fileURLToPath(new URL("../../", import.meta.url));
const fixtures = fileURLToPath(new URL("fixtures/", import.meta.url));

/**
 * Packs the package as npm would publish it and installs it into a project in a temporary folder, which finds every
 * other package in the repository's own node_modules. Gives back what removes the folder.
 */
export default function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), "durascope-packed-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    // A build that is older than the sources would be tested, and pass.
    execFileSync(process.execPath, [join(root, "scripts", "with-setup.mjs")], { stdio: "inherit" });
    project.provide("consumer", install(folder));
  } catch (error) {
    remove();
    throw error;
  }
  return remove;
}

function install(folder: string): string {
  const packed = JSON.parse(
    execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], {
      cwd: root,
      encoding: "utf8",
    }),
  );
  const consumer = join(folder, "consumer");
  const modules = join(consumer, "node_modules");
  const own = join(modules, "durascope");
  mkdirSync(own, { recursive: true });
  execFileSync("tar", ["-xzf", join(folder, packed[0].filename), "--strip-components=1"], {
    cwd: own,
  });
  linkPackages(join(root, "node_modules"), modules);
  cpSync(fixtures, consumer, { recursive: true });
  return consumer;
}

function linkPackages(from: string, to: string): void {
  for (const name of readdirSync(from))
    if (!name.startsWith(".")) symlinkSync(join(from, name), join(to, name), "junction");
}
