import { readFileSync } from "node:fs";
import {
  type JaegerAnswer,
  type JaegerRelease,
  type JaegerServer,
  serveJaeger,
} from "./jaeger-server.ts";

/** What a real release answered to each of these; the id is `order-now` where there is one. */
export type JaegerRecording = Readonly<
  Record<
    | "byId"
    | "byUnknownId"
    | "summaries"
    | "noSummaries"
    | "services"
    | "legacyTraces"
    | "noLegacyTraces",
    JaegerAnswer
  >
>;

/** The recorded answers of a release. */
export function jaegerRecording(release: JaegerRelease): JaegerRecording {
  const file = new URL(`../fixtures/jaeger/${release}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, "utf8")) as JaegerRecording;
}

/** The id that was asked for when the answers were recorded; any other finds nothing. */
export const RECORDED_ID = "order-now";

/** A server that gives the recorded answers of a release. */
export function replayJaeger(release: JaegerRelease): Promise<JaegerServer> {
  const recording = jaegerRecording(release);
  const isRecorded = (attributes: string | null): boolean =>
    attributes === JSON.stringify({ "workflow.id": RECORDED_ID });
  return serveJaeger(({ pathname, searchParams }) => {
    const traceId = /^\/api\/v3\/traces\/(.+)$/.exec(pathname)?.[1];
    if (traceId !== undefined)
      return recording.byId.body.includes(`"${traceId}"`) ? recording.byId : recording.byUnknownId;
    if (pathname === "/api/v3/trace-summaries")
      return isRecorded(searchParams.get("query.attributes"))
        ? recording.summaries
        : recording.noSummaries;
    if (pathname === "/api/services") return recording.services;
    return isRecorded(searchParams.get("tags")) ? recording.legacyTraces : recording.noLegacyTraces;
  });
}
