// Claims: with a backend away nothing is lost within the bound, all is sent later in its order, what is dropped is counted
// and said; no fault of the disk reaches whoever gives the spans.
import { dirname } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type FakeTiming, fakeTiming } from "../../../test/doubles/fake-timing.ts";
import { type MemoryDisk, memoryDisk } from "../../../test/doubles/memory-disk.ts";
import { noExportCounts } from "../export-counts.ts";
import type { Delivery } from "../otlp/delivery.ts";
import type { OtlpBatch } from "../otlp/otlp-batch.ts";
import { sparingWarnings } from "../sparing-warnings.ts";
import { openSpool } from "./spool.ts";
import { openSpoolFolder } from "./spool-folder.ts";
import { spoolingDelivery } from "./spooling-delivery.ts";

const HOUR = 3_600_000;
const BLOCK = 4096;
const AWAY: Delivery = { outcome: "unavailable", reason: "ECONNREFUSED" };
const TAKEN: Delivery = { outcome: "accepted", rejected: 0 };

interface World {
  readonly timing: FakeTiming;
  readonly disk: MemoryDisk;
  readonly warnings: string[];
  /** Names of the batches that the backend took. */
  readonly taken: string[];
  /** How often it was asked. */
  asked: number;
  answer: (name: string) => Delivery;
  /** How long it takes to answer, in milliseconds. */
  takes: number;
}

function world(): World {
  const timing = fakeTiming();
  return {
    timing,
    disk: memoryDisk(() => timing.now()),
    warnings: [],
    taken: [],
    asked: 0,
    answer: () => TAKEN,
    takes: 0,
  };
}

let writers = 0;

async function open(it: World, maxBytes = Infinity): Promise<ReturnType<typeof spoolingDelivery>> {
  writers += 1;
  const { timing, disk } = it;
  const writer = {
    id: String(writers).padStart(8, "0"),
    pid: writers,
    host: "here",
    now: () => timing.now(),
    isAlive: (pid: number) => pid === writers,
  };
  const folder = await openSpoolFolder("/spool", writer, disk);
  const spool = openSpool(folder, maxBytes);
  await spool.adopt();
  return spoolingDelivery({
    spool,
    folder,
    path: "/spool",
    lateAfter: HOUR,
    timing,
    timeoutMillis: 10_000,
    shown: "http://backend",
    counts: noExportCounts(),
    warn: sparingWarnings(
      (message) => void it.warnings.push(message),
      () => timing.now(),
    ),
    async sendOnce({ body }) {
      it.asked += 1;
      const name = Buffer.from(body).toString();
      const delivery = it.answer(name);
      if (it.takes > 0) await timing.pause(it.takes);
      if (delivery.outcome === "accepted") it.taken.push(name);
      return delivery;
    },
  });
}

function batch(name: string, it: World): OtlpBatch {
  return {
    body: Buffer.from(name),
    contentType: "application/json",
    isGzipped: false,
    spans: 10,
    lastEnd: it.timing.now(),
  };
}

/** Paths of the files that hold batches, the oldest first. */
const batchFiles = (it: World): string[] =>
  [...it.disk.files.keys()].filter((path) => path.endsWith(".otlp")).toSorted();

const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `b${i}`);

