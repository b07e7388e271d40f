import type { ComponentType, ReactNode } from "react";
import { useEffect, useState } from "react";
import type { EditorProps } from "./editorProps";

/** A Python editor: a plain text field until, or unless, the real one has been loaded. */
export function CodeEditor(props: EditorProps): ReactNode {
  const [Rich, setRich] = useState<ComponentType<EditorProps> | null>(null);
  useEffect(() => {
    let current = true;
    void import("./RichEditor")
      .then(({ RichEditor }) => {
        if (current) setRich(() => RichEditor);
      })
      .catch(() => undefined);
    return () => {
      current = false;
    };
  }, []);
  if (Rich !== null) return <Rich {...props} />;
  return (
    <textarea
      aria-label={props.label}
      value={props.value}
      spellCheck={false}
      onChange={(event) => props.onChange(event.target.value)}
      className="block h-full w-full resize-none bg-transparent p-3 font-mono text-[12.5px] leading-[1.6] outline-none"
    />
  );
}
