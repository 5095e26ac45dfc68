import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { Readable } from "node:stream";
import { isMissing } from "../host/system-error.ts";
import { CommandFailure, EXIT } from "./failure.ts";

const MIB = 2 ** 20;

/** Largest history that is read: Temporal ends a run at 50 MB of history, Step Functions at 25,000 events. */
const LARGEST_HISTORY_MIB = 128;

/** How much of a file is looked at to see whether it can be JSON at all. */
const SNIFFED = 4096;

/**
 * Reads a file of one JSON document, `-` for the standard input.
 *
 * A missing file, a folder, an empty file, one over the limit and one that is no JSON fail with a sentence that names the
 * file and the place; what cannot be JSON by its first character is not read any further.
 */
export async function readJsonFile(
  path: string,
  stdin: Readable,
  maxMib: number = LARGEST_HISTORY_MIB,
): Promise<unknown> {
  const name = path === "-" ? "the standard input" : path;
  if (path !== "-") await checkFile(path, maxMib);
  const text = await readText(path === "-" ? stdin : createReadStream(path), name, maxMib);
  if (text.trim() === "") throw failed(`${name} is empty.`);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw failed(
      `${name} is no whole JSON document: ${whereJsonBreaks(text, error)}.`,
      "A history that broke off in the middle has to be fetched again.",
    );
  }
}

async function checkFile(path: string, maxMib: number): Promise<void> {
  const stats = await stat(path).catch((error: unknown) => {
    throw isMissing(error)
      ? failed(`There is no file ${path}.`)
      : failed(`${path} cannot be read: ${reason(error)}.`);
  });
  if (stats.isDirectory())
    throw failed(`${path} is a folder.`, "Name a file with one history in it.");
  if (stats.size > maxMib * MIB) throw tooLarge(path, maxMib, stats.size);
}

async function readText(stream: Readable, name: string, maxMib: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of stream) {
      const bytes = Buffer.from(chunk as Uint8Array);
      if (length === 0) checkBeginning(bytes, name);
      length += bytes.length;
      if (length > maxMib * MIB) throw tooLarge(name, maxMib, undefined);
      chunks.push(bytes);
    }
  } catch (error) {
    throw error instanceof CommandFailure
      ? error
      : failed(`${name} cannot be read: ${reason(error)}.`);
  } finally {
    stream.destroy();
  }
  return Buffer.concat(chunks, length)
    .toString("utf8")
    .replace(/^\uFEFF/, "");
}

function checkBeginning(bytes: Buffer, name: string): void {
  const beginning = bytes
    .toString("utf8", 0, SNIFFED)
    .replace(/^\uFEFF/, "")
    .trimStart();
  if (beginning === "" || beginning.startsWith("{") || beginning.startsWith("[")) return;
  throw failed(
    `${name} is no JSON: it begins with neither { nor [.`,
    "Give the history as JSON: of `temporal workflow show --output json` or `aws stepfunctions get-execution-history`.",
  );
}

function tooLarge(name: string, maxMib: number, bytes: number | undefined): CommandFailure {
  const size = bytes === undefined ? "more" : `${Math.ceil(bytes / MIB)} MiB`;
  return failed(
    `${name} holds ${size} and at most ${maxMib} MiB are read.`,
    "Both engines end a run long before that. Is it one history?",
  );
}

/** Line and column at which JSON breaks, where the engine says so, without quoting what stands there. */
function whereJsonBreaks(text: string, error: unknown): string {
  const position = /position (\d+)/.exec(reason(error))?.[1];
  if (position === undefined)
    return `it breaks off, or breaks, within its ${text.length} characters`;
  const before = text.slice(0, Number(position)).split("\n");
  return `it breaks at line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}

function failed(message: string, hint?: string): CommandFailure {
  return new CommandFailure(EXIT.failed, message, hint);
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
