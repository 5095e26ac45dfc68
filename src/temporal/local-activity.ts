import { integer, type Message, message, payloadValue, text } from "./workflow/proto-value.ts";

/** What a marker tells of a local activity. */
export interface LocalActivity {
  readonly activityId: string;
  readonly activityType: string;
}

/** Marker names of SDKs on the shared core (TypeScript, Python, .NET, Ruby), and of Go's and Java's own. */
const MARKERS: ReadonlySet<string> = new Set(["core_local_activity", "LocalActivity"]);

/** Reads the marker of a local activity; undefined for every other marker. */
export function localActivity(attributes: Message): LocalActivity | undefined {
  if (!MARKERS.has(text(attributes["markerName"]) ?? "")) return undefined;
  const details = message(attributes["details"]);
  const value = (name: string): unknown => {
    const { payloads } = message(details[name]);
    return payloadValue(Array.isArray(payloads) ? payloads[0] : undefined);
  };
  const data = message(value("data"));
  return {
    activityId:
      text(data["activity_id"]) ??
      text(data["ActivityID"]) ??
      text(value("activityId")) ??
      String(integer(data["seq"]) ?? 0),
    activityType:
      text(data["activity_type"] ?? data["ActivityType"] ?? value("type")) ?? "local activity",
  };
}
