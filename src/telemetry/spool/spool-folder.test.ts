import { describe, expect, test } from "vitest";
import { type MemoryDisk, memoryDisk } from "../../../test/doubles/memory-disk.ts";
import type { OtlpBatch } from "../otlp/otlp-batch.ts";
import { openSpoolFolder, type SpoolFolder } from "./spool-folder.ts";

const ROOT = "/spool";
let now = 0;
const alive = new Set<number>();

function batch(name: string): OtlpBatch {
  return { body: Buffer.from(name), contentType: "a", isGzipped: false, spans: 2, lastEnd: 1 };
}

function open(disk: MemoryDisk, pid: number, host = "here"): Promise<SpoolFolder> {
  alive.add(pid);
  const id = `${host === "here" ? "a" : "b"}${String(pid).padStart(7, "0")}`;
  const writer = { id, pid, host, now: () => now, isAlive: (other: number) => alive.has(other) };
  return openSpoolFolder(ROOT, writer, disk);
}

async function store(folder: SpoolFolder, name: string): Promise<void> {
  now += 1;
  await folder.store({ batch: batch(name), storedAt: now });
}

async function adopted(folder: SpoolFolder): Promise<string[]> {
  const bodies: string[] = [];
  for (const stored of await folder.adopt()) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other: the order is part of the claim
    const record = await folder.read(stored);
    bodies.push(typeof record === "string" ? record : Buffer.from(record.batch.body).toString());
  }
  return bodies;
}

function start(): MemoryDisk {
  now = 1_000_000;
  alive.clear();
  return memoryDisk(() => now);
}

