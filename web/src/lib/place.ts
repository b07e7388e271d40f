/** Where the page lies: behind a proxy that may be under a path, and so does the api. */
const ROOT = typeof document === "undefined" ? "http://localhost/" : document.baseURI;

/** An address of the api or the page ("/api/robots") in full. */
export function at(path: string, root: string = ROOT): string {
  return new URL(path.replace(/^\//, ""), root).href;
}

/** What stands before every path of the page's own addresses; empty at a host's root. */
export function basePath(root: string = ROOT): string {
  return new URL(root).pathname.replace(/\/[^/]*$/, "");
}
