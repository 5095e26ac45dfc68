export type { LookupBackend, LookupQuery, LookupResult, OtherTrace } from "./backend.ts";
export { fileBackend } from "./file.ts";
export type { RecordedLog, RecordedRun, RecordedSpan } from "./recorded-run.ts";
