/**
 * Connections between clients and a model edge, in memory and in virtual time: ordered, with latency, and as bad as told.
 */

import { RollcallError } from "../src/errors.ts";
import type { OpenLink } from "../src/link.ts";
import type { Meta } from "../src/wire.ts";
import type { Connection, ModelEdge } from "./model-edge.ts";
import type { TestClock } from "./test-clock.ts";

export interface MemoryNet {
  readonly open: OpenLink;
  /** No connection can be made, and those there are, close. */
  setDown(down: boolean): Promise<void>;
  /** Closes every connection, without a goodbye; their clients know when it resolves. */
  cut(): Promise<void>;
  /** Decides over each message to a client: false = it is lost. */
  passes: (name: string, payload: unknown, meta: Meta) => boolean;
  readonly opened: number;
}

export function memoryNet(edge: ModelEdge, clock: TestClock, latencyMs: () => number = () => 5): MemoryNet {
  const cuts = new Set<() => void>();
  let down = false;
  let opened = 0;

  /** One direction: whatever the latencies, what was sent first arrives first. */
  function pipe() {
    let lastMs = 0;
    let open = true;
    return {
      send(run: () => void) {
        lastMs = Math.max(lastMs, clock.now() + latencyMs());
        clock.timer(lastMs - clock.now(), () => open && run());
      },
      close() {
        open = false;
      },
    };
  }

  const net: MemoryNet = {
    open(auth, on) {
      opened++;
      const up = pipe();
      const back = pipe();
      let connection: Connection | undefined;
      const finish = () => {
        up.close();
        back.close();
        cuts.delete(cut);
      };
      const cut = () => {
        finish();
        if (connection) edge.gone(connection, false);
        clock.timer(0, () => on.down(false, "cut"));
      };
      cuts.add(cut);
      up.send(() => {
        if (down) {
          cut();
          return;
        }
        const answer = edge.connect(JSON.parse(JSON.stringify(auth)), {
          emit(name, payload, meta) {
            const text = JSON.stringify([name, payload, meta]);
            back.send(() => {
              if (net.passes(name, payload, meta)) on.message(...(JSON.parse(text) as [string, unknown, Meta]));
            });
          },
          close: (how) =>
            back.send(() => {
              finish();
              on.down(how === "disconnect", how);
            }),
        });
        if ("code" in answer) {
          back.send(() => {
            finish();
            on.refused(new RollcallError(answer));
          });
        } else connection = answer;
      });
      return {
        emit(name, payload, meta, ack) {
          const text = JSON.stringify([payload, meta]);
          up.send(() => {
            const [data, clientMeta] = JSON.parse(text);
            edge.handle(connection!, name, data, clientMeta, ack && ((reply) => back.send(() => ack(reply))));
          });
        },
        cut() {
          finish();
          if (connection) edge.gone(connection, false);
        },
        leave() {
          if (connection) {
            const goodbye = connection;
            up.send(() => edge.gone(goodbye, true));
          }
          back.close();
          cuts.delete(cut);
        },
      };
    },
    async setDown(next) {
      down = next;
      if (down) await net.cut();
    },
    async cut() {
      for (const cut of [...cuts]) cut();
      await clock.advance(0);
    },
    passes: () => true,
    get opened() {
      return opened;
    },
  };
  return net;
}
