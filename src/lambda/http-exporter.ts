import type { Environment } from "../host/disabled.ts";
import { parseKeyValueList } from "../host/key-value-list.ts";

/** Posts a body to a collector: true when it has taken it, false when it surely has not. May reject. */
export type Post = (body: string) => Promise<boolean>;

/** Most requests that wait for an answer: further ones would only pile up on a dead collector. */
const MOST_IN_FLIGHT = 4;

/**
 * Posts to the collector that `OTEL_EXPORTER_OTLP_*` names for spans
 * (https://opentelemetry.io/docs/specs/otel/protocol/exporter/), in JSON over kept-alive connections. Undefined when none is
 * named; throws a TypeError when its address is no URL.
 */
export function httpExporter(environment: Environment): Post | undefined {
  const own = (name: string): string | undefined =>
    environment[`OTEL_EXPORTER_OTLP_TRACES_${name}`];
  const shared = (name: string): string | undefined => environment[`OTEL_EXPORTER_OTLP_${name}`];
  const base = shared("ENDPOINT");
  const endpoint = own("ENDPOINT") || (base && `${base.replace(/\/$/, "")}/v1/traces`);
  if (!endpoint || environment["OTEL_TRACES_EXPORTER"] === "none") return undefined;
  const url = new URL(endpoint);
  // Not by import(): that takes the ES module of "http", which loads all of undici, 50 ms of a cold start.
  const client = process.getBuiltinModule(url.protocol === "https:" ? "https" : "http");
  const options = {
    method: "POST",
    agent: new client.Agent({ keepAlive: true }),
    timeout: Number(own("TIMEOUT") ?? shared("TIMEOUT")) || 10_000,
    headers: {
      ...parseKeyValueList(shared("HEADERS")),
      ...parseKeyValueList(own("HEADERS")),
      "content-type": "application/json",
    },
  };
  let inFlight = 0;

  function post(body: string, isRetry = false): Promise<boolean> {
    return new Promise((resolve) => {
      const request = client.request(url, options, (response) => {
        const { statusCode = 0 } = response;
        response.resume().on("close", () => resolve(statusCode >= 200 && statusCode < 300));
      });
      request.on("timeout", () => request.destroy());
      request.on("error", () => {
        // A kept connection that was closed while the process was frozen: the collector has not seen the request.
        resolve(request.reusedSocket && !isRetry && post(body, true));
      });
      request.end(body);
    });
  }

  return async (body) => {
    if (inFlight >= MOST_IN_FLIGHT) return false;
    inFlight += 1;
    try {
      return await post(body);
    } finally {
      inFlight -= 1;
    }
  };
}
