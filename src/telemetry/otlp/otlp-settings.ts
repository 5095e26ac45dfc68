import { readFileSync } from "node:fs";
import { validateHeaderName, validateHeaderValue } from "node:http";
import { createSecureContext } from "node:tls";
import { DurascopeError } from "../../core/errors.ts";
import type { Environment } from "../../host/disabled.ts";
import { parseKeyValueList } from "../../host/key-value-list.ts";
import { LONGEST_TIMER_MS } from "../../host/longest-timer.ts";
import type { WarningLogger } from "../warning-logger.ts";

/** How OTLP is written over HTTP. */
export type OtlpProtocol = "http/json" | "http/protobuf";

/** What is sent: it decides which variables count, and the path below the shared endpoint. */
export type OtlpSignal = "TRACES" | "LOGS" | "METRICS";

/** Where and how OTLP is posted; what is left out comes from `OTEL_EXPORTER_OTLP_*`. */
export interface OtlpHttpOptions {
  /** Where it is posted, with the path. @default OTEL_EXPORTER_OTLP_(TRACES_)ENDPOINT, http://localhost:4318/v1/traces */
  readonly url?: string;
  /** Headers of each request, such as an API key. Never logged, never written to disk. @default OTEL_EXPORTER_OTLP_(TRACES_)HEADERS */
  readonly headers?: Readonly<Record<string, string>>;
  /** How long a batch may take, in milliseconds, with all its retries. @default OTEL_EXPORTER_OTLP_(TRACES_)TIMEOUT, 10000 */
  readonly timeoutMillis?: number;
  /** @default OTEL_EXPORTER_OTLP_(TRACES_)COMPRESSION, none */
  readonly compression?: "gzip" | "none";
  /** @default OTEL_EXPORTER_OTLP_(TRACES_)PROTOCOL, http/json, which needs no further package */
  readonly protocol?: OtlpProtocol;
}

/** Certificates of a TLS connection, as PEM. */
export interface OtlpCertificates {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/** Checked options, with the environment's and the defaults. */
export interface OtlpHttpSettings {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMillis: number;
  readonly compression: "gzip" | "none";
  readonly protocol: OtlpProtocol;
  /** Whether the protocol was asked for in code, so that another one must not stand in for it. */
  readonly isProtocolFixed: boolean;
  readonly certificates: OtlpCertificates;
}

const DEFAULT_TIMEOUT_MS = 10_000;

/** Reads a variable of a signal, and else the one that all signals share. */
type Variable = (name: string) => string | undefined;

/**
 * Puts options, environment and defaults together, as OpenTelemetry specifies them
 * (https://opentelemetry.io/docs/specs/otel/protocol/exporter/): code before the signal's own variables before shared
 * ones; headers of all three are merged; the path `/v1/traces` is put after the shared endpoint alone. A variable that
 * makes no sense is told of by `warn`, without its value, and left out.
 *
 * @throws DurascopeError `OTLP_ENDPOINT` for an address that is no http URL, `OTLP_PROTOCOL` for gRPC and unknown
 *   protocols, `OTLP_HEADER` for a header that HTTP does not allow, `OTLP_CERTIFICATE` for a file that
 *   cannot be read or holds no PEM, or a key that is not the certificate's
 */
export function otlpHttpSettings(
  options: OtlpHttpOptions,
  environment: Environment,
  signal: OtlpSignal,
  warn: WarningLogger,
): OtlpHttpSettings {
  const read = (name: string): string | undefined => environment[name]?.trim() || undefined;
  const variable: Variable = (name) =>
    read(`OTEL_EXPORTER_OTLP_${signal}_${name}`) ?? read(`OTEL_EXPORTER_OTLP_${name}`);
  return {
    url: endpoint(options.url, read, signal),
    headers: {
      ...headersOf("OTEL_EXPORTER_OTLP_HEADERS", read, warn),
      ...headersOf(`OTEL_EXPORTER_OTLP_${signal}_HEADERS`, read, warn),
      ...allowedHeaders(options.headers ?? {}),
    },
    timeoutMillis: timeout(options.timeoutMillis, variable, warn),
    compression: compression(options.compression, variable, warn),
    protocol: protocol(options.protocol ?? variable("PROTOCOL") ?? "http/json", signal),
    isProtocolFixed: options.protocol !== undefined,
    certificates: certificates(variable),
  };
}

function endpoint(own: string | undefined, read: Variable, signal: OtlpSignal): URL {
  const whole = own ?? read(`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`);
  if (whole !== undefined) return httpUrl(whole);
  const url = httpUrl(read("OTEL_EXPORTER_OTLP_ENDPOINT") ?? "http://localhost:4318");
  url.pathname = `${url.pathname.replace(/\/$/, "")}/v1/${signal.toLowerCase()}`;
  return url;
}

function httpUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "http:" || url?.protocol === "https:") return url;
  // Not quoted: an address may hold a password.
  throw new DurascopeError(
    "OTLP_ENDPOINT",
    "The address of the OTLP endpoint is no http or https URL. Set the option url or OTEL_EXPORTER_OTLP_ENDPOINT to one, such as http://localhost:4318.",
  );
}

