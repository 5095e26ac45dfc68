import { property } from "./property.ts";

/** The code of a system error, such as ENOSPC: no message, since that quotes paths. */
export function codeOf(error: unknown): string {
  const code = property(error, "code");
  return typeof code === "string" ? code : "unknown reason";
}

/** Whether an error says that there is no such file. */
export function isMissing(error: unknown): boolean {
  return codeOf(error) === "ENOENT";
}
