import type { WarningLog } from "./result.ts";
import type { RunInput, TraceOptions } from "./trace-options.ts";

const LONGEST_VALUE = 256;

/** The picked business keys as span attributes: scalars only, texts cut to 256 characters; a throwing pick is counted. */
export function businessKeys(
  pick: TraceOptions["businessKeys"],
  run: () => RunInput,
  warnings: WarningLog,
): Record<string, string | number | boolean> {
  if (pick === undefined) return {};
  const keys: Record<string, string | number | boolean> = {};
  try {
    for (const [key, value] of Object.entries(pick(run()))) {
      if (typeof value === "string") keys[key] = value.slice(0, LONGEST_VALUE);
      else if (typeof value === "number" || typeof value === "boolean") keys[key] = value;
    }
  } catch (error) {
    warnings.add(
      "business_keys_failed",
      `businessKeys threw ${error instanceof Error ? error.name : "a value"}`,
    );
  }
  return keys;
}
