import type { ReactNode } from "react";

/** What a success check measures, and the bounds that it has to keep. */
export function CheckLabel({ name, target }: { name: string; target: string }): ReactNode {
  return (
    <>
      <span className="block first-letter:uppercase">{name}</span>
      <span className="tabular block font-mono text-xs font-normal text-faint">{target}</span>
    </>
  );
}