describe("a delivery with a spool", () => {
  test("while the backend takes what comes nothing is written", async () => {
    const it = world();
    const delivery = await open(it);
    for (const name of names(3)) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other: the order is part of the claim
      expect(await delivery.deliver(batch(name, it))).toBeUndefined();
    }
    expect(it.taken).toEqual(names(3));
    expect(batchFiles(it)).toEqual([]);
    expect(delivery.counts()).toMatchObject({ exported: 30, spooled: 0 });
  });

  test("the backend is away for an hour: all arrives, in order, once, and soon after it is back", async () => {
    const it = world();
    it.answer = () => AWAY;
    const delivery = await open(it);
    for (const name of names(120)) {
      // oxlint-disable no-await-in-loop -- one after the other: the order is part of the claim
      expect(await delivery.deliver(batch(name, it))).toBeUndefined();
      await it.timing.pass(30_000);
      // oxlint-enable no-await-in-loop
    }
    expect(it.taken).toEqual([]);
    expect(delivery.counts()).toMatchObject({ exported: 0, spooled: 1200, dropped: 0, failed: 0 });
    // It was asked at most twice a minute, not for each batch.
    expect(it.asked).toBeLessThan(130);
    it.answer = () => TAKEN;
    await delivery.deliver(batch("new", it));
    await it.timing.pass(75_000);
    expect(it.taken).toEqual([...names(120), "new"]);
    expect(delivery.counts()).toMatchObject({ exported: 1210, spooled: 0, dropped: 0 });
    expect(batchFiles(it)).toEqual([]);
    expect(it.warnings).toEqual([
      expect.stringMatching(/http:\/\/backend takes no spans \(ECONNREFUSED\).*\/spool/),
    ]);
  });

  test("spans that became late in the spool are counted", async () => {
    const it = world();
    it.answer = () => AWAY;
    const delivery = await open(it);
    await delivery.deliver(batch("late", it));
    await it.timing.pass(HOUR);
    await delivery.deliver(batch("in time", it));
    await delivery.deliver({ ...batch("late before", it), lastEnd: it.timing.now() - 2 * HOUR });
    it.answer = () => TAKEN;
    await it.timing.pass(75_000);
    expect(it.taken).toEqual(["late", "in time", "late before"]);
    expect(delivery.counts()).toMatchObject({ exported: 30, late: 10 });
  });

  test("over its bound the oldest go, counted and said", async () => {
    const it = world();
    it.answer = () => AWAY;
    const delivery = await open(it, 5 * BLOCK);
    for (const name of names(20)) {
      // oxlint-disable no-await-in-loop -- one after the other: the order is part of the claim
      expect(await delivery.deliver(batch(name, it))).toBeUndefined();
      // Each takes up a block of the disk, however short it is.
      expect(batchFiles(it).length).toBeLessThanOrEqual(5);
      // oxlint-enable no-await-in-loop
    }
    const { dropped, spooled } = delivery.counts();
    expect([dropped, spooled]).toEqual([150, 50]);
    expect(it.warnings.join("\n")).toMatch(/\/spool is full.*oldest.*10 so far/);
    it.answer = () => TAKEN;
    await it.timing.pass(75_000);
    expect(it.taken).toEqual(names(20).slice(-5));
  });

  test("a batch that is larger than the spool is dropped and counted", async () => {
    const it = world();
    it.answer = () => AWAY;
    const delivery = await open(it, 100);
    expect(await delivery.deliver(batch("x".repeat(200), it))).toBeUndefined();
    expect(delivery.counts()).toMatchObject({ dropped: 10, spooled: 0 });
  });

  test("on a full disk the batch is given back, and said; nothing is left over", async () => {
    const it = world();
    it.answer = () => AWAY;
    const delivery = await open(it);
    it.disk.capacity = [...it.disk.files.values()].reduce((sum, { length }) => sum + length, 50);
    expect(await delivery.deliver(batch("one", it))).toMatch(/cannot be written \(ENOSPC\)/);
    expect(delivery.counts()).toMatchObject({ failed: 10, spooled: 0 });
    expect(it.warnings.join("\n")).toMatch(
      /cannot be written to the spool.*ENOSPC.*Free some space/,
    );
    expect([...it.disk.files.keys()].filter((path) => path.includes("otlp"))).toEqual([]);
    it.disk.capacity = Infinity;
    expect(await delivery.deliver(batch("one", it))).toBeUndefined();
    it.answer = () => TAKEN;
    await it.timing.pass(75_000);
    expect(it.taken).toEqual(["one"]);
  });

  test("a backend that says when it comes back is left alone until then", async () => {
    const it = world();
    it.answer = () => ({ outcome: "unavailable", reason: "HTTP 429", retryAfter: 600_000 });
    const delivery = await open(it);
    await delivery.deliver(batch("one", it));
    await it.timing.pass(599_000);
    expect(it.asked).toBe(1);
    it.answer = () => TAKEN;
    await it.timing.pass(1000);
    expect(it.taken).toEqual(["one"]);
  });

  test("with a wrong key spans wait until it is corrected", async () => {
    const it = world();
    it.answer = () => ({ outcome: "forbidden", reason: "HTTP 401" });
    const delivery = await open(it);
    expect(await delivery.deliver(batch("one", it))).toBeUndefined();
    expect(it.warnings).toEqual([
      expect.stringMatching(/takes nothing from here \(HTTP 401\).*wait in \/spool/),
    ]);
    it.answer = () => TAKEN;
    await it.timing.pass(61_000);
    expect(it.taken).toEqual(["one"]);
  });

  test("a batch that is refused does not hold up those behind it", async () => {
    const it = world();
    it.answer = () => AWAY;
    const delivery = await open(it);
    for (const name of names(3)) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other: the order is part of the claim
      await delivery.deliver(batch(name, it));
    }
    it.answer = (name) => (name === "b1" ? { outcome: "refused", reason: "HTTP 400" } : TAKEN);
    await it.timing.pass(75_000);
    expect(it.taken).toEqual(["b0", "b2"]);
    expect(delivery.counts()).toMatchObject({ exported: 20, rejected: 10, spooled: 0 });
  });

  test("a corrupt file is set aside and said, and those behind it are sent", async () => {
    const it = world();
    it.answer = () => AWAY;
    const delivery = await open(it);
    for (const name of names(3)) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other: the order is part of the claim
      await delivery.deliver(batch(name, it));
    }
    const [, second] = batchFiles(it);
    it.disk.files.set(second ?? "", Buffer.from("rot"));
    it.answer = () => TAKEN;
    await it.timing.pass(75_000);
    expect(it.taken).toEqual(["b0", "b2"]);
    expect(it.warnings.join("\n")).toMatch(/not what was written.*\/spool\/\*\.corrupt/);
    expect([...it.disk.files.keys()].some((path) => path.endsWith(".corrupt"))).toBe(true);
  });

  test("a process that ends while the backend is there sends what waits; else the next one does", async () => {
    const it = world();
    it.answer = () => AWAY;
    const first = await open(it);
    await first.deliver(batch("one", it));
    await first.close();
    expect(it.taken).toEqual([]);
    const second = await open(it);
    expect(second.counts()).toMatchObject({ spooled: 10 });
    it.answer = () => TAKEN;
    await second.close();
    expect(it.taken).toEqual(["one"]);
    expect([...it.disk.files.keys()]).toEqual([]);
  });

  test("a process that lives finds what another leaves later", async () => {
    const it = world();
    it.answer = () => AWAY;
    const other = await open(it);
    await other.deliver(batch("other's", it));
    // Whoever opens last is the only one that lives: the other one has died.
    const own = await open(it);
    await own.deliver(batch("own", it));
    it.answer = () => TAKEN;
    await it.timing.pass(75_000);
    expect(it.taken).toEqual(["other's", "own"]);
  });
});

