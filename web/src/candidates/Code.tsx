import type { ReactNode } from "react";
import { useEffect, useState } from "react";
import type { Token } from "./highlight";

/** Python source, coloured once the highlighter has been loaded. */
export function Code({ source }: { source: string }): ReactNode {
  const [tokens, setTokens] = useState<Token[] | null>(null);
  useEffect(() => {
    let current = true;
    // Plain text stays where the highlighter cannot be loaded.
    void import("./highlight")
      .then(({ highlight }) => highlight(source))
      .then((pieces) => {
        if (current) setTokens(pieces);
      })
      .catch(() => undefined);
    return () => {
      current = false;
    };
  }, [source]);
  const look = "overflow-x-auto p-3.5 font-mono text-[12px] leading-[1.6]";
  // It scrolls sideways, and a keyboard must be able to.
  const reach = { tabIndex: 0, role: "group", "aria-label": "Reward code" };
  if (tokens === null)
    return (
      <pre className={look} {...reach}>
        {source}
      </pre>
    );
  return (
    <pre className={look} data-testid="highlighted" {...reach}>
      {tokens.map(({ offset, text, color }) => (
        <span key={offset} style={{ color }}>
          {text}
        </span>
      ))}
    </pre>
  );
}
