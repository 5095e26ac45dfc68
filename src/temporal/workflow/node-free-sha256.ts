import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Sha256 } from "../../core/ids.ts";

/** SHA-256 without Node's crypto, which the isolate does not have. */
export const isolateSha256: Sha256 = (text) => bytesToHex(sha256(utf8ToBytes(text)));
