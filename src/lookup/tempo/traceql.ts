import { type IdAttribute, idAsNumber } from "../id-attributes.ts";

/** The TraceQL query for spans of which any attribute is the id: `{ span.workflow.id = "order-1001" || … }`. */
export function traceqlById(id: string, attributes: readonly IdAttribute[]): string {
  const equalsText = traceqlEquals(id);
  const number = idAsNumber(id);
  const conditions = attributes.flatMap(({ key, mayBeNumber }) => {
    const name = traceqlAttribute(key);
    // A number never equals a text, so business keys that were recorded as numbers are asked for as such.
    return mayBeNumber && number !== undefined
      ? [`${name} ${equalsText}`, `${name} = ${number}`]
      : [`${name} ${equalsText}`];
  });
  return `{ ${conditions.join(" || ")} }`;
}

/**
 * The operator and the literal of a comparison with a text: `= "order-1001"`.
 *
 * Tempo reads strings as Go does (https://github.com/grafana/tempo/blob/main/pkg/traceql/lexer.go), but Grafana's own grammar
 * knows no escapes but `\"` and `\\`, and only what both read in the same way is sent. So a text with control characters,
 * which may not stand in a string as they are, is compared as a regular expression that spells them.
 */
function traceqlEquals(text: string): string {
  if (!CONTROL.test(text)) return `= ${quoted(text)}`;
  const pattern = text
    .replaceAll(/[\\.+*?()|[\]{}^$]/g, "\\$&")
    .replaceAll(CONTROLS, (character) => {
      const code = character.charCodeAt(0).toString(16);
      return `\\x${code.padStart(2, "0")}`;
    });
  // Tempo anchors regular expressions by itself only since 2.7.
  return `=~ ${quoted(`^${pattern}$`)}`;
}

const CONTROL = /\p{Cc}/u;
const CONTROLS = /\p{Cc}/gu;

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
}

/** `span.workflow.id`, quoted where the key holds more than letters, digits and `._-`; a control character in a key is a blank. */
function traceqlAttribute(key: string): string {
  return /^[A-Za-z_][\w.-]*$/.test(key)
    ? `span.${key}`
    : `span.${quoted(key.replaceAll(CONTROLS, " "))}`;
}
