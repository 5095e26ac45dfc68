import { DurascopeError } from "../../core/errors.ts";
import type { ReadableSpan } from "../../host/readable-span.ts";
import type { WarningLogger } from "../warning-logger.ts";
import { encodeSpans } from "./otlp-json.ts";
import type { OtlpHttpSettings } from "./otlp-settings.ts";
import { type PartialSuccess, partialSuccessOf } from "./partial-success.ts";
import { spanGroups } from "./span-groups.ts";

/** One way of writing OTLP. */
export interface OtlpEncoding {
  readonly contentType: "application/json" | "application/x-protobuf";
  encode(spans: readonly ReadableSpan[]): Uint8Array;
  /** Reads the body of a success; throws when it is none. */
  partialSuccess(body: Buffer, contentType: string): PartialSuccess;
}

const TAKEN_WHOLE: PartialSuccess = { rejected: 0, message: "" };

const JSON_ENCODING: OtlpEncoding = {
  contentType: "application/json",
  encode: (spans) => Buffer.from(encodeSpans(spanGroups(spans))),
  partialSuccess: (body) => (body.length === 0 ? TAKEN_WHOLE : fromJson(body)),
};

/** The part of OpenTelemetry's `ProtobufTraceSerializer` that is used. */
interface Serializer {
  serializeRequest(spans: readonly ReadableSpan[]): Uint8Array | undefined;
  deserializeResponse(body: Uint8Array): unknown;
}

/**
 * The encoding of the settings: JSON is our own, protobuf is that of OpenTelemetry's `@opentelemetry/otlp-transformer`, an
 * optional peer that every exporter of OpenTelemetry brings along. Where it is missing and the protocol came from the
 * environment, JSON is sent, which every receiver of OTLP/HTTP takes, and `warn` is told.
 *
 * @throws DurascopeError `OTLP_PROTOBUF_MISSING` where protobuf was asked for in code
 */
export async function otlpEncoding(
  settings: Pick<OtlpHttpSettings, "protocol" | "isProtocolFixed">,
  warn: WarningLogger,
): Promise<OtlpEncoding> {
  if (settings.protocol === "http/json") return JSON_ENCODING;
  try {
    return protobufEncoding(await loadSerializer());
  } catch (error) {
    const missing =
      "OTLP as protobuf needs the package @opentelemetry/otlp-transformer, which is not installed.";
    const hint = "Run: npm install @opentelemetry/otlp-transformer";
    if (settings.isProtocolFixed)
      throw new DurascopeError("OTLP_PROTOBUF_MISSING", `${missing} ${hint}`, { cause: error });
    warn(`durascope: ${missing} JSON is sent instead. ${hint}`);
    return JSON_ENCODING;
  }
}

async function loadSerializer(): Promise<Serializer> {
  const { ProtobufTraceSerializer } = await import("@opentelemetry/otlp-transformer");
  return ProtobufTraceSerializer;
}

function protobufEncoding(serializer: Serializer): OtlpEncoding {
  return {
    contentType: "application/x-protobuf",
    encode(spans) {
      const bytes = serializer.serializeRequest(spans);
      if (bytes === undefined) throw new Error("nothing to send");
      return bytes;
    },
    partialSuccess: (body, contentType) =>
      contentType.includes("json")
        ? fromJson(body)
        : partialSuccessOf(serializer.deserializeResponse(body)),
  };
}

function fromJson(body: Buffer): PartialSuccess {
  return partialSuccessOf(JSON.parse(body.toString()));
}
