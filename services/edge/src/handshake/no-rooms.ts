/**
 * Socket.IO's own rooms: an edge uses none, who is where is known to its delivery. The stock adapter would keep a room
 * of its own id for each socket, half a kilobyte.
 */

import { Adapter } from "socket.io-adapter";

export class NoRooms extends Adapter {
  override addAll(): void {}
  override del(): void {}
  override delAll(): void {}
}
