import { randomUUID } from "node:crypto";
import { open, writeFile } from "node:fs/promises";
import { gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../../test/support/temporary-folder.ts";
import { LONGEST_LINE } from "./file-chunks.ts";
import { matchesOf, matchingLines, type ScanCounts } from "./line-scanner.ts";

const folder = temporaryFolder();

async function scan(
  content: string | Buffer,
  ...needles: string[]
): Promise<{ lines: string[]; counts: ScanCounts }> {
  const path = folder.path(randomUUID());
  await writeFile(path, content);
  const counts: ScanCounts = { bytes: 0, tooLong: 0 };
  const lines: string[] = [];
  const file = await open(path);
  try {
    for await (const line of matchingLines(file, { needles }, counts)) lines.push(line);
  } finally {
    await file.close();
  }
  return { lines, counts };
}

/** A mebibyte and more of lines of all lengths, so that chunks end anywhere in them. */
function manyLines(): string[] {
  let seed = 7;
  const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
  return Array.from({ length: 3000 }, (_, i) => {
    const filler = "x".repeat(random(i % 100 === 0 ? 40_000 : 900));
    return `${filler}${["needle", "NAIL", "needl", ""][random(4)]}${"ä".repeat(random(5))}`;
  });
}

/** As who appends to a compressed file writes it: a frame of zstd an append. */
function frames(lines: readonly string[]): Buffer {
  const parts = [lines.slice(0, 10), lines.slice(10, 11), lines.slice(11)];
  return Buffer.concat(parts.map((part) => zstdCompressSync(`${part.join("\n")}\n`)));
}

/** As a collector's file exporter compresses: message by message, each behind its length. */
function messages(lines: readonly string[]): Buffer {
  return Buffer.concat(
    lines.flatMap((line) => {
      const packed = zstdCompressSync(line);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(packed.length);
      return [length, packed];
    }),
  );
}

test.each([
  ["one sequence", ["needle"]],
  ["several sequences", ["NAIL", "needle"]],
])(
  "gives each line that holds %s once and in order, wherever chunks end",
  async (_name, needles) => {
    const all = manyLines();
    const expected = all.filter((line) => needles.some((needle) => line.includes(needle)));
    const text = all.join("\n");
    const files = [
      text,
      `${text}\n`,
      gzipSync(text),
      gzipSync(`${text}\n`),
      zstdCompressSync(text),
      frames(all),
      messages(all),
    ];
    const scans = await Promise.all(files.map((file) => scan(file, ...needles)));
    expect(scans.map(({ lines }) => lines)).toEqual(files.map(() => expected));
  },
);

test("a line over the greatest length is passed over and counted, its neighbours are given", async () => {
  const text = `needle 1\n${"needle".repeat(LONGEST_LINE / 6 + 1)}\nneedle 2\n`;
  const { lines, counts } = await scan(text, "needle");
  expect(lines).toEqual(["needle 1", "needle 2"]);
  expect(counts).toMatchObject({ tooLong: 1, bytes: text.length });
});

test.each([
  ["gzip'd", (text: string) => gzipSync(text, { level: 1 })],
  ["zstd'd", (text: string) => zstdCompressSync(text)],
  ["message by message", (text: string) => messages(text.split("\n"))],
])(
  "of a compressed file that breaks off, %s, what can be read is given, and why it ended",
  async (_name, compress) => {
    const whole = compress(manyLines().join("\n"));
    const { lines, counts } = await scan(whole.subarray(0, whole.length - 100), "needle");
    expect(lines.length).toBeGreaterThan(0);
    expect(counts.brokenOff).toMatch(/unexpected end of file/);
  },
);

test("a message that is longer than a line may be once it is unpacked is passed over and counted", async () => {
  const file = messages(["needle 1", "needle".repeat(LONGEST_LINE / 6 + 1), "needle 2"]);
  const { lines, counts } = await scan(file, "needle");
  expect(lines).toEqual(["needle 1", "needle 2"]);
  expect(counts.tooLong).toBe(1);
});

test("what stands behind the end of a compressed file is said to be unreadable", async () => {
  const file = Buffer.concat([zstdCompressSync("needle\n"), Buffer.from("something else")]);
  const { lines, counts } = await scan(file, "needle");
  expect(lines).toEqual(["needle"]);
  expect(counts.brokenOff).toMatch(/Unknown frame/);
});

test("an empty file has no lines", async () => {
  expect(await scan("", "needle")).toEqual({ lines: [], counts: { bytes: 0, tooLong: 0 } });
});

test("chunks may end anywhere, and be overwritten once the next one is asked for", async () => {
  const letter = fc.constantFrom("a", "b", "\n", "ä");
  const text = fc.array(letter, { maxLength: 200 }).map((letters) => letters.join(""));
  const needles = fc.array(fc.stringMatching(/^[ab]{1,3}$|^[ab]{8,9}$/), {
    minLength: 1,
    maxLength: 4,
  });
  await fc.assert(
    fc.asyncProperty(text, needles, fc.integer({ min: 1, max: 40 }), async (all, sought, size) => {
      const lines: string[] = [];
      const counts: ScanCounts = { bytes: 0, tooLong: 0 };
      const chunks = overwritten(Buffer.from(all), size);
      for await (const some of matchesOf(chunks, { needles: sought }, counts)) lines.push(...some);
      const expected = all.split("\n").filter((line) => sought.some((part) => line.includes(part)));
      expect(lines).toEqual(expected);
      expect(counts).toEqual({ bytes: Buffer.byteLength(all), tooLong: 0 });
    }),
    { numRuns: 300 },
  );
});

/** Chunks of a size that share one piece of memory. */
async function* overwritten(all: Buffer, size: number): AsyncGenerator<Buffer> {
  const buffer = Buffer.alloc(size);
  for (let at = 0; at < all.length; at += size) {
    const length = all.copy(buffer, 0, at, at + size);
    // oxlint-disable-next-line no-await-in-loop -- one after the other, as files are read
    await Promise.resolve();
    yield buffer.subarray(0, length);
    buffer.fill("a");
  }
}
