/** What is looked for, kept in the address: the way back, a reload and a bookmark find it again. */
import { useEffect, useMemo, useState } from "react";
import { useSearchParams } from "wouter";
import type { Standing, Wanted } from "@/api/search";
import { STANDINGS } from "./standing";

export const MAX_TEXT = 200;
/** So long after the last letter it is written: browsers refuse addresses that change too often. */
const TYPING_MS = 250;

/** What an address asks for; `basis` in all that it does not tell. */
export function wantedOf(params: URLSearchParams, basis: Wanted): Wanted {
  const standing = params.get("state") ?? "";
  return {
    text: (params.get("q") ?? basis.text).slice(0, MAX_TEXT),
    robot: params.get("robot") ?? basis.robot,
    starred: params.has("kept") || basis.starred,
    standing: Object.hasOwn(STANDINGS, standing) ? (standing as Standing) : basis.standing,
  };
}

/** An address that asks for it; what else stands in the address stays. */
export function paramsOf(wanted: Wanted, basis: Wanted, params: URLSearchParams): URLSearchParams {
  const next = new URLSearchParams(params);
  const put = (name: string, value: string | null, usual: string | null): void => {
    if (value === usual || value === null) next.delete(name);
    else next.set(name, value);
  };
  put("q", wanted.text, basis.text);
  put("robot", wanted.robot, basis.robot);
  put("kept", wanted.starred ? "1" : null, basis.starred ? "1" : null);
  put("state", wanted.standing, basis.standing);
  return next;
}

export function sameWanted(a: Wanted, b: Wanted): boolean {
  return (
    a.text === b.text && a.robot === b.robot && a.starred === b.starred && a.standing === b.standing
  );
}

/** What is looked for, and a way to change it; the address follows. */
export function useWanted(basis: Wanted): [Wanted, (wanted: Wanted) => void] {
  const [params, setParams] = useSearchParams();
  const told = useMemo(() => wantedOf(params, basis), [params, basis]);
  /** What the address does not tell yet. */
  const [ahead, setAhead] = useState<Wanted | null>(null);
  useEffect(() => {
    if (ahead === null) return undefined;
    const write = (): void => {
      setParams((before) => paramsOf(ahead, basis, before), { replace: true });
      setAhead(null);
    };
    const later = setTimeout(write, ahead.text === told.text ? 0 : TYPING_MS);
    return () => clearTimeout(later);
  }, [ahead, told, basis, setParams]);
  return [ahead ?? told, setAhead];
}
