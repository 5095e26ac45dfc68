import { expect, test } from "vitest";
import { BodyTooLarge, readBody } from "./answer-body.ts";

const KIB = 1024;

/** A response whose body never ends, and how much of it was taken. */
function endless(): { response: Response; taken: () => number } {
  let taken = 0;
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        taken += KIB;
        controller.enqueue(new Uint8Array(KIB).fill(97));
      },
    },
    { highWaterMark: 0 },
  );
  return { response: new Response(body), taken: () => taken };
}

test("a body is read whole, and the budget has all of it again", async () => {
  const budget = { limit: 10, held: 0 };
  const body = await readBody(new Response("ünï"), 10, budget);
  expect(body).toEqual({ text: "ünï", bytes: 5, error: undefined });
  expect(budget.held).toBe(0);
});

test("a body over its limit is read no further", async () => {
  const { response, taken } = endless();
  const { error } = await readBody(response, 8 * KIB, { limit: 1024 * KIB, held: 0 });
  expect(error).toBeInstanceOf(BodyTooLarge);
  expect(error).toMatchObject({ limit: 8 * KIB });
  expect(taken()).toBe(9 * KIB);
});

test("bodies that are read at the same time hold no more together than the budget", async () => {
  const budget = { limit: 20 * KIB, held: 0 };
  let most = 0;
  const watched = Object.defineProperty({ limit: budget.limit, held: 0 }, "held", {
    get: () => budget.held,
    set: (held: number) => {
      budget.held = held;
      most = Math.max(most, held);
    },
  });
  const bodies = await Promise.all(
    Array.from({ length: 12 }, () => readBody(endless().response, 16 * KIB, watched)),
  );
  expect(bodies.every(({ error }) => error instanceof BodyTooLarge)).toBe(true);
  expect(most).toBe(20 * KIB);
  expect(budget.held).toBe(0);
});
