import { useQueryClient } from "@tanstack/react-query";
import type { FormEvent, ReactNode } from "react";
import { useId, useState } from "react";
import { logIn } from "@/api/token";
import { useToken } from "@/api/useToken";
import { Button } from "@/ui/kit";

/** The page, or where the server asks who it is, a field for a token. */
export function LogIn({ children }: { children: ReactNode }): ReactNode {
  const { token, wanted } = useToken();
  return wanted ? <Form refused={token !== null} /> : children;
}

function Form({ refused }: { refused: boolean }): ReactNode {
  const cache = useQueryClient();
  const id = useId();
  const [text, setText] = useState("");
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    logIn(text.trim());
    void cache.resetQueries(); // what was there is another one's, or was refused
  };
  return (
    <main className="mx-auto flex w-full max-w-md flex-1 flex-col justify-center p-8">
      <form onSubmit={submit} className="rise space-y-4">
        <h1 className="text-2xl font-semibold tracking-tight">Who is it?</h1>
        <p className="text-sm leading-relaxed text-soft">
          This server asks for a token. Whoever runs it makes you one with{" "}
          <code className="font-mono text-xs">tabrl token create</code>. It stays in this tab.
        </p>
        <div>
          <label htmlFor={id} className="mb-1 block text-xs text-faint">
            Token
          </label>
          <input
            id={id}
            type="password"
            autoComplete="off"
            spellCheck={false}
            value={text}
            onChange={({ target }) => setText(target.value)}
            className="h-9 w-full rounded-lg border border-line-strong bg-well px-3 font-mono text-sm outline-none focus:border-accent/60"
          />
        </div>
        {refused && (
          <p role="alert" className="text-sm text-bad">
            The server does not know this token, or it was revoked.
          </p>
        )}
        <Button type="submit" tone="primary" disabled={text.trim() === ""}>
          Log in
        </Button>
      </form>
    </main>
  );
}
