import { Writable } from "node:stream";
import { expect, test } from "vitest";
import { withWaitingNote } from "./waiting-note.ts";

function terminal(isTTY: boolean): {
  stderr: Writable & { isTTY: boolean };
  said: Promise<string>;
  all: () => string;
} {
  let text = "";
  const { promise, resolve } = Promise.withResolvers<string>();
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      resolve(text);
      done();
    },
  });
  return { stderr: Object.assign(stream, { isTTY }), said: promise, all: () => text };
}

test("a wait that takes long is told of on a terminal, and the note taken away", async () => {
  const io = terminal(true);
  // The work goes on until the note is there.
  const value = await withWaitingNote(io, "asking", async () => `saw ${await io.said}`, 0);
  expect(value).toBe("saw asking");
  expect(io.all()).toBe("asking\r\u001b[2K");
});

test("it is taken away when the work fails, too", async () => {
  const io = terminal(true);
  const work = async (): Promise<never> => Promise.reject(new Error(await io.said));
  await expect(withWaitingNote(io, "asking", work, 0)).rejects.toThrow("asking");
  expect(io.all().endsWith("\r\u001b[2K")).toBe(true);
});

test("one that does not take long is not", async () => {
  const io = terminal(true);
  await withWaitingNote(io, "asking", () => Promise.resolve(), 60_000);
  expect(io.all()).toBe("");
});

test("nothing is said where there is no terminal", async () => {
  const io = terminal(false);
  const longer = new Promise((resolve) => {
    setTimeout(resolve, 20);
  });
  await withWaitingNote(io, "asking", () => longer, 0);
  expect(io.all()).toBe("");
});
