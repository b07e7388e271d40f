/** The Python editor: CodeMirror with the page's colours. Loaded only when somebody edits. */
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import {
  bracketMatching,
  HighlightStyle,
  indentOnInput,
  indentUnit,
  syntaxHighlighting,
} from "@codemirror/language";
import type { Extension } from "@codemirror/state";
import { Annotation, EditorState } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { faultMarks } from "./faultMark";

const LOOK = EditorView.theme({
  "&": {
    height: "100%",
    backgroundColor: "transparent",
    color: "var(--color-text)",
    fontSize: "12.5px",
  },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--font-mono)", lineHeight: "1.6" },
  ".cm-content": { padding: "12px 0", caretColor: "var(--color-accent)" },
  ".cm-cursor": { borderLeftColor: "var(--color-accent)" },
  ".cm-gutters": {
    backgroundColor: "var(--color-well)",
    color: "var(--color-faint)",
    border: "none",
    paddingLeft: "6px",
  },
  ".cm-activeLine": { backgroundColor: "color-mix(in oklab, var(--color-text) 4%, transparent)" },
  ".cm-activeLineGutter": { backgroundColor: "transparent", color: "var(--color-soft)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground":
    { backgroundColor: "color-mix(in oklab, var(--color-accent) 22%, transparent)" },
  ".cm-matchingBracket": {
    backgroundColor: "color-mix(in oklab, var(--color-accent) 18%, transparent)",
    outline: "none",
  },
  ".cm-faultLine": {
    backgroundColor: "color-mix(in oklab, var(--color-bad) 12%, transparent)",
    boxShadow: "inset 2px 0 var(--color-bad)",
  },
  ".cm-fault": { padding: "2px 12px 6px 4px" },
  ".cm-faultText": {
    whiteSpace: "pre-wrap",
    padding: "6px 10px",
    borderRadius: "8px",
    border: "1px solid color-mix(in oklab, var(--color-bad) 35%, transparent)",
    backgroundColor: "color-mix(in oklab, var(--color-bad) 10%, var(--color-panel))",
    color: "var(--color-bad)",
    fontFamily: "var(--font-sans)",
    fontSize: "12.5px",
    lineHeight: "1.45",
  },
});

const COLORS = HighlightStyle.define([
  { tag: tags.comment, color: "var(--color-faint)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--code-token-string)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--code-token-constant)" },
  { tag: [tags.keyword, tags.operatorKeyword, tags.modifier], color: "var(--code-token-keyword)" },
  {
    tag: [tags.definition(tags.variableName), tags.function(tags.definition(tags.variableName))],
    color: "var(--color-info)",
  },
  {
    tag: [tags.function(tags.variableName), tags.function(tags.propertyName)],
    color: "var(--color-info)",
  },
  { tag: tags.propertyName, color: "var(--color-soft)" },
  { tag: [tags.operator, tags.punctuation, tags.bracket], color: "var(--color-faint)" },
]);

const outside = Annotation.define<boolean>();

interface Hooks {
  label: string;
  onChange: (source: string) => void;
  onSubmit: () => void;
}

/** An editor's starting state. Escape, then Tab, leaves it; Ctrl+Enter submits. */
export function startState(source: string, { label, onChange, onSubmit }: Hooks): EditorState {
  const extensions: Extension[] = [
    lineNumbers(),
    highlightActiveLineGutter(),
    highlightActiveLine(),
    history(),
    drawSelection(),
    indentOnInput(),
    bracketMatching(),
    python(),
    indentUnit.of("    "),
    syntaxHighlighting(COLORS),
    LOOK,
    faultMarks,
    EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false" }),
    keymap.of([
      {
        key: "Mod-Enter",
        run: () => {
          onSubmit();
          return true;
        },
      },
      ...defaultKeymap,
      ...historyKeymap,
      indentWithTab,
    ]),
    EditorView.updateListener.of((update) => {
      const fromOutside = update.transactions.some((each) => each.annotation(outside) === true);
      if (update.docChanged && !fromOutside) onChange(update.state.doc.toString());
    }),
  ];
  return EditorState.create({ doc: source, extensions });
}

/** Take over a text from outside, changing only the part that differs: the cursor stays. */
export function takeOver(view: EditorView, source: string): void {
  const doc = view.state.doc.toString();
  if (doc === source) return;
  const shorter = Math.min(doc.length, source.length);
  let head = 0;
  while (head < shorter && doc[head] === source[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && doc.at(-1 - tail) === source.at(-1 - tail)) tail += 1;
  view.dispatch({
    annotations: outside.of(true),
    changes: {
      from: head,
      to: doc.length - tail,
      insert: source.slice(head, source.length - tail),
    },
  });
}
