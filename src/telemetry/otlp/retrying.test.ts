import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fakeTiming } from "../../../test/doubles/fake-timing.ts";
import type { Delivery } from "./delivery.ts";
import type { OtlpBatch } from "./otlp-batch.ts";
import { backOff, sendWithRetries } from "./retrying.ts";

const batch: OtlpBatch = {
  body: new Uint8Array(),
  contentType: "application/json",
  isGzipped: false,
  spans: 1,
  lastEnd: 0,
};
const away: Delivery = { outcome: "unavailable", reason: "HTTP 503" };
const taken: Delivery = { outcome: "accepted", rejected: 0 };

describe("sendWithRetries", () => {
  test("sends again until the batch is taken", async () => {
    const answers = [away, away, taken];
    const timing = fakeTiming();
    const given: number[] = [];
    const sent = sendWithRetries(
      (_batch, timeout) => {
        given.push(timeout);
        return Promise.resolve(answers.shift() ?? taken);
      },
      batch,
      10_000,
      timing,
    );
    await timing.runUntil(sent);
    expect(await sent).toEqual(taken);
    // 1 s, then 2 s: what is left of the ten seconds becomes less.
    expect(given).toEqual([10_000, 9000, 7000]);
  });

  test("ends within the time of the export", async () => {
    const timing = fakeTiming();
    let tries = 0;
    const sent = sendWithRetries(
      () => {
        tries += 1;
        return Promise.resolve(away);
      },
      batch,
      10_000,
      timing,
    );
    await timing.runUntil(sent);
    expect(await sent).toEqual(away);
    expect(tries).toBe(4);
    expect(timing.now()).toBeLessThan(fakeTiming().now() + 10_000);
  });

  test("waits as long as the backend asks, and not at all when that is too long", async () => {
    const timing = fakeTiming();
    const answers: Delivery[] = [
      { ...away, retryAfter: 4000 },
      { ...away, retryAfter: 6001 },
    ];
    const sent = sendWithRetries(
      () => Promise.resolve(answers.shift() ?? taken),
      batch,
      10_000,
      timing,
    );
    await timing.runUntil(sent);
    expect(await sent).toMatchObject({ retryAfter: 6001 });
    expect(timing.now() - fakeTiming().now()).toBe(4000);
  });

  test.each([
    { outcome: "refused", reason: "HTTP 400" },
    { outcome: "forbidden", reason: "HTTP 401" },
  ] as const)("does not send again what is $outcome", async (delivery) => {
    let tries = 0;
    const sent = await sendWithRetries(
      () => {
        tries += 1;
        return Promise.resolve(delivery);
      },
      batch,
      10_000,
      fakeTiming(),
    );
    expect([sent, tries]).toEqual([delivery, 1]);
  });
});

test("a backend that asks to come again at once is not asked again at once", async () => {
  const timing = fakeTiming();
  let tries = 0;
  const sent = sendWithRetries(
    () => {
      tries += 1;
      return Promise.resolve({ ...away, retryAfter: 0 });
    },
    batch,
    10_000,
    timing,
  );
  await timing.runUntil(sent);
  expect(tries).toBe(4);
});

test("a clock that is set back prolongs nothing", async () => {
  const timing = fakeTiming();
  let setBack = 0;
  const given: number[] = [];
  const sent = sendWithRetries(
    (_batch, timeoutMillis) => {
      given.push(timeoutMillis);
      setBack += 3_600_000;
      return Promise.resolve(away);
    },
    batch,
    10_000,
    { ...timing, now: () => timing.now() - setBack },
  );
  await timing.runUntil(sent);
  expect(given).toEqual([10_000, 9000, 7000, 3000]);
});

test("a back-off grows, is never over its bound by more than a fifth, and never below 0.8 of the first", () => {
  fc.assert(
    fc.property(fc.nat(1000), fc.double({ min: 0, max: 1, noNaN: true }), (tries, random) => {
      const pause = backOff(tries, 1000, 60_000, random);
      expect(pause).toBeGreaterThanOrEqual(800);
      expect(pause).toBeLessThanOrEqual(72_000);
    }),
  );
  expect([0, 1, 2, 10].map((tries) => backOff(tries, 1000, 60_000, 0.5))).toEqual([
    1000, 2000, 4000, 60_000,
  ]);
});
