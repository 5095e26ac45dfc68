import { DurascopeError } from "../../core/errors.ts";
import { backendFailure } from "./backend-failure.ts";

/** Where requests to a backend go and what they carry. */
export interface BackendTarget {
  /** Without credentials, query and fragment; its path ends in a slash. */
  readonly base: URL;
  readonly headers: Headers;
  /** A text without the credentials that may stand in it: backends may repeat what they were sent. */
  readonly redact: (text: string) => string;
}

/** What a target is made of. */
export interface BackendTargetOptions {
  /** What it is, for people: `Jaeger`. */
  readonly product: string;
  /** An http or https URL, with a path when it is served under one. User name and password in it become an `Authorization` header. */
  readonly baseUrl: string;
  /** Headers of every request, credentials among them. They are sent to the base URL's origin alone and printed nowhere. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How people set the address, for messages: `JAEGER_URL`. */
  readonly addressBy: string;
  /** How people set the credentials, for messages: `DD_API_KEY and DD_APP_KEY`. */
  readonly credentialsBy: string;
}

/** Shorter ones are no credentials, and taking them out would spoil messages. */
const SHORTEST_SECRET = 4;

/**
 * Takes credentials out of the address and into headers. Throws `LOOKUP_BAD_ADDRESS` or `LOOKUP_BAD_CREDENTIALS`, with
 * neither the address nor the header's value in the message: either may hold a secret.
 */
export function backendTarget(options: BackendTargetOptions): BackendTarget {
  const url = addressOf(options);
  const headers = new Headers({ accept: "application/json" });
  const userInfo = [url.username, url.password].map(decoded);
  if (url.username !== "" || url.password !== "")
    headers.set("authorization", `Basic ${Buffer.from(userInfo.join(":")).toString("base64")}`);
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    try {
      headers.set(name, value);
    } catch {
      throw badCredentials(options, name);
    }
  }
  const path = url.pathname.endsWith("/") ? url.pathname : `${url.pathname}/`;
  const secrets = secretsOf(headers, userInfo);
  return {
    base: new URL(path, url.origin),
    headers,
    redact: (text) => secrets.reduce((rest, secret) => rest.replaceAll(secret, "***"), text),
  };
}

function addressOf({ product, baseUrl, addressBy }: BackendTargetOptions): URL {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (url?.protocol === "http:" || url?.protocol === "https:") return url;
  throw backendFailure(
    "LOOKUP_BAD_ADDRESS",
    `The address of ${product} is no http or https URL. Set ${addressBy} to one such as http://127.0.0.1:16686.`,
  );
}

function badCredentials({ product, credentialsBy }: BackendTargetOptions, name: string): Error {
  const named = /^[\w-]{1,60}$/.test(name) ? `The header ${name}` : "A header";
  return new DurascopeError(
    "LOOKUP_BAD_CREDENTIALS",
    `${named} for ${product} holds characters that HTTP cannot send. Set ${credentialsBy} anew.`,
  );
}

/** User names and passwords stand percent-encoded in URLs; what is no such code stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function secretsOf(headers: Headers, userInfo: readonly string[]): string[] {
  const values = [...headers].filter(([name]) => name !== "accept").map(([, value]) => value);
  return [...values, ...values.flatMap((value) => value.split(/\s+/)), ...userInfo]
    .filter((secret) => secret.length >= SHORTEST_SECRET)
    .toSorted((a, b) => b.length - a.length);
}