describe("a batch that the backend never answers to", () => {
  async function spooled(it: World, count: number): Promise<Awaited<ReturnType<typeof open>>> {
    it.answer = () => AWAY;
    const delivery = await open(it);
    for (const name of names(count)) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other: the order is part of the claim
      await delivery.deliver(batch(name, it));
    }
    return delivery;
  }

  test("does not hold up those behind it for ever: it is given up, counted and said", async () => {
    const it = world();
    const delivery = await spooled(it, 15);
    it.answer = (name) => (name === "b0" ? { outcome: "unavailable", reason: "HTTP 504" } : TAKEN);
    await it.timing.pass(300_000);
    expect(it.taken).toEqual(names(15).slice(1));
    expect(delivery.counts()).toMatchObject({ exported: 140, rejected: 10, spooled: 0 });
    expect(it.warnings.join("\n")).toMatch(/batch of 10 spans \(HTTP 504\), but took 10 behind it/);
  });

  test("is not given up while the backend takes no other, nor when it says that it is busy", async () => {
    const it = world();
    const delivery = await spooled(it, 15);
    await it.timing.pass(6 * HOUR);
    it.answer = (name) =>
      name === "b0" ? { outcome: "unavailable", reason: "HTTP 429", retryAfter: 1000 } : TAKEN;
    await it.timing.pass(6 * HOUR);
    expect(it.taken).toEqual([]);
    it.answer = () => TAKEN;
    await it.timing.pass(75_000);
    expect(it.taken).toEqual(names(15));
    expect(delivery.counts()).toMatchObject({ rejected: 0, dropped: 0 });
  });

  test("a backend that comes back between two requests takes all, one before its turn at most", async () => {
    const it = world();
    await spooled(it, 5);
    await it.timing.pass(HOUR);
    let asked = 0;
    it.answer = () => (asked++ === 0 ? AWAY : TAKEN);
    await it.timing.pass(75_000);
    expect(it.taken).toEqual(["b1", "b0", "b2", "b3", "b4"]);
  });
});

test("a backend that takes batches more slowly than they come holds nobody up: they go by the disk, in order", async () => {
  const it = world();
  it.takes = 2000;
  const delivery = await open(it);
  const first = delivery.deliver(batch("b0", it));
  await it.timing.runUntil(first);
  expect(await first).toBeUndefined();
  for (const name of names(9).slice(1)) {
    // No time passes meanwhile.
    // oxlint-disable-next-line no-await-in-loop -- one after the other: the order is part of the claim
    expect(await delivery.deliver(batch(name, it))).toBeUndefined();
  }
  expect(delivery.counts()).toMatchObject({ exported: 10, spooled: 80 });
  it.takes = 0;
  await it.timing.pass(5000);
  expect(it.taken).toEqual(names(9));
  expect(delivery.counts()).toMatchObject({ exported: 90, spooled: 0 });
  // It answers fast again: nothing is written any more.
  await delivery.deliver(batch("fast", it));
  expect(it.taken.at(-1)).toBe("fast");
});

