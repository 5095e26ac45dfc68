const LINE = 100;

/** JSON as the repository's formatter writes it: two spaces, and lists of plain values on one line where they fit. */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value, undefined, 2);
  const plainLists = /^(?<before>.*)\[\n(?<items>(?:\s+[^\s{}[\]].*\n)+)\s*\](?<after>,?)$/gmu;
  const onOneLine = text.replaceAll(
    plainLists,
    (whole, before: string, items: string, after: string) => {
      const line = `${before}[${items.trim().replaceAll(/\n\s+/gu, " ")}]${after}`;
      return line.length > LINE ? whole : line;
    },
  );
  return `${onOneLine}\n`;
}
