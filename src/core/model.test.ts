import { expect, it } from "vitest";
import { type Step, stepsOf } from "./model.ts";

const step = (key: string, ...children: Step[]): Step => ({
  key,
  kind: "group",
  name: key,
  id: key,
  scheduled: 0,
  attempts: [],
  children,
  links: [],
  segment: 0,
  openedBy: 0,
});

it("gives every step once, parents first, in the order of their opening", () => {
  const steps = [step("a", step("b", step("c")), step("d")), step("e")];
  expect([...stepsOf({ steps })].map(({ key }) => key)).toEqual(["a", "b", "c", "d", "e"]);
});

it("gives none of a run without steps", () => {
  expect([...stepsOf({ steps: [] })]).toEqual([]);
});

it("walks any depth", () => {
  let deepest = step("0");
  for (let i = 1; i < 50_000; i += 1) deepest = step(String(i), deepest);
  expect([...stepsOf({ steps: [deepest] })]).toHaveLength(50_000);
});
