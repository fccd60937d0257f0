/** A WebSocket that can be lost on purpose. Imported first: the client takes the constructor when it is loaded. */

const open = new Set<WebSocket>();

class LossySocket extends WebSocket {
  constructor(url: string | URL, protocols?: string | string[]) {
    super(url, protocols);
    open.add(this);
    this.addEventListener("close", () => open.delete(this));
  }
}
globalThis.WebSocket = LossySocket;

/** As when the network goes: nobody is told. The client comes back by itself. */
export function loseConnection(): void {
  for (const socket of open) socket.close();
}
