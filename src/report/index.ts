export { buildReport } from "./build-report.ts";
export { type ComparisonOptions, renderComparison, sameShape } from "./comparison.ts";
export { formatDuration } from "./duration.ts";
export { wantsColor } from "./palette.ts";
export type { BarPart, BarState, ReportLog, ReportRow, RunReport } from "./run-report.ts";
export { renderHeadline, renderReport, type TextOptions } from "./tree-text.ts";
export { whySentence } from "./why.ts";
