import type { Clock } from "../../core/ports.ts";
import { INSTRUMENTATION_SCOPE } from "../../host/instrumentation-scope.ts";
import { type Delivery, deliveryOf } from "./delivery.ts";
import { httpPost } from "./http-post.ts";
import type { OtlpBatch } from "./otlp-batch.ts";
import type { OtlpEncoding } from "./otlp-encoding.ts";
import type { OtlpHttpSettings } from "./otlp-settings.ts";

/** Sends a batch once, within `timeoutMillis`. Never rejects. */
export type SendOnce = (batch: OtlpBatch, timeoutMillis: number) => Promise<Delivery>;

/** Sends to the endpoint of the settings, with their headers. */
export function otlpClient(
  settings: OtlpHttpSettings,
  encoding: Pick<OtlpEncoding, "partialSuccess">,
  now: Clock,
): SendOnce {
  return async (batch, timeoutMillis) => {
    const answer = await httpPost({
      url: settings.url,
      headers: {
        "user-agent": `${INSTRUMENTATION_SCOPE.name}/${INSTRUMENTATION_SCOPE.version}`,
        ...settings.headers,
        "content-type": batch.contentType,
        ...(batch.isGzipped && { "content-encoding": "gzip" }),
      },
      body: batch.body,
      timeoutMillis,
      certificates: settings.certificates,
    });
    return deliveryOf(answer, (body, type) => encoding.partialSuccess(body, type), now());
  };
}
