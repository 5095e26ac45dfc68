import fc from "fast-check";

/** One change to a JSON value: where (a path of picks among the children), and what to. */
const change = fc.record({
  path: fc.array(fc.nat(40), { minLength: 1, maxLength: 6 }),
  how: fc.constantFrom("replace", "remove", "repeat", "swap", "rename"),
  value: fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom<unknown[]>(
      -1,
      2 ** 53,
      "9".repeat(30),
      "__proto__",
      "constructor",
      { toString: 1, valueOf: null },
      { low: 1, high: "x" },
      JSON.parse('{"__proto__":{"polluted":true}}'),
    ),
  ),
});

type Change = typeof change extends fc.Arbitrary<infer Of> ? Of : never;

/** A JSON value as it may be after somebody tampered with it: fields replaced, removed, renamed, list entries repeated and swapped. */
export function mutated(original: unknown): fc.Arbitrary<unknown> {
  return fc.array(change, { minLength: 1, maxLength: 12 }).map((changes) => {
    const copy = structuredClone(original);
    // Values are copied too: one that was put in twice could come to stand in itself.
    for (const one of changes) apply(copy, { ...one, value: structuredClone(one.value) });
    return copy;
  });
}

function apply(root: unknown, { path, how, value }: Change): void {
  let at = root;
  for (const [depth, pick] of path.entries()) {
    if (typeof at !== "object" || at === null) return;
    const holder = at as Record<string, unknown>;
    const names = Object.keys(holder);
    const name = names[pick % Math.max(1, names.length)];
    if (name === undefined) return;
    if (depth === path.length - 1) alter(holder, name, how, value);
    at = Object.hasOwn(holder, name) ? holder[name] : undefined;
  }
}

function alter(
  holder: Record<string, unknown>,
  name: string,
  how: Change["how"],
  value: unknown,
): void {
  const old = holder[name];
  if (Array.isArray(holder)) {
    const index = Number(name);
    if (how === "remove") holder.splice(index, 1);
    else if (how === "repeat") holder.splice(index, 0, old);
    else if (how === "swap") holder.reverse();
    else holder[index] = value;
    return;
  }
  if (how === "remove" || how === "rename") delete holder[name];
  if (how === "rename") define(holder, typeof value === "string" ? value : `${name}_`, old);
  if (how === "replace" || how === "swap") define(holder, name, value);
}

/** Sets also the field `__proto__`, as JSON.parse does. */
function define(holder: object, name: string, value: unknown): void {
  Object.defineProperty(holder, name, {
    value,
    enumerable: true,
    writable: true,
    configurable: true,
  });
}
