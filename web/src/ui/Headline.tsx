import type { ReactNode } from "react";
import { useEffect, useRef, useState } from "react";
import { cx } from "./kit";

/** A sentence at the head of a page: three lines of it, and all of it for whoever asks. */
export function Headline({ text, className }: { text: string; className: string }): ReactNode {
  const place = useRef<HTMLHeadingElement>(null);
  const [cut, setCut] = useState(false);
  const [whole, setWhole] = useState(false);
  useEffect(() => {
    const heading = place.current;
    if (heading === null || whole) return undefined;
    const watch = new ResizeObserver(() => setCut(heading.scrollHeight > heading.clientHeight + 1));
    watch.observe(heading);
    return () => watch.disconnect();
  }, [whole]);
  return (
    <>
      <h1
        ref={place}
        dir="auto"
        className={cx(className, "wrap-anywhere", !whole && "line-clamp-3")}
      >
        {text}
      </h1>
      {cut && (
        <button
          type="button"
          aria-expanded={whole}
          onClick={() => setWhole(!whole)}
          className="text-sm text-accent hover:underline"
        >
          {whole ? "Show less" : "Show all of it"}
        </button>
      )}
    </>
  );
}
