import { EditorView } from "@codemirror/view";
import type { ReactNode } from "react";
import { useEffect, useRef } from "react";
import { startState, takeOver } from "./codemirror";
import type { EditorProps } from "./editorProps";
import { showFault } from "./faultMark";

/** CodeMirror around a controlled text. */
export function RichEditor({ value, onChange, onSubmit, fault, label }: EditorProps): ReactNode {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const latest = useRef({ value, onChange, onSubmit });
  latest.current = { value, onChange, onSubmit };
  // Texts sent upwards that have not come back as `value` yet: what comes back may be behind.
  const sent = useRef<string[]>([]);

  useEffect(() => {
    if (place.current === null) return undefined;
    const editor = new EditorView({
      parent: place.current,
      state: startState(latest.current.value, {
        label,
        onChange: (source) => {
          sent.current.push(source);
          latest.current.onChange(source);
        },
        onSubmit: () => latest.current.onSubmit(),
      }),
    });
    view.current = editor;
    return () => {
      editor.destroy();
      view.current = null;
    };
  }, [label]);

  useEffect(() => {
    const echo = sent.current.indexOf(value);
    sent.current = echo < 0 ? [] : sent.current.slice(echo + 1);
    if (echo < 0 && view.current !== null) takeOver(view.current, value);
  }, [value]);

  useEffect(() => {
    if (view.current !== null) showFault(view.current, fault);
  }, [fault]);

  return <div ref={place} className="h-full min-h-0 overflow-hidden" />;
}
