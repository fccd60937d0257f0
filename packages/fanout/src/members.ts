/**
 * Who is where: members by target and targets by member, as arrays that point into each other, so that joining,
 * leaving and walking cost no hashing and no garbage. Targets of different namespaces are different.
 */

import type { Socket } from "socket.io";
import type { Lane } from "./lane.ts";

/** One socket. Made by `attach`; the fields belong to this file. */
export class Member {
  readonly socket: Socket;
  readonly lane: Lane;
  readonly namespace: string;
  places: Place[] = [];
  /** `slots[i]`: where this member stands in `places[i]`. */
  slots: number[] = [];
  /** Number of the last message this member was chosen for, or excepted from. */
  mark = 0;

  constructor(socket: Socket, lane: Lane) {
    this.socket = socket;
    this.lane = lane;
    this.namespace = socket.nsp.name;
  }

  /** The targets it is in. */
  targets(): string[] {
    return this.places.map((place) => place.target);
  }
}

/** The members of one target. */
class Place {
  readonly target: string;
  members: Member[] = [];
  /** `slots[i]`: where this place stands in `members[i].places`. */
  slots: number[] = [];

  constructor(target: string) {
    this.target = target;
  }
}

/** The first `push` gives an array room for 17, and most of them hold one to three: a kilobyte a connection. */
const FEW = 4;
function appended<T>(list: T[], item: T): T[] {
  if (list.length < FEW) return list.concat([item]);
  list.push(item);
  return list;
}

const NOBODY: readonly Member[] = [];

export class Members {
  readonly #byNamespace = new Map<string, Map<string, Place>>();
  #mark = 0;

  /** True when it was not in it before. */
  join(member: Member, target: string): boolean {
    let places = this.#byNamespace.get(member.namespace);
    if (places === undefined) this.#byNamespace.set(member.namespace, (places = new Map()));
    let place = places.get(target);
    if (place === undefined) places.set(target, (place = new Place(target)));
    else if (slotIn(place, member) >= 0) return false;
    place.slots = appended(place.slots, member.places.length);
    member.slots = appended(member.slots, place.members.length);
    place.members = appended(place.members, member);
    member.places = appended(member.places, place);
    return true;
  }

  /** True when it was in it. */
  leave(member: Member, target: string): boolean {
    const place = this.#byNamespace.get(member.namespace)?.get(target);
    const slot = place === undefined ? -1 : slotIn(place, member);
    if (place === undefined || slot < 0) return false;
    this.#remove(member, place, slot);
    return true;
  }

  leaveAll(member: Member): void {
    for (let slot = member.places.length - 1; slot >= 0; slot--) this.#remove(member, member.places[slot]!, slot);
  }

  of(namespace: string, target: string): readonly Member[] {
    return this.#byNamespace.get(namespace)?.get(target)?.members ?? NOBODY;
  }

  has(namespace: string, targets: readonly string[]): boolean {
    const places = this.#byNamespace.get(namespace);
    return places !== undefined && targets.some((target) => places.has(target));
  }

  /** Calls `fn` once for everyone who is in one of `targets` and in none of `except`. */
  each(namespace: string, targets: readonly string[], except: readonly string[], fn: (member: Member) => void): number {
    const mark = ++this.#mark;
    for (const target of except) {
      for (const member of this.of(namespace, target)) member.mark = mark;
    }
    let count = 0;
    for (const target of targets) {
      for (const member of this.of(namespace, target)) {
        if (member.mark === mark) continue;
        member.mark = mark;
        count++;
        fn(member);
      }
    }
    return count;
  }

  /** Targets with members, over all namespaces. */
  get size(): number {
    let size = 0;
    for (const places of this.#byNamespace.values()) size += places.size;
    return size;
  }

  /** `slot`: where `place` stands in the member's list. The last of each list takes the free place. */
  #remove(member: Member, place: Place, slot: number): void {
    const seat = member.slots[slot]!;
    const lastMember = place.members.pop()!;
    const lastSlot = place.slots.pop()!;
    if (lastMember !== member) {
      place.members[seat] = lastMember;
      place.slots[seat] = lastSlot;
      lastMember.slots[lastSlot] = seat;
    }
    const lastPlace = member.places.pop()!;
    const lastSeat = member.slots.pop()!;
    if (lastPlace !== place) {
      member.places[slot] = lastPlace;
      member.slots[slot] = lastSeat;
      lastPlace.slots[lastSeat] = slot;
    }
    if (place.members.length === 0) this.#byNamespace.get(member.namespace)?.delete(place.target);
  }
}

/** Where `place` stands in the member's list, or -1: searched on the shorter side. */
function slotIn(place: Place, member: Member): number {
  if (member.places.length <= place.members.length) return member.places.indexOf(place);
  const seat = place.members.indexOf(member);
  return seat < 0 ? -1 : place.slots[seat]!;
}
