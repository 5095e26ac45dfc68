import { formatTime } from "../core/time.ts";
import { VOCABULARY } from "../core/vocabulary.ts";
import type { AttributeValue } from "./span-record.ts";

/** The stretch of a span, which its children are clamped into. All times are milliseconds since the epoch. */
export interface Frame {
  readonly spanId: string;
  readonly start: number;
  /** Infinity while it is open. */
  readonly end: number;
}

/** The recorded times moved into the parent's frame: event times may step backwards, a span never has a negative length. */
export function clamp(
  parent: Frame,
  spanId: string,
  start: number,
  end: number | undefined,
): Frame {
  const from = within(parent, start);
  return { spanId, start: from, end: Math.max(from, within(parent, end ?? Infinity)) };
}

/** A moment moved into a frame. */
export function within(frame: Frame, time: number): number {
  return Math.min(frame.end, Math.max(frame.start, time));
}

/** Keeps the recorded times as attributes where they were moved. */
export function addRawTimes(
  attributes: Record<string, AttributeValue>,
  frame: Frame,
  start: number,
  end: number | undefined,
): void {
  if (frame.start !== start) attributes[VOCABULARY.rawStart.key] = formatTime(start);
  if (end !== undefined && frame.end !== end) attributes[VOCABULARY.rawEnd.key] = formatTime(end);
}
