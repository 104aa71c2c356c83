// The lists beside the views: cases with their states, and the marks of the current case.
import { fromHead } from "./levels.js";

const SHAPES = ["wedge", "biconcave", "crush"];

const isStated = (mark) => mark.grade !== null || !mark.gradable;

/** State of a case and the words for it. */
function stateOf(one) {
  const count = one.marks.length;
  const stated = one.marks.filter(isStated).length;
  if (one.problems.length) return ["failed", "cannot be read"];
  if (!count) return ["empty", "not begun"];
  const seconds = Math.round(one.marks.reduce((sum, mark) => sum + mark.seconds, 0));
  const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  if (stated < count) return ["open", `${stated} of ${count} graded, ${time}`];
  return ["graded", `${count} graded, ${time}`];
}

function button(text, title, pressed, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.title = title;
  made.tabIndex = -1;
  made.setAttribute("aria-label", title);
  if (pressed !== null) made.setAttribute("aria-pressed", String(pressed));
  made.addEventListener("click", act);
  return made;
}

function gap() {
  const made = document.createElement("span");
  made.className = "gap";
  return made;
}

export class Panel {
  constructor(levels, actions) {
    this.levels = levels;
    this.actions = actions;
    this.cases = document.getElementById("cases");
    this.marks = document.getElementById("marks");
  }

  show({ store, current, first }, scene) {
    this.showCases(store.cases, current);
    this.showMarks(current, scene);
    const undo = document.getElementById("undo");
    const redo = document.getElementById("redo");
    undo.disabled = !current?.past.length;
    redo.disabled = !current?.future.length;
    document.getElementById("renumber").disabled = !scene.selected;
    this.showLowest(current, scene, first);
  }

  /** Draw the lists anew also if nothing changed: a choice in them was refused. */
  refresh() {
    this.marksKey = null;
  }

  /** The level of the lowest vertebra; while there is none, that of the first one that will be placed. */
  showLowest(current, { volume, proposals }, first) {
    document.getElementById("next").hidden = !volume;
    const lowest = fromHead(current?.marks ?? []).at(-1) ?? proposals.at(-1);
    document.getElementById("which").textContent = lowest ? "Lowest level" : "First level";
    document.getElementById("first").value = lowest?.vertebra ?? first;
  }

  showCases(cases, current) {
    const graded = cases.filter((one) => stateOf(one)[0] === "graded");
    const vertebrae = cases.reduce((sum, one) => sum + one.marks.length, 0);
    document.getElementById("progress").textContent = `${graded.length} of ${cases.length} cases graded, ${vertebrae} vertebrae`;
    const key = JSON.stringify([cases.map((one) => [stateOf(one), one.unsaved]), current?.number]);
    if (this.casesKey === key) return;
    this.casesKey = key;
    this.cases.replaceChildren(...cases.map((one) => this.caseEntry(one, one === current)));
    this.cases.querySelector("[aria-current=true]")?.scrollIntoView({ block: "nearest" });
  }

  caseEntry(one, isCurrent) {
    const [state, words] = stateOf(one);
    const entry = document.createElement("li");
    entry.dataset.state = state;
    const made = button("", one.problems.join("\n") || one.name, null, () => this.actions.open(one));
    made.setAttribute("aria-current", String(isCurrent));
    made.append(one.name);
    const small = document.createElement("small");
    small.textContent = one.unsaved ? `${words}, not saved yet` : words;
    made.append(small);
    entry.append(made);
    return entry;
  }

  showMarks(current, scene) {
    const marks = current ? fromHead(current.marks) : [];
    const key = JSON.stringify([marks, scene.selected, current?.number]);
    if (this.marksKey === key) return;
    this.marksKey = key;
    this.marks.replaceChildren(...marks.map((mark) => this.markEntry(mark, mark.vertebra === scene.selected, current.remarks[mark.vertebra])));
    this.marks.querySelector("[aria-current=true]")?.scrollIntoView({ block: "nearest" });
  }

  markEntry(mark, isSelected, remark) {
    const { grade, shape, select, rename, remove } = this.actions;
    const entry = document.createElement("li");
    entry.dataset.level = mark.vertebra;
    entry.setAttribute("aria-current", String(isSelected));
    entry.title = remark ?? "";
    entry.classList.toggle("remarked", Boolean(remark));
    if (isStated(mark)) entry.dataset.stated = "";
    const name = document.createElement("select");
    name.className = "level";
    name.setAttribute("aria-label", "Level");
    name.append(...this.levels.map((level) => new Option(level, level, false, level === mark.vertebra)));
    name.addEventListener("change", () => rename(mark, name.value));
    entry.append(button("◎", `go to ${mark.vertebra}`, null, () => select(mark)), name, gap());
    for (const value of [0, 1, 2, 3]) {
      entry.append(button(String(value), `${mark.vertebra}: grade ${value}`, mark.grade === value, () => grade(mark, value)));
    }
    entry.append(button("x", `${mark.vertebra}: not gradable`, !mark.gradable, () => grade(mark, "x")), gap());
    for (const value of SHAPES) {
      entry.append(button(value[0], `${mark.vertebra}: ${value}`, mark.shape === value, () => shape(mark, value)));
    }
    entry.append(gap(), button("×", `remove ${mark.vertebra}`, null, () => remove(mark)));
    return entry;
  }
}