function headersOf(name: string, read: Variable, warn: WarningLogger): Record<string, string> {
  const text = read(name);
  const headers = allowedHeaders(parseKeyValueList(text));
  if (text !== undefined && Object.keys(headers).length === 0)
    warn(
      `durascope: ${name} is no list of name=value, separated by commas and percent-encoded, so none of its headers is sent. A % in a value is written as %25.`,
    );
  return headers;
}

/** Headers by their names in lower case, since HTTP tells no case. */
function allowedHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const allowed: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch {
      throw new DurascopeError(
        "OTLP_HEADER",
        `The OTLP header ${JSON.stringify(name.slice(0, 60))} has a name or a value that HTTP does not allow. Correct it in the option headers or in OTEL_EXPORTER_OTLP_HEADERS.`,
      );
    }
    allowed[name.toLowerCase()] = value;
  }
  return allowed;
}

function timeout(own: number | undefined, variable: Variable, warn: WarningLogger): number {
  const text = own ?? variable("TIMEOUT");
  const ms = Number(text ?? DEFAULT_TIMEOUT_MS);
  if (ms > 0 && Number.isFinite(ms)) return Math.min(LONGEST_TIMER_MS, ms);
  warn(
    `durascope: the timeout of OTLP exports must be a number of milliseconds above 0, so ${DEFAULT_TIMEOUT_MS} is used. Correct the option timeoutMillis or OTEL_EXPORTER_OTLP_TIMEOUT.`,
  );
  return DEFAULT_TIMEOUT_MS;
}

function compression(
  own: "gzip" | "none" | undefined,
  variable: Variable,
  warn: WarningLogger,
): "gzip" | "none" {
  const text = own ?? variable("COMPRESSION") ?? "none";
  if (text === "gzip" || text === "none") return text;
  warn(
    "durascope: the compression of OTLP exports must be gzip or none, so none is used. Correct OTEL_EXPORTER_OTLP_COMPRESSION.",
  );
  return "none";
}

function protocol(text: string, signal: OtlpSignal): OtlpProtocol {
  if (text === "http/json" || text === "http/protobuf") return text;
  throw new DurascopeError(
    "OTLP_PROTOCOL",
    `durascope sends OTLP over HTTP, and ${JSON.stringify(text.slice(0, 20))} was asked for. Set OTEL_EXPORTER_OTLP_${signal}_PROTOCOL=http/protobuf or http/json, ` +
      `and OTEL_EXPORTER_OTLP_${signal}_ENDPOINT to the collector's HTTP port, such as http://localhost:4318/v1/${signal.toLowerCase()}.`,
  );
}

function certificates(variable: Variable): OtlpCertificates {
  const ca = pem(variable("CERTIFICATE"));
  const cert = pem(variable("CLIENT_CERTIFICATE"));
  const key = pem(variable("CLIENT_KEY"));
  const all = { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
  try {
    // Tried here, where it can be said: else each request would fail for it.
    if (cert ?? key) createSecureContext(all);
  } catch (error) {
    throw new DurascopeError(
      "OTLP_CERTIFICATE",
      "The certificate and the key of OTLP exports are none that TLS takes, or do not belong together. Correct the files of OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and OTEL_EXPORTER_OTLP_CLIENT_KEY.",
      { cause: error },
    );
  }
  return all;
}

function pem(path: string | undefined): Buffer | undefined {
  if (path === undefined) return undefined;
  try {
    const bytes = readFileSync(path);
    // Node.js takes a bundle without any certificate, and trusts nobody then.
    if (!bytes.includes("-----BEGIN ")) throw new Error("no PEM");
    return bytes;
  } catch (error) {
    throw new DurascopeError(
      "OTLP_CERTIFICATE",
      `The certificate or key file ${path} of OTLP exports cannot be read, or is no PEM. Correct OTEL_EXPORTER_OTLP_CERTIFICATE, _CLIENT_CERTIFICATE and _CLIENT_KEY.`,
      { cause: error },
    );
  }
}
