import { Window } from "happy-dom";
import { createElement, type ReactNode, StrictMode } from "react";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { type World, world } from "../../test/world.ts";
import type { Client } from "../client.ts";
import {
  RollcallProvider,
  useClient,
  useEvent,
  useInbox,
  useMembers,
  usePresence,
  useReadable,
  useRoom,
  useRoomState,
  useStatus,
} from "./index.ts";

const dom = new Window();
let act: typeof import("react").act;
let createRoot: typeof import("react-dom/client").createRoot;
const unmounts: (() => Promise<void>)[] = [];

beforeAll(async () => {
  Object.assign(globalThis, { window: dom, document: dom.document, IS_REACT_ACT_ENVIRONMENT: true });
  ({ act } = await import("react"));
  ({ createRoot } = await import("react-dom/client"));
});
afterEach(async () => {
  for (const unmount of unmounts.splice(0)) await unmount();
});

const Page = ({ render }: { render: () => ReactNode }) => render();
const rootOf = () => {
  const element = dom.document.createElement("div");
  return { element, root: createRoot(element as unknown as Parameters<typeof createRoot>[0]) };
};

/** Mounts a component, in strict mode, under a provider; what it shows, and how to move time under it. */
async function mount(w: World, client: Client, render: () => ReactNode) {
  const { element, root } = rootOf();
  const page = createElement(RollcallProvider, { client }, createElement(Page, { render }));
  await act(async () => root.render(createElement(StrictMode, null, page)));
  const unmount = () => act(async () => root.unmount());
  unmounts.push(unmount);
  return {
    text: () => element.textContent,
    advance: (ms: number) => act(async () => w.clock.advance(ms)),
    unmount,
  };
}

describe("hooks", () => {
  it("useRoom is in the room while mounted, once, also in strict mode", async () => {
    const w = world();
    const client = w.client("ann");
    const page = await mount(w, client, () => {
      const { room, status } = useRoom("doc:1", { info: { color: "red" } });
      return `${status} ${useMembers(room)
        .map(({ user }) => user)
        .join()}`;
    });
    expect(page.text()).toBe("joining ");
    await page.advance(50);
    expect(page.text()).toBe("live ann");
    expect(w.edge.asked.map(({ name }) => name)).toEqual(["room:join"]);
    expect(w.edge.asked[0]!.payload).toMatchObject({ info: { color: "red" } });
    w.edge.send("doc:1", w.edge.room("doc:1").apply({ kind: "join", user: "bob", info: 1 }));
    await page.advance(10);
    expect(page.text()).toBe("live ann,bob");
    await page.unmount();
    await w.clock.advance(20);
    expect(w.edge.count("room:leave")).toBe(1);
  });

  it("useRoom tells why it failed", async () => {
    const w = world();
    w.edge.refuse("room:join", "FORBIDDEN");
    const page = await mount(w, w.client("ann"), () => {
      const { status, error } = useRoom("doc:1");
      return `${status} ${error?.code ?? ""}`;
    });
    await page.advance(50);
    expect(page.text()).toBe("failed FORBIDDEN");
  });

  it("useRoomState shows a write at once, and takes it back on CONFLICT", async () => {
    const w = world();
    let set: (value: string, options?: object) => Promise<unknown> = () => Promise.reject();
    const page = await mount(w, w.client("ann"), () => {
      const { room } = useRoom("doc:1");
      const [title, setTitle] = useRoomState<string>(room, "title");
      set = setTitle;
      return title ?? "none";
    });
    await page.advance(50);
    expect(page.text()).toBe("none");
    await act(async () => void set("a"));
    expect(page.text()).toBe("a");
    await page.advance(20);
    let error: unknown;
    await act(async () => {
      set("b", { if: { version: 99 } }).catch((cause) => {
        error = cause;
      });
    });
    expect(page.text()).toBe("b");
    await page.advance(20);
    expect(page.text()).toBe("a");
    expect(error).toMatchObject({ code: "CONFLICT" });
  });

  it("useEvent calls the newest handler, useReadable shows any value", async () => {
    const w = world();
    const heard: unknown[] = [];
    const page = await mount(w, w.client("ann"), () => {
      const { room } = useRoom("doc:1");
      const count = useReadable(room.history).length;
      useEvent(room, "chat:said", (data) => heard.push([count, data]));
      return String(count);
    });
    await page.advance(50);
    for (const text of ["a", "b"]) {
      w.edge.send("doc:1", w.edge.room("doc:1").say("chat:said", text));
      await page.advance(10);
    }
    expect(page.text()).toBe("2");
    expect(heard.map((one) => (one as unknown[])[1])).toEqual(["a", "b"]);
  });

  it("usePresence watches whom it is told, and unwatches at the end", async () => {
    const w = world();
    const client = w.client("ann");
    w.edge.present("bob", "busy");
    const page = await mount(w, client, () => {
      const { phase, users } = usePresence(["cy", "bob"]);
      return `${phase} ${[...users.values()].map(({ user, status }) => `${user}=${status}`).sort()}`;
    });
    await page.advance(50);
    expect(page.text()).toBe("live bob=busy,cy=offline");
    await page.unmount();
    await w.clock.advance(20);
    expect(w.edge.of("ann")[0]!.watched.size).toBe(0);
  });

  it("useInbox starts the inbox, useStatus shows the connection", async () => {
    const w = world();
    w.edge.notify("ann", "order:shipped", 1);
    const page = await mount(w, w.client("ann"), () => `${useStatus().phase} ${useInbox().unread}`);
    expect(page.text()).toBe("connecting 0");
    await page.advance(50);
    expect(page.text()).toBe("online 1");
  });

  it("without a provider a hook says so", async () => {
    const { root } = rootOf();
    const render = () => act(async () => root.render(createElement(Page, { render: () => String(useClient()) })));
    await expect(render()).rejects.toThrow("no <RollcallProvider> above");
  });
});
