/**
 * Text from a file or a backend as it may go to a terminal: one line, without control characters, so that a name in a
 * span cannot move the cursor, set colours or end a line; of at most so many characters, and three marks on each.
 */
export function printable(text: string, longest = 300): string {
  const plain = text
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ")
    .replaceAll(/(\p{M}{3})\p{M}+/gu, "$1")
    .trim();
  const characters = Array.from(plain);
  return characters.length <= longest ? plain : ended(characters.slice(0, longest - 1).join(""));
}

/** Text of at most so many columns, its end replaced by `…` when there were more. */
export function cut(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  let kept = "";
  let used = 1;
  for (const character of text) {
    used += width(character);
    if (used > columns) break;
    kept += character;
  }
  return ended(kept);
}

function ended(text: string): string {
  return `${text}…`;
}

/** Text that takes at least so many columns: filled with blanks. */
export function padded(text: string, columns: number): string {
  return `${text}${" ".repeat(Math.max(0, columns - width(text)))}`;
}

/** Number of columns that a text takes on a terminal: two for a wide character, none for a mark on another one. */
export function width(text: string): number {
  if (NARROW.test(text)) return text.length;
  let columns = 0;
  for (const character of text) columns += NONE.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return columns;
}

const NARROW = /^[\u0020-\u007e]*$/;
const NONE = /[\p{Mn}\p{Me}\u1160-\u11ff]/u;
/** East Asian Wide and Fullwidth (https://www.unicode.org/reports/tr11/), and emoji that are drawn as such. */
const WIDE =
  /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18d08}\u{1aff0}-\u{1b2fb}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}]/u;

/** Text in lines of at most so many columns, broken at spaces; a word that is wider stays whole. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && width(line) + 1 + width(word) > columns) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
