import {
  type FileHandle,
  mkdir,
  open,
  appendFile as rawAppend,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from "node:fs/promises";
import { describe, expect, test, vi } from "vitest";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { appendedFile, type RotationOptions } from "./appended-file.ts";
import { openOtlpFile } from "./otlp-file.ts";

const folder = temporaryFolder();

/** Contents of the folder's files by their names. */
async function contents(): Promise<Record<string, string>> {
  const names = (await readdir(folder.path())).toSorted();
  const texts = names.map(
    async (name) => [name, await readFile(folder.path(name), "utf8")] as const,
  );
  return Object.fromEntries(await Promise.all(texts));
}

async function written(lines: readonly string[], options: RotationOptions): Promise<void> {
  const file = appendedFile(folder.path("f"), options);
  for (const line of lines) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other: the order is part of the claim
    await file.append(Buffer.from(`${line}\n`));
  }
  await file.close();
}

describe("a file that rotates", () => {
  test("is put aside before it grows over its bound", async () => {
    await written(["aaa", "bbb", "ccc", "ddd", "eee"], { maxBytes: 8 });
    expect(await contents()).toEqual({ f: "eee\n", "f.1": "ccc\nddd\n", "f.2": "aaa\nbbb\n" });
  });

  test("loses the oldest when there are too many", async () => {
    await written(["1", "2", "3", "4", "5"], { maxBytes: 2, maxFiles: 3 });
    expect(await contents()).toEqual({ f: "5\n", "f.1": "4\n", "f.2": "3\n" });
  });

  test("begins anew when one file is all that is kept", async () => {
    await written(["1", "2", "3"], { maxBytes: 2, maxFiles: 1 });
    expect(await contents()).toEqual({ f: "3\n" });
  });

  test("takes a line that is longer than the bound by itself", async () => {
    await written(["1", "x".repeat(50), "2"], { maxBytes: 10 });
    expect(Object.values(await contents())).toEqual(["2\n", `${"x".repeat(50)}\n`, "1\n"]);
  });

  test("goes on where the process before it stopped", async () => {
    await written(["aaa"], { maxBytes: 8 });
    await written(["bbb", "ccc"], { maxBytes: 8 });
    expect(await contents()).toEqual({ f: "ccc\n", "f.1": "aaa\nbbb\n" });
  });

  test("is followed by whoever shares it", async () => {
    const [one, other] = [0, 1].map(() => appendedFile(folder.path("f"), { maxBytes: 4 }));
    if (one === undefined || other === undefined) throw new Error("two");
    await one.append(Buffer.from("a\n"));
    await other.append(Buffer.from("b\n"));
    await one.append(Buffer.from("c\n"));
    await other.append(Buffer.from("d\n"));
    await Promise.all([one.close(), other.close()]);
    expect(await contents()).toEqual({ f: "c\nd\n", "f.1": "a\nb\n" });
  });

  test("without a bound is never put aside", async () => {
    await written(["a", "b"], {});
    expect(await contents()).toEqual({ f: "a\nb\n" });
  });
});

test("a file that another program has moved or removed is made anew", async () => {
  const file = appendedFile(folder.path("f"), {});
  await file.append(Buffer.from("a\n"));
  await rename(folder.path("f"), folder.path("f.moved"));
  await file.append(Buffer.from("b\n"));
  await rm(folder.path("f"));
  await file.append(Buffer.from("c\n"));
  await file.close();
  expect(await contents()).toEqual({ f: "c\n", "f.moved": "a\n" });
});

test("what was cut off in the middle of a line costs that line alone", async () => {
  await writeFile(folder.path("f"), "whole\nhal");
  await written(["next", "after"], {});
  expect(await contents()).toEqual({ f: "whole\nhal\nnext\nafter\n" });
});

test("a disk that is full for a while costs the line that did not fit alone", async () => {
  const probe = await open(folder.path("probe"), "a");
  const prototype: FileHandle = Object.getPrototypeOf(probe);
  await probe.close();
  await rm(folder.path("probe"));
  const write = vi.spyOn(prototype, "write");
  const appendFile = vi.spyOn(prototype, "appendFile");
  try {
    const file = appendedFile(folder.path("f"), {});
    await file.append(Buffer.from("one\n"));
    write.mockImplementationOnce(async () => {
      // The disk takes a part of it, and then no more.
      await rawAppend(folder.path("f"), "tw");
      return { bytesWritten: 2, buffer: "tw" };
    });
    appendFile.mockRejectedValueOnce(new Error("ENOSPC"));
    await expect(file.append(Buffer.from("two\n"))).rejects.toThrow("ENOSPC");
    await file.append(Buffer.from("three\n"));
    await file.close();
  } finally {
    vi.restoreAllMocks();
  }
  expect(await contents()).toEqual({ f: "one\ntw\nthree\n" });
});

test("a rotation that fails costs the line, and is told", async () => {
  const errors: string[] = [];
  const path = folder.path("f");
  const file = openOtlpFile(path, {
    maxBytes: 10,
    maxFiles: 2,
    onError: (error) => void errors.push(error.message),
  });
  await mkdir(`${path}.1/x`, { recursive: true });
  const group = { resource: {}, spans: [] };
  expect(await file.writeSpans([group])).toBe(true);
  expect(await file.writeSpans([group])).toBe(false);
  expect(file.lost()).toBe(1);
  expect(errors).toHaveLength(1);
  await file.close();
});

test.each([{ maxBytes: 0 }, { maxBytes: Number.NaN }, { maxFiles: 0 }, { maxFiles: 1.5 }])(
  "%j is refused",
  (options) => {
    expect(() => openOtlpFile(folder.path("f"), options)).toThrow(
      expect.objectContaining({ code: "OTLP_FILE_OPTION" }),
    );
  },
);
