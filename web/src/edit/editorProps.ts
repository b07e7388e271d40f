import type { Fault } from "./faultMark";

/** What a code editor is given, the plain one and the rich one. */
export interface EditorProps {
  value: string;
  onChange: (source: string) => void;
  onSubmit: () => void;
  /** The same object as long as it is the same fault. */
  fault: Fault | null;
  label: string;
}
