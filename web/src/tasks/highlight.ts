import python from "@shikijs/langs/python";
import theme from "@shikijs/themes/vitesse-dark";
import { createHighlighterCore } from "shiki/core";
import { createJavaScriptRegexEngine } from "shiki/engine/javascript";

const highlighter = createHighlighterCore({
  langs: [python],
  themes: [theme],
  engine: createJavaScriptRegexEngine(),
});

/** Escaped, coloured HTML of a Python source. */
export async function highlight(source: string): Promise<string> {
  return (await highlighter).codeToHtml(source, { lang: "python", theme: "vitesse-dark" });
}
