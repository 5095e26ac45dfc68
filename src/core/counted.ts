/** A number with its noun, as people write it: `1 span`, `2 spans`. */
export function counted(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}
