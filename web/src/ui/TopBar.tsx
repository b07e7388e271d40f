import { useQueryClient } from "@tanstack/react-query";
import { Clapperboard, Plus } from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { logOut } from "@/api/token";
import { useToken } from "@/api/useToken";
import { at } from "@/lib/place";
import { Button } from "./kit";
import { ThemeButton } from "./ThemeButton";

const ENTRY =
  "flex h-8 items-center gap-1.5 rounded-lg px-2.5 text-sm text-soft transition-colors hover:bg-raised hover:text-text sm:px-3";

/** The bar over every page; `children` stand before the entries that are always there. */
export function TopBar({ children }: { children: ReactNode }): ReactNode {
  const { token, wanted } = useToken();
  return (
    <header className="sticky top-0 z-30 flex h-14 items-center justify-between gap-2 border-b border-line bg-ink/85 px-3 backdrop-blur sm:px-6">
      <Link href="/" className="flex items-center gap-2.5 font-semibold tracking-tight">
        <img src={at("/favicon.svg")} alt="" className="size-7" /> TabRL
      </Link>
      <nav aria-label="Pages" className="flex items-center gap-0.5 sm:gap-1">
        <Link href="/gallery" className={ENTRY}>
          <Clapperboard className="size-4" aria-hidden />{" "}
          <span className="max-sm:sr-only">Gallery</span>
        </Link>
        {children}
        <Link href="/" className={ENTRY}>
          <Plus className="size-4" aria-hidden /> <span className="max-sm:sr-only">New task</span>
        </Link>
        <ThemeButton />
        {token !== null && !wanted && <LogOut />}
      </nav>
    </header>
  );
}

function LogOut(): ReactNode {
  const cache = useQueryClient();
  const leave = (): void => {
    logOut();
    cache.clear();
    window.location.assign(at("/"));
  };
  return (
    <Button tone="quiet" className="h-8 px-3" onClick={leave}>
      Log out
    </Button>
  );
}
