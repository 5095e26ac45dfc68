import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { WorkflowTracingOptions } from "./tracing-options.ts";
import { BUNDLE_MARK, type RecorderOptions } from "./workflow/run-facts.ts";

/**
 * The module that the SDK bundles into each workflow: the recorder, with its options baked in. Options cross as a
 * `data:` module, since code in the isolate can ask nobody for them.
 */
export function recorderModule(options: WorkflowTracingOptions): string {
  const path = createRequire(import.meta.url).resolve("durascope/temporal/workflow/interceptors");
  const baked: RecorderOptions = {
    ...(options.compensates !== undefined && { compensates: options.compensates }),
    ...(options.failureMessages === "drop" && { dropFailureMessages: true }),
    ...(options.businessKeys !== undefined && { sendInput: true }),
  };
  if (Object.keys(baked).length === 0) return path;
  const code = `const recorder = require(${JSON.stringify(path)}); exports.interceptors = () => recorder.interceptors(${JSON.stringify(baked)});`;
  return `data:application/node;base64,${Buffer.from(code).toString("base64")}`;
}

/** Whether a bundle that was made beforehand holds the recorder; true when it cannot be looked into. */
export function holdsRecorder(bundle: unknown): boolean {
  if (typeof bundle !== "object" || bundle === null) return true;
  try {
    const code =
      "code" in bundle
        ? bundle.code
        : "codePath" in bundle
          ? readFileSync(String(bundle.codePath), "utf8")
          : undefined;
    return typeof code !== "string" || code.includes(BUNDLE_MARK);
  } catch {
    return true;
  }
}