test("on a full disk a slow backend gets what comes by itself", async () => {
  const it = world();
  it.takes = 2000;
  const delivery = await open(it);
  const first = delivery.deliver(batch("b0", it));
  await it.timing.runUntil(first);
  it.disk.capacity = 0;
  expect(await delivery.deliver(batch("b1", it))).toMatch(/ENOSPC/);
  const again = delivery.deliver(batch("b1", it));
  await it.timing.runUntil(again);
  expect(await again).toBeUndefined();
  expect(it.taken).toEqual(["b0", "b1"]);
});

test("a backend that asks to come again at once is not asked again and again", async () => {
  const it = world();
  it.answer = () => ({ outcome: "unavailable", reason: "HTTP 429", retryAfter: 0 });
  const delivery = await open(it);
  await delivery.deliver(batch("one", it));
  await it.timing.pass(60_000);
  expect(it.asked).toBeLessThan(10);
});

test("after a short absence the next one is met with short pauses again", async () => {
  const it = world();
  const delivery = await open(it);
  it.disk.capacity = [...it.disk.files.values()].reduce((sum, { length }) => sum + length, 50);
  it.answer = () => AWAY;
  for (const name of names(9)) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other: the order is part of the claim
    await delivery.deliver(batch(name, it));
  }
  it.answer = () => TAKEN;
  await delivery.deliver(batch("taken", it));
  it.disk.capacity = Infinity;
  it.answer = () => AWAY;
  await delivery.deliver(batch("late", it));
  it.answer = () => TAKEN;
  await it.timing.pass(2000);
  expect(it.taken).toEqual(["taken", "late"]);
});

test("on a disk that takes no more changes each batch is sent once, and said", async () => {
  const it = world();
  it.answer = () => AWAY;
  const delivery = await open(it);
  for (const name of names(3)) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other: the order is part of the claim
    await delivery.deliver(batch(name, it));
  }
  const failing = (): Promise<never> =>
    Promise.reject(Object.assign(new Error("EROFS"), { code: "EROFS" }));
  it.disk.remove = failing;
  it.disk.rename = failing;
  const [first = ""] = batchFiles(it);
  it.disk.files.set(first, Buffer.from("rot"));
  it.answer = () => TAKEN;
  await it.timing.pass(HOUR);
  expect(it.taken).toEqual(["b1", "b2"]);
  expect(delivery.counts()).toMatchObject({ exported: 20, spooled: 0 });
  expect(it.warnings.join("\n")).toMatch(/\/spool cannot be looked after \(EROFS\)/);
});

test("a batch that is stored just while the last one leaves does not wait for a heartbeat", async () => {
  const it = world();
  it.answer = () => AWAY;
  const delivery = await open(it);
  await delivery.deliver(batch("one", it));
  it.answer = (name) => {
    // It comes while the only one that waits is on its way.
    if (name === "one") void delivery.deliver(batch("two", it));
    return TAKEN;
  };
  await it.timing.pass(1000);
  expect(it.taken).toEqual(["one", "two"]);
});

test("what goes since the processes before left too much is counted and said", async () => {
  const it = world();
  it.answer = () => AWAY;
  const before = await open(it);
  for (const name of names(4)) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other: the order is part of the claim
    await before.deliver(batch(name, it));
  }
  const after = await open(it, 2 * BLOCK);
  expect(after.counts().dropped).toBeGreaterThan(0);
  expect(after.counts().dropped + after.counts().spooled).toBe(40);
  expect(it.warnings.join("\n")).toMatch(/\/spool is full/);
});

test("whatever lies in the folder is never fatal, and hides nothing that is whole", async () => {
  const name = fc.oneof(
    fc.constantFrom(
      "owner.json",
      "writer-00000000",
      "writer-ffffffff/owner.json",
      "writer-ffffffff/000001772452800000-000000-1-ffffffff.otlp",
      "writer-ffffffff/001772452800000-000000-9999999-ffffffff.otlp",
      "writer-ffffffff/001772452800001-000000-1-ffffffff.otlp.tmp",
      "writer-eeeeeeee/001772452800000-000000-1-eeeeeeee.otlp",
      "x.corrupt",
      "lost+found/a",
    ),
    fc.stringMatching(/^[\w.-]{1,20}$/),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(name, fc.uint8Array({ maxLength: 200 }), { maxKeys: 8 }),
      async (litter) => {
        const it = world();
        it.answer = () => AWAY;
        const first = await open(it);
        await first.deliver(batch("kept", it));
        await Promise.all(
          Object.entries(litter).map(async ([path, bytes]) => {
            await it.disk.makeFolder(dirname(`/spool/${path}`));
            it.disk.files.set(`/spool/${path}`, bytes);
            await it.disk.touch(`/spool/${path}`, 0);
          }),
        );
        // The first one has died meanwhile.
        const second = await open(it);
        it.answer = () => TAKEN;
        expect(await second.drain()).toBe(true);
        await second.deliver(batch("new", it));
        expect(it.taken).toEqual(["kept", "new"]);
      },
    ),
  );
});
