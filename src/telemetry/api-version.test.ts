import { afterEach, expect, test } from "vitest";
import { apiVersionTrouble } from "./api-version.ts";

const REGISTRY = Symbol.for("opentelemetry.js.api.1");
const before: unknown = Reflect.get(globalThis, REGISTRY);

afterEach(() => void Reflect.set(globalThis, REGISTRY, before));

test("a copy that is newer than the provider's is told of", () => {
  Reflect.set(globalThis, REGISTRY, { version: "1.9.1" });
  expect(apiVersionTrouble("1.10.0")).toBe(
    "the tracer provider of this process was registered by @opentelemetry/api 1.9.1, and the application's own " +
      "@opentelemetry/api 1.10.0 does not see it: spans that it makes are empty, with ids of zeros. " +
      "Install @opentelemetry/api@1.9 in the application, the version that the provider comes with.",
  );
});

test.each([
  ["1.9.1", "1.9.0"],
  ["1.10.0", "1.9.1"],
  ["1.10.0", "1.10.1"],
  ["1.9.1", "2.0.0"],
  ["1.9.1", "nonsense"],
  [undefined, "1.10.0"],
])("a provider of API %s and an application with %s are no trouble", (registered, own) => {
  Reflect.set(globalThis, REGISTRY, { version: registered });
  expect(apiVersionTrouble(own)).toBeUndefined();
});

test("the application's version is that of the copy which its main program would load", () => {
  Reflect.set(globalThis, REGISTRY, { version: "1.1.0" });
  // The repository's own copy.
  expect(apiVersionTrouble()).toContain("the application's own @opentelemetry/api 1.10.");
});
