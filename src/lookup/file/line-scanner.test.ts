import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../../test/support/temporary-folder.ts";
import { LONGEST_LINE, matchesOf, matchingLines, type ScanCounts } from "./line-scanner.ts";

const folder = temporaryFolder();

async function scan(
  content: string | Buffer,
  ...needles: string[]
): Promise<{ lines: string[]; counts: ScanCounts }> {
  const path = folder.path(randomUUID());
  await writeFile(path, content);
  const counts: ScanCounts = { bytes: 0, tooLong: 0 };
  const lines: string[] = [];
  for await (const line of matchingLines(path, needles, counts)) lines.push(line);
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

test.each([
  ["one sequence", ["needle"]],
  ["several sequences", ["NAIL", "needle"]],
])(
  "gives each line that holds %s once and in order, wherever chunks end",
  async (_name, needles) => {
    const all = manyLines();
    const expected = all.filter((line) => needles.some((needle) => line.includes(needle)));
    const text = all.join("\n");
    const files = [text, `${text}\n`, gzipSync(text), gzipSync(`${text}\n`)];
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

test("of a compressed file that breaks off what can be read is given, and why it ended", async () => {
  const whole = gzipSync(manyLines().join("\n"), { level: 1 });
  const { lines, counts } = await scan(whole.subarray(0, whole.length - 4000), "needle");
  expect(lines.length).toBeGreaterThan(0);
  expect(counts.brokenOff).toMatch(/unexpected end of file/);
});

test("an empty file has no lines", async () => {
  expect(await scan("", "needle")).toEqual({ lines: [], counts: { bytes: 0, tooLong: 0 } });
});

test("a file that is not there rejects", async () => {
  await expect(
    matchingLines(folder.path("none"), ["x"], { bytes: 0, tooLong: 0 }).next(),
  ).rejects.toThrow("ENOENT");
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
      for await (const some of matchesOf(overwritten(Buffer.from(all), size), sought, counts))
        lines.push(...some);
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
