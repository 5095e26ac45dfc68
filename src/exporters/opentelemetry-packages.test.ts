import { describe, expect, it } from "vitest";
import { isDurascopeError } from "../core/errors.ts";
import { openTelemetryPackages } from "./opentelemetry-packages.ts";

const MISSING = ["THEIR_MISSING", "It is not installed."] as const;

/** What loading throws. */
async function thrownBy(load: () => Promise<unknown>): Promise<readonly [string, string]> {
  const error: unknown = await openTelemetryPackages(...MISSING, load).catch((reason) => reason);
  if (!isDurascopeError(error)) throw new Error("no error of ours");
  return [error.code, error.message];
}

describe("packages of OpenTelemetry", () => {
  it("are given when they are there", async () => {
    expect(
      await openTelemetryPackages(...MISSING, () => import("@opentelemetry/sdk-logs")),
    ).toHaveProperty("LoggerProvider");
  });

  it.each(["ERR_MODULE_NOT_FOUND", "MODULE_NOT_FOUND"])(
    "that are not installed are said to be missing: %s",
    async (code) => {
      const load = (): Promise<never> => Promise.reject(Object.assign(new Error("x"), { code }));
      expect(await thrownBy(load)).toEqual(MISSING);
    },
  );

  it.each([
    [new SyntaxError("'@opentelemetry/api' does not provide an export named 'SeverityNumber'")],
    [new TypeError("sdk.LoggerProvider is not a constructor")],
  ])("of two lines are said not to fit together: %s", async (error) => {
    const [code, message] = await thrownBy(async () => {
      throw error;
    });
    expect(code).toBe("OTEL_PACKAGES_MIXED");
    expect(message).toContain(error.message);
    expect(message).toMatch(/api 1\.9 with SDK 2\.x .* 1\.10 with SDK 3\.x/);
  });
});
