/** Most files that a command names: those that were written to last. */
const MOST_FILES = 10;

/** A command for a shell that finds an id in files: `grep` as they are, `zgrep` and `zstdgrep` when they are compressed. */
export function grepCommand(id: string, paths: readonly string[]): string {
  const tool = paths.some((path) => path.endsWith(".zst"))
    ? "zstdgrep"
    : paths.some((path) => path.endsWith(".gz"))
      ? "zgrep"
      : "grep";
  const text = JSON.stringify(id).slice(1, -1);
  const files = paths.slice(-MOST_FILES).map(shellWord).join(" ");
  return `${tool} -F ${id.startsWith("-") ? "-e " : ""}${shellWord(text)} ${files}`;
}

function shellWord(text: string): string {
  return /^[\w./:@-]+$/.test(text) && !text.startsWith("-")
    ? text
    : `'${text.replaceAll("'", `'\\''`)}'`;
}
