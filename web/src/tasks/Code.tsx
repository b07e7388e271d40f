import { useEffect, useState } from "react";
import type { ReactNode } from "react";

/** Python source, coloured once the highlighter has been loaded. */
export function Code({ source }: { source: string }): ReactNode {
  const [html, setHtml] = useState<string | null>(null);
  useEffect(() => {
    let current = true;
    // Plain text stays where the highlighter cannot be loaded.
    void import("./highlight")
      .then(({ highlight }) => highlight(source))
      .then((text) => {
        if (current) setHtml(text);
      })
      .catch(() => undefined);
    return () => {
      current = false;
    };
  }, [source]);
  const look = "overflow-x-auto p-3.5 font-mono text-[12px] leading-[1.6] [&_pre]:!bg-transparent";
  if (html === null) return <pre className={look}>{source}</pre>;
  // The highlighter escapes the source; nothing of it reaches the page as markup.
  return <div className={look} dangerouslySetInnerHTML={{ __html: html }} />;
}
