import type { ReactNode } from "react";
import { Component } from "react";
import { Button, Note } from "./kit";

/** Says so where a part of the page cannot be loaded or drawn, instead of leaving it blank. */
export class Boundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children;
    return (
      <main className="mx-auto w-full max-w-xl p-8">
        <Note
          kind="bad"
          title="This page could not be shown"
          action={<Button onClick={() => window.location.reload()}>Reload</Button>}
        >
          The connection may have failed, or the server has a newer version of it. Trainings go on.
        </Note>
      </main>
    );
  }
}