describe("a spool that processes share", () => {
  test("what a process that died has left goes to the next one, the oldest first", async () => {
    const disk = start();
    const [one, two] = [await open(disk, 1), await open(disk, 2)];
    await store(one, "first");
    await store(two, "second");
    await store(one, "third");
    alive.clear();
    expect(await adopted(await open(disk, 3))).toEqual(["first", "second", "third"]);
    expect(await adopted(await open(disk, 4))).toEqual([]);
  });

  test("what a process that lives has stored is its own", async () => {
    const disk = start();
    const one = await open(disk, 1);
    await store(one, "first");
    const two = await open(disk, 2);
    expect(await adopted(two)).toEqual([]);
    now += 119_000;
    await one.beat();
    now += 119_000;
    expect(await adopted(two)).toEqual([]);
  });

  test("a process that was silent for two minutes is taken for dead, on whichever host", async () => {
    const disk = start();
    const far = await open(disk, 1, "there");
    await store(far, "first");
    alive.clear();
    const two = await open(disk, 2);
    expect(await adopted(two)).toEqual([]);
    now += 120_001;
    expect(await adopted(two)).toEqual(["first"]);
  });

  test("whoever leaves, leaves what waits to anyone", async () => {
    const disk = start();
    const one = await open(disk, 1);
    await store(one, "first");
    await one.leave();
    expect(await adopted(await open(disk, 2))).toEqual(["first"]);
    expect([...disk.files.keys()].filter((path) => path.includes("writer-a0000001"))).toEqual([]);
  });

  test("two that take over at the same time share it, and nothing is twice", async () => {
    const disk = start();
    const one = await open(disk, 1);
    for (let i = 0; i < 6; i += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other: the order is part of the claim
      await store(one, String(i));
    }
    alive.clear();
    const [two, three] = [await open(disk, 2), await open(disk, 3)];
    const both = await Promise.all([adopted(two), adopted(three)]);
    // What one of them missed the other has; a later look finds what was left over.
    const later = [...(await adopted(two)), ...(await adopted(three))];
    expect([...both.flat(), ...later].toSorted()).toEqual(["0", "1", "2", "3", "4", "5"]);
  });

  test("a process whose folder someone has cleared away makes it anew", async () => {
    const disk = start();
    const one = await open(disk, 1);
    await store(one, "first");
    disk.files.clear();
    await disk.removeFolder("/spool/writer-a0000001");
    await store(one, "second");
    alive.clear();
    expect(await adopted(await open(disk, 2))).toEqual(["second"]);
  });

  test("a half-written file and a half-written signature harm nobody", async () => {
    const disk = start();
    const one = await open(disk, 1);
    await store(one, "first");
    disk.files.set("/spool/writer-a0000001/000.otlp.tmp", Buffer.from("half"));
    disk.files.set("/spool/writer-a0000001/owner.json", Buffer.from('{"pid'));
    alive.clear();
    const two = await open(disk, 2);
    now += 120_001;
    expect(await adopted(two)).toEqual(["first"]);
    expect([...disk.files.keys()].join()).not.toContain(".tmp");
  });

  test("a clock that is set back keeps the order", async () => {
    const disk = start();
    const one = await open(disk, 1);
    await store(one, "first");
    now -= 500_000;
    await store(one, "second");
    await store(one, "third");
    alive.clear();
    expect(await adopted(await open(disk, 2))).toEqual(["first", "second", "third"]);
  });

  test("corrupt files are set aside beside the writers, at most twenty", async () => {
    const disk = start();
    const one = await open(disk, 1);
    for (let i = 0; i < 25; i += 1) {
      // oxlint-disable no-await-in-loop -- one after the other: the order is part of the claim
      const stored = await one.store({ batch: batch(String(i)), storedAt: now });
      disk.files.set(`/spool/writer-a0000001/${stored.name}`, Buffer.from("rot"));
      expect(await one.read(stored)).toBe("corrupt");
      await one.setAside(stored);
      // oxlint-enable no-await-in-loop
    }
    const names = [...disk.files.keys()].filter((path) => path.endsWith(".corrupt"));
    expect(names).toHaveLength(20);
    expect(names.every((path) => /^\/spool\/[^/]+\.otlp\.corrupt$/.test(path))).toBe(true);
    expect([...disk.files.keys()].filter((path) => path.endsWith(".otlp"))).toEqual([]);
  });

  test("a sign of life from years ahead, of a clock that was wrong, is none", async () => {
    const disk = start();
    const one = await open(disk, 1, "there");
    await store(one, "first");
    now -= 200_000;
    expect(await adopted(await open(disk, 2))).toEqual(["first"]);
  });

  test("a folder that cannot be looked into keeps nobody from the others", async () => {
    const disk = start();
    for (const pid of [1, 3]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other: the order is part of the claim
      await store(await open(disk, pid), String(pid));
    }
    const names = disk.names.bind(disk);
    disk.names = (path) =>
      path.endsWith("a0000001")
        ? Promise.reject(Object.assign(new Error("EACCES"), { code: "EACCES" }))
        : names(path);
    alive.clear();
    const last = await open(disk, 4);
    expect(await adopted(last)).toEqual(["3"]);
    // Alone it is said.
    await expect(adopted(last)).rejects.toThrow("EACCES");
  });

  test("a file that this process may not read is set aside like one that is broken", async () => {
    const disk = start();
    const one = await open(disk, 1);
    const stored = await one.store({ batch: batch("first"), storedAt: now });
    const failing = (code: string) => () =>
      Promise.reject(Object.assign(new Error(code), { code }));
    disk.read = failing("EACCES");
    expect(await one.read(stored)).toBe("corrupt");
    disk.read = failing("EMFILE");
    await expect(one.read(stored)).rejects.toThrow("EMFILE");
  });

  test("a heartbeat and batches may find at the same time that the folder is gone", async () => {
    const disk = start();
    const one = await open(disk, 1);
    disk.files.clear();
    await disk.removeFolder("/spool/writer-a0000001");
    await Promise.all([one.beat(), store(one, "first"), store(one, "second")]);
    alive.clear();
    expect((await adopted(await open(disk, 2))).toSorted()).toEqual(["first", "second"]);
  });
});
