/**
 * The weights that a reward's source declares, read and rewritten in place.
 *
 * A reward holds one literal `WEIGHTS = {"name": number, …}`. Sliders and text show the same
 * numbers: moving a slider rewrites its number in the text.
 */

const BLOCK = /^WEIGHTS\b[^=\n]*=\s*\{/m;
const PART =
  /#[^\n]*|(["'])([A-Za-z]\w*)\1\s*:\s*([-+]?\s*(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)(?=\s*[,}#\n])|[\s,]+/gy;

interface Entry {
  name: string;
  value: number;
  /** Place of the number in the source. */
  from: number;
  to: number;
}

/** The declared weights; null where the literal is missing or holds anything but numbers. */
export function declaredWeights(source: string): Record<string, number> | null {
  const entries = read(source);
  return entries && Object.fromEntries(entries.map(({ name, value }) => [name, value]));
}

/** The source with other numbers for the weights it declares; unchanged where it cannot be read. */
export function withWeights(source: string, weights: Readonly<Record<string, number>>): string {
  let text = source;
  for (const { name, value, from, to } of (read(source) ?? []).reverse()) {
    const wanted = weights[name];
    if (wanted === undefined || wanted === value) continue;
    text = text.slice(0, from) + literal(wanted) + text.slice(to);
  }
  return text;
}

/** Whether two sources differ in nothing but the numbers of their weights. */
export function sameButWeights(one: string, other: string): boolean {
  return withoutNumbers(one) === withoutNumbers(other);
}

function withoutNumbers(source: string): string {
  let text = source;
  for (const { from, to } of (read(source) ?? []).reverse()) {
    text = `${text.slice(0, from)}?${text.slice(to)}`;
  }
  return text;
}

function read(source: string): Entry[] | null {
  const start = BLOCK.exec(source);
  if (start === null) return null;
  const entries: Entry[] = [];
  let at = start.index + start[0].length;
  while (source[at] !== "}") {
    PART.lastIndex = at;
    const part = PART.exec(source);
    if (part === null) return null;
    at = PART.lastIndex;
    const [, , name, number] = part;
    if (name === undefined || number === undefined) continue;
    const value = Number(number.replaceAll(/[_\s]/g, ""));
    entries.push({ name, value, from: at - number.length, to: at });
  }
  return entries.length > 0 ? entries : null;
}

/** Rounded to what a slider can mean, and written so that Python reads a float. */
function literal(value: number): string {
  const text = String(Number(value.toPrecision(6)));
  return /[.e]/.test(text) ? text : `${text}.0`;
}
