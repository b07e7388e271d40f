/** The line at fault, marked in the editor, with what is wrong below it. */

import type { EditorState, Extension } from "@codemirror/state";
import { StateEffect, StateField } from "@codemirror/state";
import type { DecorationSet } from "@codemirror/view";
import { Decoration, EditorView, WidgetType } from "@codemirror/view";

export interface Fault {
  /** From 1. */
  line: number;
  message: string;
}

const setFault = StateEffect.define<Fault | null>();

class Message extends WidgetType {
  constructor(readonly message: string) {
    super();
  }

  override eq(other: Message): boolean {
    return other.message === this.message;
  }

  override toDOM(): HTMLElement {
    // The editor measures what stands between lines without its margin: pad instead.
    const space = document.createElement("div");
    space.className = "cm-fault";
    space.setAttribute("data-testid", "fault");
    const text = space.appendChild(document.createElement("div"));
    text.className = "cm-faultText";
    text.textContent = this.message;
    return space;
  }
}

function marks(state: EditorState, fault: Fault | null): DecorationSet {
  if (fault === null) return Decoration.none;
  const line = state.doc.line(Math.min(Math.max(fault.line, 1), state.doc.lines));
  return Decoration.set([
    Decoration.line({ class: "cm-faultLine", attributes: { "data-fault": "true" } }).range(
      line.from,
    ),
    Decoration.widget({ widget: new Message(fault.message), block: true, side: 1 }).range(line.to),
  ]);
}

/** The mark moves with its line while the text is changed. */
export const faultMarks: Extension = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update: (decorations, transaction) => {
    const effect = transaction.effects.find((each) => each.is(setFault));
    if (effect !== undefined) return marks(transaction.state, effect.value as Fault | null);
    return decorations.map(transaction.changes);
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** Mark a line and bring it into view; null takes the mark away. */
export function showFault(view: EditorView, fault: Fault | null): void {
  view.dispatch({ effects: setFault.of(fault) });
  if (fault === null) return;
  const line = view.state.doc.line(Math.min(Math.max(fault.line, 1), view.state.doc.lines));
  view.dispatch({ effects: EditorView.scrollIntoView(line.from, { y: "center" }) });
}
