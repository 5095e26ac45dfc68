import { readdir, rm, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Environment } from "../correlation/disabled.ts";
import { spoolOfEnvironment } from "../telemetry/spool/open-spool.ts";
import { type Finding, failed, ok, warning } from "./finding.ts";

/** Whether the spool of the environment can be written, and what waits in it; reads it only. Never rejects. */
export async function spoolFindings(environment: Environment): Promise<Finding[]> {
  const options = spoolOfEnvironment(environment);
  if (options === undefined) return [];
  const path = resolve(options.directory);
  const unwritable = await whyNotWritable(path);
  if (unwritable !== undefined)
    return [
      failed(
        "spool",
        `the spool ${path} cannot be written (${unwritable})`,
        "Make the folder, and let this user write to it.",
      ),
    ];
  const names = await readdir(path, { recursive: true }).catch(() => []);
  const waiting = names.filter((name) => name.endsWith(".otlp"));
  const corrupt = names.filter((name) => name.endsWith(".corrupt")).length;
  const bytes = await sizeOf(waiting.map((name) => join(path, name)));
  return [
    waiting.length === 0
      ? ok("spool", `the spool ${path} is empty`)
      : warning(
          "spool",
          `${waiting.length} batches (${Math.ceil(bytes / 1024)} KiB) wait in the spool ${path}`,
          "A process with this spool sends them as soon as the endpoint takes them.",
        ),
    ...(corrupt === 0
      ? []
      : [
          warning(
            "spool_corrupt",
            `${corrupt} corrupt files were set aside in the spool ${path}`,
            "Their spans are lost; remove the files *.corrupt once you have looked at them.",
          ),
        ]),
  ];
}

async function whyNotWritable(path: string): Promise<string | undefined> {
  const probe = join(path, `.probe-${process.pid}`);
  try {
    await writeFile(probe, "");
    await rm(probe);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? "unknown reason";
  }
}

async function sizeOf(paths: readonly string[]): Promise<number> {
  const sizes = await Promise.all(
    paths.map((path) =>
      stat(path).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
