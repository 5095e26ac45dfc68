import { hash } from "node:crypto";
import type { Sha256 } from "../core/ids.ts";

/** SHA-256 by Node's own one-shot function. */
export const nodeSha256: Sha256 = (text) => hash("sha256", text, "hex");
