/** Begins a search in a region, which then gives the next place at or after `from` where a sequence stands; -1 for none. `from` never goes back. */
export type NeedleFinder = (region: Buffer) => (from: number) => number;

/** With more sequences than these one search for all of them is faster than `Buffer.indexOf` for each. */
const FEW = 2;
/** Shorter sequences let a search for all of them jump too little. */
const SHORT = 8;
/** Bytes of a sequence that decide how far a search jumps: more would not fit into the table's bytes. */
const LONGEST_WINDOW = 128;
/** Bytes whose hash decides; hex digits and letters spread well over so many values. */
const BLOCK = 3;
const HASHES = 2 ** 16;

/**
 * Finds places where one of some byte sequences stands, for one as fast as for a hundred.
 *
 * An empty sequence is found everywhere; without sequences nothing is found.
 */
export function needleFinder(needles: readonly Buffer[]): NeedleFinder {
  const shortest = Math.min(...needles.map((needle) => needle.length));
  if (shortest === 0) return (region) => (from) => (from < region.length ? from : -1);
  return needles.length <= FEW || shortest < SHORT ? eachByItself(needles) : allAtOnce(needles);
}

function eachByItself(needles: readonly Buffer[]): NeedleFinder {
  return (region) => {
    const next = needles.map((needle) => region.indexOf(needle));
    return (from) => {
      let nearest = -1;
      for (const [i, needle] of needles.entries()) {
        let at = next[i] ?? -1;
        if (at >= 0 && at < from) at = next[i] = region.indexOf(needle, from);
        if (at >= 0 && (nearest < 0 || at < nearest)) nearest = at;
      }
      return nearest;
    };
  };
}

/**
 * The algorithm of Wu and Manber (1994): it looks at the last bytes of a window as long as the shortest sequence, and jumps
 * by nearly the window's length when they stand in none of the sequences.
 */
function allAtOnce(needles: readonly Buffer[]): NeedleFinder {
  const window = Math.min(LONGEST_WINDOW, ...needles.map((needle) => needle.length));
  const { jumps, endings } = tables(needles, window);
  return (region) => (from) => {
    for (let last = from + window - 1; last < region.length; ) {
      const block = hash(region, last);
      const jump = jumps[block] as number;
      if (jump > 0) {
        last += jump;
        continue;
      }
      const first = last - window + 1;
      const candidates = endings.get(block) ?? [];
      if (candidates.some((needle) => standsAt(needle, region, first))) return first;
      last += 1;
    }
    return -1;
  };
}

/** How far to jump by the hash of a window's last bytes, and the sequences whose window ends in them. */
function tables(
  needles: readonly Buffer[],
  window: number,
): { jumps: Uint8Array; endings: ReadonlyMap<number, readonly Buffer[]> } {
  const jumps = new Uint8Array(HASHES).fill(window - BLOCK + 1);
  for (const needle of needles) {
    for (let last = BLOCK - 1; last < window; last += 1) {
      const block = hash(needle, last);
      jumps[block] = Math.min(jumps[block] as number, window - 1 - last);
    }
  }
  return { jumps, endings: Map.groupBy(needles, (needle) => hash(needle, window - 1)) };
}

function hash(bytes: Buffer, last: number): number {
  const a = bytes[last] as number;
  const b = bytes[last - 1] as number;
  const c = bytes[last - 2] as number;
  return ((a << 8) ^ (b << 4) ^ c) & (HASHES - 1);
}

/** Byte by byte: most differ in the first, and no slice is made for it. */
function standsAt(needle: Buffer, region: Buffer, at: number): boolean {
  if (at + needle.length > region.length) return false;
  for (let i = 0; i < needle.length; i += 1) {
    if (region[at + i] !== needle[i]) return false;
  }
  return true;
}
