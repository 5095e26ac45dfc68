import type { Identities } from "../core/failure-text.ts";
import { nodeSha256 } from "../host/node-sha256.ts";

/** An identity (who signalled, which worker) as it may be recorded; hashed ones keep 16 hex digits and stay comparable. */
export function identityText(
  identity: string | undefined,
  rule: Identities = "keep",
): string | undefined {
  if (identity === undefined || rule === "drop") return undefined;
  return rule === "hash" ? nodeSha256(identity).slice(0, 16) : identity.slice(0, 256);
}
