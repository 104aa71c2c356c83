// Names of vertebrae: what comes next above or below, and how a column of marks is renumbered.

/** Marks from head to feet, by their height in the patient. */
export function fromHead(marks) {
  return [...marks].sort((one, other) => other.z - one.z);
}

export class Levels {
  constructor(all, supernumerary) {
    this.all = all;
    this.supernumerary = new Set(supernumerary);
    /** Without T13 and L6. */
    this.plain = all.filter((level) => !this.supernumerary.has(level));
  }

  /** The place in `plain` from which names count on, towards the head (step -1) or the feet; T13 and L6 lie between. */
  placeFrom(level, step) {
    if (!this.supernumerary.has(level)) return this.plain.indexOf(level);
    return this.plain.indexOf(this.beside(level, -1)) + (step < 0 ? 1 : 0);
  }

  /** The level above (step -1) or below (step 1), without T13 and L6; null beyond the ends. */
  beside(level, step) {
    let place = this.all.indexOf(level) + step;
    while (this.supernumerary.has(this.all[place])) place += step;
    return this.all[place] ?? null;
  }

  /** The level of a new mark at height z: it counts on from its neighbours. Null where no name is free. */
  next(marks, z, first) {
    const column = fromHead(marks);
    if (!column.length) return first;
    const below = column.findIndex((mark) => mark.z < z);
    if (below === 0) return this.beside(column[0].vertebra, -1);
    if (below < 0) return this.beside(column.at(-1).vertebra, 1);
    return this.between(column[below - 1].vertebra, column[below].vertebra);
  }

  /** The first free level between two; T13 or L6 if it is the only one. */
  between(upper, lower) {
    const free = this.all.slice(this.all.indexOf(upper) + 1, this.all.indexOf(lower));
    return free.find((level) => !this.supernumerary.has(level)) ?? free[0] ?? null;
  }

  /** The marks named anew from one of them on, upwards and downwards; null if the names do not suffice. */
  renumbered(marks, fixed) {
    const column = fromHead(marks);
    const start = column.indexOf(fixed);
    const levels = column.map(() => fixed.vertebra);
    for (let place = start - 1; place >= 0; place -= 1) levels[place] = this.beside(levels[place + 1], -1);
    for (let place = start + 1; place < column.length; place += 1) levels[place] = this.beside(levels[place - 1], 1);
    if (levels.includes(null)) return null;
    return column.map((mark, place) => ({ ...mark, vertebra: levels[place] }));
  }
}
