import { expect, it } from "vitest";
import { wrapperModule } from "./go.mjs";

it("builds in a module of its own, with the same requirements and the replacements that can be had", () => {
  const text = [
    "module github.com/example/program",
    "go 1.25.0",
    "require example.com/a v1.2.3",
    "replace (",
    "\texample.com/a => example.com/fork v1.2.4",
    "\texample.com/b => ./internal/b",
    "\texample.com/c => ../c",
    ")",
  ].join("\n");
  expect(wrapperModule(text)).toBe(
    [
      "module durascope.invalid/backend",
      "go 1.25.0",
      "require example.com/a v1.2.3",
      "replace (",
      "\texample.com/a => example.com/fork v1.2.4",
      ")",
    ].join("\n"),
  );
});
