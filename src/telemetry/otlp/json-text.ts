/** Text that JSON takes between quotes as it is: most names, ids and values are such. */
const PLAIN = /^[\w .:/#~@+=,;()-]*$/;

/** Text as it stands in JSON, without the quotes around it. */
export function escaped(text: string): string {
  return text.length < 200 && PLAIN.test(text) ? text : JSON.stringify(text).slice(1, -1);
}
