/** Things to do at a time, one per item, kept in slots: cheap for many items that are due late. */

const SLOT_MS = 250;

export class Agenda<T> {
  readonly #bySlot = new Map<number, Set<T>>();
  readonly #slotOf = new Map<T, number>();
  #doneUpTo: number;

  constructor(nowMs: number) {
    this.#doneUpTo = Math.floor(nowMs / SLOT_MS) - 1;
  }

  get size(): number {
    return this.#slotOf.size;
  }

  /** Replaces the item's earlier time. It is due in the first slot not before `atMs`. */
  set(item: T, atMs: number): void {
    this.delete(item);
    const slot = Math.max(Math.ceil(atMs / SLOT_MS), this.#doneUpTo + 1);
    this.#slotOf.set(item, slot);
    const items = this.#bySlot.get(slot);
    if (items === undefined) this.#bySlot.set(slot, new Set([item]));
    else items.add(item);
  }

  delete(item: T): void {
    const slot = this.#slotOf.get(item);
    if (slot === undefined) return;
    this.#slotOf.delete(item);
    const items = this.#bySlot.get(slot);
    if (items?.delete(item) && items.size === 0) this.#bySlot.delete(slot);
  }

  /** Takes what is due. A clock that went back makes nothing due; one that jumped ahead makes everything before it due. */
  due(nowMs: number): T[] {
    const upTo = Math.floor(nowMs / SLOT_MS);
    const due: T[] = [];
    const slots =
      upTo - this.#doneUpTo <= this.#bySlot.size
        ? Array.from({ length: Math.max(0, upTo - this.#doneUpTo) }, (_, i) => this.#doneUpTo + 1 + i)
        : [...this.#bySlot.keys()].filter((slot) => slot <= upTo).toSorted((a, b) => a - b);
    for (const slot of slots) due.push(...(this.#bySlot.get(slot) ?? []));
    for (const item of due) this.delete(item);
    this.#doneUpTo = Math.max(this.#doneUpTo, upTo);
    return due;
  }
}
