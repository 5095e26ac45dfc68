/** The errors and warnings of the code, read out of the code itself. */
import { readFileSync } from "node:fs";
import { type Expression, type Program, parseSync, Visitor } from "oxc-parser";

/** One error or warning as the source has it. */
export interface SourceMessage {
  /** Stable code, `LOOKUP_FILE_MISSING`; empty where a warning has none. */
  readonly code: string;
  /** The message, with `…` for what is put in at run time. */
  readonly message: string;
  /** `error` is thrown, `warning` is told. */
  readonly kind: "error" | "warning";
}

const CODE = /^[A-Z]+(?:_[A-Z]+)+$/;
/** By which warnings are limited: `put_off`. */
const KIND = /^[a-z]+(?:_[a-z]+)*$/;
/** Functions that tell a warning. */
const WARNERS = /^(?:warn|emitWarning|onWarning|warnOnce)$/;
/** Functions that hand a message on to one that warns: it may stand anywhere among what they are given. */
const TELLERS = /^(?:tell|say|onTrouble)$/;
/** Functions that give a message for others to tell: `apiVersionTrouble`. */
const TROUBLES = /Trouble$/;
/** What is said to people, and not a kind or a name. */
const SENTENCE = /^[^\s…]\S*(?: \S+){2,}/;

/** What a source names: constants by their value, functions of its own by what they give. */
interface Names {
  readonly constants: ReadonlyMap<string, Expression>;
  readonly returns: ReadonlyMap<string, readonly Expression[]>;
}

/**
 * The messages of one source: what stands beside a code in any call (`new DurascopeError("CODE", ...)`, and what wraps
 * it), what is given to a function that warns or that hands on to one, and what a function of trouble gives. A message
 * that is put together in another file is not seen.
 *
 * @param path - path of a TypeScript file
 */
export function sourceMessages(path: string): SourceMessage[] {
  const { program } = parseSync(path, readFileSync(path, "utf8"), { preserveParens: false });
  const names = namesOf(program);
  const messages: SourceMessage[] = [];
  const take = (
    callee: Expression | { readonly type: "Super" },
    args: readonly unknown[],
  ): void => {
    const [first, second] = args as readonly (Expression | undefined)[];
    if (first === undefined) return;
    const code = first.type === "Literal" && typeof first.value === "string" ? first.value : "";
    if (CODE.test(code)) {
      for (const message of textsOf(second, names)) messages.push({ code, message, kind: "error" });
    } else if (WARNERS.test(nameOf(callee))) {
      // Some are told with their kind first, by which they are limited.
      const hasKind = KIND.test(code) && second !== undefined;
      for (const message of textsOf(hasKind ? second : first, names)) {
        messages.push({ code: hasKind ? "" : codeIn(second), message, kind: "warning" });
      }
    } else if (TELLERS.test(nameOf(callee))) {
      const told = args.flatMap((argument) => textsOf(argument as Expression, names));
      for (const message of told.filter((text) => SENTENCE.test(text)))
        messages.push({ code: "", message, kind: "warning" });
    }
  };
  for (const [name, given] of names.returns) {
    if (!TROUBLES.test(name)) continue;
    for (const message of given.flatMap((text) => textsOf(text, names)))
      messages.push({ code: "", message, kind: "warning" });
  }
  new Visitor({
    NewExpression: (node) => take(node.callee, node.arguments),
    CallExpression: (node) => take(node.callee, node.arguments),
  }).visit(program);
  return messages;
}

function namesOf(program: Program): Names {
  const constants = new Map<string, Expression>();
  const returns = new Map<string, Expression[]>();
  /** Names of the functions around, the innermost last; empty for those without a name. */
  const around: string[] = [];
  const leave = (): void => void around.pop();
  new Visitor({
    VariableDeclarator({ id, init }) {
      if (id.type === "Identifier" && init !== null) constants.set(id.name, init);
    },
    FunctionDeclaration: ({ id }) => void around.push(id?.name ?? ""),
    "FunctionDeclaration:exit": leave,
    FunctionExpression: () => void around.push(""),
    "FunctionExpression:exit": leave,
    ArrowFunctionExpression: () => void around.push(""),
    "ArrowFunctionExpression:exit": leave,
    ReturnStatement({ argument }) {
      const name = around.at(-1) ?? "";
      if (name !== "" && argument !== null)
        returns.set(name, [...(returns.get(name) ?? []), argument]);
    },
  }).visit(program);
  return { constants, returns };
}

function nameOf(callee: Expression | { readonly type: "Super" }): string {
  if (callee.type === "Identifier") return callee.name;
  if (callee.type === "MemberExpression" && callee.property.type === "Identifier")
    return callee.property.name;
  return "";
}

/** `{ code: "..." }` beside a warning. */
function codeIn(options: Expression | undefined): string {
  if (options?.type !== "ObjectExpression") return "";
  for (const property of options.properties) {
    if (property.type !== "Property" || property.key.type !== "Identifier") continue;
    const { value } = property;
    if (property.key.name === "code" && value.type === "Literal") return String(value.value);
  }
  return "";
}

/** The texts that an expression may give; none where it is not text. */
function textsOf(node: Expression | undefined, names: Names): string[] {
  if (node?.type === "Literal") return typeof node.value === "string" ? [node.value] : [];
  if (node?.type === "BinaryExpression") {
    const left = node.left.type === "PrivateIdentifier" ? [] : putIn(node.left, names);
    return left.flatMap((text) => putIn(node.right, names).map((more) => `${text}${more}`));
  }
  if (node?.type === "ConditionalExpression")
    return [...textsOf(node.consequent, names), ...textsOf(node.alternate, names)];
  if (node?.type === "Identifier") {
    const constant = names.constants.get(node.name);
    return constant?.type === "Identifier" ? [] : textsOf(constant, names);
  }
  if (node?.type === "CallExpression" && node.callee.type === "Identifier") {
    const given = names.returns.get(node.callee.name) ?? [];
    return given.flatMap((text) => (text.type === "CallExpression" ? [] : textsOf(text, names)));
  }
  if (node?.type !== "TemplateLiteral") return [];
  let texts = [node.quasis[0]?.value.cooked ?? ""];
  for (const [index, quasi] of node.quasis.slice(1).entries()) {
    const put = putIn(node.expressions[index], names);
    texts = texts.flatMap((text) =>
      put.map((value) => `${text}${value}${quasi.value.cooked ?? ""}`),
    );
  }
  return texts;
}

function putIn(node: Expression | undefined, names: Names): string[] {
  const isShown = node?.type !== "ConditionalExpression" && node?.type !== "CallExpression";
  const texts = isShown ? textsOf(node, names) : [];
  return texts.length > 0 ? texts : ["…"];
}
