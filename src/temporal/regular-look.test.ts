import { afterEach, expect, it, vi } from "vitest";
import { regularLook } from "./regular-look.ts";

afterEach(() => vi.useRealTimers());

it("a regular look is taken every so often between its start and its stop, however often it is started", async () => {
  vi.useFakeTimers();
  let looks = 0;
  const regular = regularLook(async () => void (looks += 1), 1000);
  regular.start();
  regular.start();
  await vi.advanceTimersByTimeAsync(2000);
  expect(looks).toBe(2);
  regular.stop();
  await vi.advanceTimersByTimeAsync(2000);
  expect([looks, vi.getTimerCount()]).toEqual([2, 0]);
});

it("a regular look is not taken twice at a time", async () => {
  let looks = 0;
  const regular = regularLook(async () => void (looks += 1), 1000);
  await Promise.all([regular.look(), regular.look()]);
  expect(looks).toBe(1);
  await regular.look();
  expect(looks).toBe(2);
});
