import { describe, expect, it } from "vitest";
import { readProbe } from "./python.mjs";

describe("what a Python says about itself", () => {
  it("is its version and the modules that it lacks", () => {
    expect(readProbe("durascope 3 11\n")).toEqual({ version: [3, 11], missing: [] });
    expect(readProbe("durascope 3 12 venv ensurepip\n")).toEqual({
      version: [3, 12],
      missing: ["venv", "ensurepip"],
    });
  });

  it("is nothing when another program stands under the name", () => {
    expect(readProbe("Python was not found; run without arguments to install\n")).toBeUndefined();
  });
});
