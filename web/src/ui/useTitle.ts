import { useEffect } from "react";

/** The document's title while a page is shown: tabs and the browser's history are told apart. */
export function useTitle(text: string | undefined): void {
  useEffect(() => {
    document.title = text === undefined ? "TabRL" : `${text} · TabRL`;
    return () => {
      document.title = "TabRL";
    };
  }, [text]);
}
