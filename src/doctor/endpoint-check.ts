import { isDurascopeError } from "../core/errors.ts";
import type { Clock } from "../core/ports.ts";
import type { Environment } from "../host/disabled.ts";
import { exportsByEnvironment } from "../telemetry/environment-exporter.ts";
import { type Delivery, deliveryOf } from "../telemetry/otlp/delivery.ts";
import { type HttpAnswer, httpPost } from "../telemetry/otlp/http-post.ts";
import { type OtlpEncoding, otlpEncoding } from "../telemetry/otlp/otlp-encoding.ts";
import { type OtlpHttpSettings, otlpHttpSettings } from "../telemetry/otlp/otlp-settings.ts";
import { type Finding, failed, ok, sentences, warning } from "./finding.ts";

/** What was found of the endpoint, and where it is. */
export interface EndpointFindings {
  readonly findings: readonly Finding[];
  /** Undefined when no endpoint is named, or its settings make no sense. */
  readonly url?: URL;
}

const PATIENCE_MS = 5000;
/** Clocks that differ by more than this move spans visibly. */
const SKEW_MS = 60_000;

/** Sends a request without spans to the endpoint of the environment, with its headers, once. Never rejects. */
export async function endpointFindings(
  environment: Environment,
  now: Clock,
): Promise<EndpointFindings> {
  // Then it is told that OTEL_TRACES_EXPORTER=none keeps the endpoint from being used.
  if (!exportsByEnvironment(environment) && exportsByEnvironment(withoutExporter(environment)))
    return { findings: [] };
  if (!exportsByEnvironment(environment))
    return {
      findings: [
        warning(
          "endpoint",
          "OTEL_EXPORTER_OTLP_ENDPOINT is not set, so spans go nowhere unless the process starts an OpenTelemetry SDK",
          "Set it, such as to http://localhost:4318, or pass the option spanProcessor.",
        ),
      ],
    };
  const said: Finding[] = [];
  const say = (message: string): void => {
    const { text, hint } = sentences(message);
    said.push(warning("settings", text, hint));
  };
  try {
    const settings = otlpHttpSettings({}, environment, "TRACES", say);
    const encoding = await otlpEncoding(settings, say);
    const answer = await ask(settings, encoding);
    const delivery = deliveryOf(answer, (body, type) => encoding.partialSuccess(body, type), now());
    return {
      findings: [...said, told(delivery, settings, encoding), ...clock(answer, now())],
      url: settings.url,
    };
  } catch (error) {
    const { text, hint } = sentences(
      isDurascopeError(error) ? error.message : "its settings cannot be read.",
    );
    return { findings: [...said, failed("endpoint", text, hint)] };
  }
}

function withoutExporter({ OTEL_TRACES_EXPORTER: _none, ...rest }: Environment): Environment {
  return rest;
}

/** An export request without spans: in protobuf it has no bytes. */
function ask(settings: OtlpHttpSettings, encoding: OtlpEncoding): Promise<HttpAnswer> {
  const isJson = encoding.contentType === "application/json";
  return httpPost({
    url: settings.url,
    headers: { ...settings.headers, "content-type": encoding.contentType },
    body: Buffer.from(isJson ? '{"resourceSpans":[]}' : ""),
    timeoutMillis: Math.min(PATIENCE_MS, settings.timeoutMillis),
    certificates: settings.certificates,
  });
}

function told(
  delivery: Delivery,
  { url }: OtlpHttpSettings,
  { contentType }: OtlpEncoding,
): Finding {
  const shown = `${url.origin}${shownPath(url)}`;
  const protocol = contentType === "application/json" ? "http/json" : "http/protobuf";
  if (delivery.outcome === "accepted") return ok("endpoint", `${shown} takes spans (${protocol})`);
  const { reason } = delivery;
  if (delivery.outcome === "refused")
    return failed(
      "endpoint",
      `${shown} refuses a request without spans (${reason})`,
      `Check that it is an OTLP/HTTP endpoint for traces that takes ${protocol}; OTEL_EXPORTER_OTLP_PROTOCOL sets another.`,
    );
  if (delivery.outcome === "forbidden")
    return failed(
      "endpoint",
      `${shown} takes nothing from here (${reason})`,
      /40[13]|407/.test(reason)
        ? "Check the key in OTEL_EXPORTER_OTLP_HEADERS."
        : "Check the path: OTEL_EXPORTER_OTLP_ENDPOINT is the base without /v1/traces, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT the whole address.",
    );
  return failed(
    "endpoint",
    `${shown} does not answer as a collector (${reason})`,
    url.port === "4317"
      ? "Port 4317 is that of gRPC: name the collector's HTTP port, which is 4318 by default."
      : "Start the collector, or correct OTEL_EXPORTER_OTLP_ENDPOINT; with DURASCOPE_SPOOL_DIR spans wait on disk meanwhile.",
  );
}

/** A path that may hold a key, as that of Sumo Logic's receivers does: what is too long for a word is left out. */
function shownPath({ pathname }: URL): string {
  return pathname.replaceAll(/[^/]{21,}/g, "…");
}

/** The time that the answer was made, against ours. */
function clock(answer: HttpAnswer, now: number): Finding[] {
  if (!answer.answered || typeof answer.headers["date"] !== "string") return [];
  const skew = now - Date.parse(answer.headers["date"]);
  if (!(Math.abs(skew) > SKEW_MS)) return [];
  const minutes = Math.round(Math.abs(skew) / 60_000);
  return [
    warning(
      "clock",
      `this machine's clock is ${minutes} min ${skew > 0 ? "ahead of" : "behind"} the backend's`,
      "Set it by NTP: the backend takes spans from here for older or newer than they are.",
    ),
  ];
}
