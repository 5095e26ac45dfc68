/**
 * Text from a file or a backend as it may go to a terminal: one line, without control characters, so that a name in a
 * span cannot move the cursor, set colours or end a line.
 */
export function printable(text: string, longest = 300): string {
  const plain = text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ").trim();
  return cut(plain, longest);
}

/** Text of at most so many characters, its end replaced by `…` when there were more. */
export function cut(text: string, longest: number): string {
  const characters = Array.from(text);
  return characters.length <= longest
    ? text
    : `${characters.slice(0, Math.max(0, longest - 1)).join("")}…`;
}

/** Number of columns that a text takes, a column a character. */
export function width(text: string): number {
  return Array.from(text).length;
}

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
