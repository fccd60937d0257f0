/** How edges are called: the label, which clients and operators read, and a part of its own for each start. */

/** Of `<label>-<8 characters>`; anything else is its own label. */
export const edgeLabel = (id: string): string => id.replace(/-[A-Za-z0-9_-]{8}$/, "");
