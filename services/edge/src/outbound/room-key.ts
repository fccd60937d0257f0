/** Targets with their namespace: what the gate and the coalescer know rooms by. */

export const targetKey = (namespace: string, target: string): string => `${namespace} ${target}`;

export const isRoomTarget = (target: string): boolean => target.startsWith("r:");
export const isWatchTarget = (target: string): boolean => target.startsWith("w:");
