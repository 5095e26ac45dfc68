import { readdir, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { counted } from "../core/counted.ts";
import type { Environment } from "../host/disabled.ts";
import { codeOf } from "../host/system-error.ts";
import { spoolOfEnvironment } from "../telemetry/spool/open-spool.ts";
import { type Finding, failed, ok, warning } from "./finding.ts";

/** Whether the spool of the environment can be written, and what waits in it. Leaves nothing there. Never rejects. */
export async function spoolFindings(environment: Environment): Promise<Finding[]> {
  const options = spoolOfEnvironment(environment);
  if (options === undefined) return [];
  const path = resolve(options.directory);
  const { maxBytes } = options;
  if (maxBytes !== undefined && !(maxBytes > 0))
    return [
      failed(
        "spool",
        "DURASCOPE_SPOOL_MAX_BYTES is no number of bytes above 0, so nothing is exported",
        "Correct it, or unset it for 256 MiB.",
      ),
    ];
  const { folder, reason } = await writable(path);
  if (reason !== undefined)
    return [
      failed(
        "spool",
        folder === path
          ? `the spool ${path} cannot be written (${reason})`
          : `the spool ${path} cannot be made in ${folder} (${reason})`,
        "Let this user write there, or set DURASCOPE_SPOOL_DIR to another folder.",
      ),
    ];
  if (folder !== path)
    return [
      ok("spool", `the spool ${path} is not there yet: the first process that uses it makes it`),
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
          `${counted(waiting.length, "batch waits", "batches wait")} in the spool ${path} (${Math.ceil(bytes / 1024)} KiB)`,
          "A process with this spool sends them as soon as the endpoint takes them.",
        ),
    ...(corrupt === 0
      ? []
      : [
          warning(
            "spool_corrupt",
            `${counted(corrupt, "corrupt file was", "corrupt files were")} set aside in the spool ${path}`,
            "Their spans are lost; remove the files *.corrupt once you have looked at them.",
          ),
        ]),
  ];
}

/**
 * The folder that is written to first, which is the nearest one above when it is not there yet: whoever opens a spool makes
 * it. With the reason why it cannot be written, where it cannot.
 */
async function writable(
  path: string,
): Promise<{ readonly folder: string; readonly reason?: string }> {
  const probe = join(path, `.probe-${process.pid}`);
  try {
    await writeFile(probe, "");
    await rm(probe);
    return { folder: path };
  } catch (error) {
    const code = codeOf(error);
    const above = dirname(path);
    return code === "ENOENT" && above !== path ? writable(above) : { folder: path, reason: code };
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
