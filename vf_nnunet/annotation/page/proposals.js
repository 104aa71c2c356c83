// Proposed centres: which of them are open, and what they are called until the reader says otherwise.
import { fromHead } from "./levels.js";

export const apart = (one, other) => Math.hypot(one.x - other.x, one.y - other.y, one.z - other.z);

/** The proposals without those at a point: whatever becomes of the mark there, they are not offered again. */
export function settled(proposals, point, sameBody) {
  return proposals?.map((one) => (apart(one, point) < sameBody ? { ...one, taken: true } : one)) ?? null;
}

/**
 * The proposals at which there is no mark yet, from the head down, with the names that they would get.
 *
 * Names count on from the nearest mark. A source that names its proposals leaves gaps where it misses a vertebra; they
 * stay. Without a mark the names are the source's, or the lowest vertebra gets the first level.
 */
export function openProposals({ proposals, marks, lowest }, levels, first, sameBody) {
  const open = (proposals ?? []).filter((one) => !one.taken && marks.every((mark) => apart(mark, one) >= sameBody));
  const entries = [...open, ...marks].map((one) => ({ one, z: one.z, isMark: marks.includes(one), own: ownName(one, proposals ?? [], marks, sameBody) }));
  const column = fromHead(entries);
  const places = placesOf(column, levels);
  const taken = new Set(marks.map((mark) => mark.vertebra));
  const anchors = column.map((_, at) => at).filter((at) => column[at].isMark);
  return column.flatMap(({ one, isMark, own }, at) => {
    if (isMark) return [];
    const shift = shiftOf(at, column, places, anchors, levels, lowest ?? (column.some((entry) => entry.own) ? null : first));
    const name = shift === 0 && own ? own : levels.plain[places[at] + shift];
    return [{ source: one, x: one.x, y: one.y, z: one.z, vertebra: !name || taken.has(name) ? null : name }];
  });
}

/** The source's name of a vertebra: of a mark, that of the proposal at its place. */
function ownName(one, proposals, marks, sameBody) {
  return (marks.includes(one) ? proposals.find((other) => apart(other, one) < sameBody)?.vertebra : one.vertebra) ?? null;
}

/** Places in the list of names by the source's names; those between are counted on from the nearest of them. */
function placesOf(column, levels) {
  const named = column.map((_, at) => at).filter((at) => column[at].own);
  return column.map((_, at) => {
    const from = nearest(named, at);
    return from === null ? at : levels.placeFrom(column[from].own, Math.sign(at - from)) + at - from;
  });
}

/** How far the names are moved along the list. */
function shiftOf(at, column, places, anchors, levels, lowest) {
  const anchor = nearest(anchors, at);
  if (anchor !== null) return levels.placeFrom(column[anchor].one.vertebra, Math.sign(at - anchor)) - places[anchor];
  return lowest ? levels.placeFrom(lowest, -1) - places.at(-1) : 0;
}

function nearest(places, at) {
  return places.reduce((best, place) => (best === null || Math.abs(place - at) < Math.abs(best - at) ? place : best), null);
}
