/** Files that the browser would fetch by itself, without a token. */
import { useEffect, useState } from "react";
import { at } from "@/lib/place";
import { fetchFile } from "./client";
import { useToken } from "./useToken";

interface Copy {
  of: string;
  address: string;
}

/** An address for `<img>`: the file's own, or where a token is asked for that of a copy. */
export function useOwnFile(url: string | null): string | null {
  const { token } = useToken();
  const [copy, setCopy] = useState<Copy | null>(null);
  useEffect(() => {
    if (url === null || token === null) return undefined;
    let address: string | null = null;
    let left = false;
    fetchFile(url)
      .then((response) => response.blob())
      .then((blob) => {
        if (left) return;
        address = URL.createObjectURL(blob);
        setCopy({ of: url, address });
      })
      .catch(() => undefined); // a sign stands where there is no picture
    return () => {
      left = true;
      if (address !== null) URL.revokeObjectURL(address);
    };
  }, [url, token]);
  if (token === null) return url === null ? null : at(url);
  return copy?.of === url ? copy.address : null;
}
