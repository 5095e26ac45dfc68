import { DurascopeError } from "../core/errors.ts";
import { property } from "../host/property.ts";

/** Node's codes of a module that is not there, for `import` and for `require`. */
const NOT_THERE: ReadonlySet<unknown> = new Set(["ERR_MODULE_NOT_FOUND", "MODULE_NOT_FOUND"]);

/**
 * Loads packages of OpenTelemetry and puts them together. Both lines work, each for itself: API 1.9 with SDK 2.x and
 * exporters 0.223, API 1.10 with SDK 3.x and exporters 0.300 or later.
 *
 * @param missingMessage what is missing, for what, and what to run
 * @throws DurascopeError `missingCode` when a package is not installed
 * @throws DurascopeError `OTEL_PACKAGES_MIXED` when they are there and do not fit together
 */
export async function openTelemetryPackages<Made>(
  missingCode: string,
  missingMessage: string,
  load: () => Promise<Made>,
): Promise<Made> {
  try {
    return await load();
  } catch (cause) {
    if (NOT_THERE.has(property(cause, "code")))
      throw new DurascopeError(missingCode, missingMessage, { cause });
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DurascopeError(
      "OTEL_PACKAGES_MIXED",
      `OpenTelemetry's packages do not fit together (${reason}). Install one line of them: @opentelemetry/api 1.9 with SDK 2.x and exporters 0.223, or 1.10 with SDK 3.x and exporters 0.300 or later.`,
      { cause },
    );
  }
}
