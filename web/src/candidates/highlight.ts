import python from "@shikijs/langs/python";
import { createCssVariablesTheme, createHighlighterCore } from "shiki/core";
import { createJavaScriptRegexEngine } from "shiki/engine/javascript";

/** A piece of a source and its colour; `offset` is its place, from 0. */
export interface Token {
  offset: number;
  text: string;
  color: string | undefined;
}

// Its colours are the page's own (`--code-…` in styles.css), by day and by night.
const THEME = createCssVariablesTheme({ name: "page", variablePrefix: "--code-" });

const highlighter = createHighlighterCore({
  langs: [python],
  themes: [THEME],
  engine: createJavaScriptRegexEngine(),
});

/** A Python source cut into coloured pieces, line ends included. */
export async function highlight(source: string): Promise<Token[]> {
  const { codeToTokensBase } = await highlighter;
  const lines = codeToTokensBase(source, { lang: "python", theme: "page" });
  let offset = 0;
  const take = (text: string, color?: string): Token => {
    const token = { offset, text, color };
    offset += text.length;
    return token;
  };
  return lines.flatMap((line, index) => [
    ...(index === 0 ? [] : [take("\n")]),
    ...line.map(({ content, color }) => take(content, color)),
  ]);
}
