import { jsonPayload, message, payloadValue, text } from "./proto-value.ts";

/** Header of an activity whose id its run has used before: the key of its step, which the worker cannot tell from the id. */
const STEP_HEADER = "durascope-step";

/** Puts the key of its step on an activity's command, beside the headers that it has. */
export function addStepHeader(command: object, key: string): void {
  Reflect.set(command, "headers", {
    ...message(message(command)["headers"]),
    [STEP_HEADER]: jsonPayload(key),
  });
}

/** The key of its step on an activity's headers; undefined when its id tells it. */
export function stepHeader(headers: unknown): string | undefined {
  return text(payloadValue(message(headers)[STEP_HEADER]));
}
