import { readFileSync } from "node:fs";

/**
 * A code block of a page in `docs`, by the word after its language: ```` ```ts its-name ````. Throws when the page has none
 * of that name, so that a renamed snippet is not tested by nothing.
 */
export function docSnippet(page: string, name: string): string {
  const text = readFileSync(new URL(`../../docs/${page}`, import.meta.url), "utf8");
  const code = new RegExp(`\`\`\`ts ${name}\\n([\\s\\S]*?)\`\`\``).exec(text)?.[1];
  if (code === undefined) throw new Error(`docs/${page} has no snippet ${name}`);
  return code;
}
