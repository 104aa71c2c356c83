// The page: cases, views, marks and keys. What it shows is always drawn from the store and the scene.
import { fromHead, Levels } from "./levels.js";
import { Panel } from "./panel.js";
import { apart, openProposals, settled } from "./proposals.js";
import { fetchVoxels, Store } from "./store.js";
import { View } from "./view.js";
import { Volume } from "./volume.js";

const FAR = 10; // Millimetres of a step with Shift.
const STILL = 4; // Pixels that a hand may move during a click.
const SHAPES = { w: "wedge", b: "biconcave", c: "crush" };

const byId = (id) => document.getElementById(id);
const store = new Store();
const views = [...document.querySelectorAll("canvas[data-plane]")].map((canvas) => new View(canvas));
const scene = { volume: null, marks: [], proposals: [], crosshair: [0, 0, 0], selected: null, slab: 0, brightest: false };
const page = { store, scene, views, current: null, active: views[0], clock: 0, loading: null, first: null };
let settings = null;
let levels = null;
let panel = null;

/* Drawing */

let planned = false;
function redraw() {
  if (planned) return;
  planned = true;
  requestAnimationFrame(() => {
    planned = false;
    if (page.current) scene.marks = page.current.marks.map((mark) => (mark === scene.dragged?.from ? scene.dragged.to : mark));
    scene.proposals = offered();
    for (const view of views) {
      view.canvas.classList.toggle("active", view === page.active);
      view.draw(scene);
    }
    panel.show(page, scene, settings);
  });
}

function say(text) {
  byId("status").textContent = text;
}

function banner(text, kind = "trouble") {
  const place = byId("banner");
  place.hidden = !text;
  place.textContent = text;
  place.dataset.kind = kind;
}

/* Marks */

/** The proposals that are open, from the head down. */
const offered = () => (page.current ? openProposals(page.current, levels, page.first, settings.same_body) : []);

const selectedMark = () => page.current?.marks.find((mark) => mark.vertebra === scene.selected) ?? null;

/** Seconds since the last action in this case; a longer pause is not reading. */
function elapsed() {
  const now = performance.now() / 1000;
  const passed = Math.min(now - page.clock, settings.longest_pause);
  page.clock = now;
  return passed;
}

function change(marks, selected, proposals = page.current.proposals) {
  store.change(page.current, marks, proposals);
  scene.selected = selected;
  redraw();
}

/** A new mark; what was proposed at its place is not offered again. */
function add(vertebra, [x, y, z], proposals = page.current.proposals) {
  const mark = { vertebra, x, y, z, grade: null, gradable: true, shape: null, seconds: elapsed() };
  change([...page.current.marks, mark], vertebra, settled(proposals, mark, settings.same_body));
}

/** Replace one mark; the time since the last action counts for it. */
function alter(mark, values) {
  const altered = { ...mark, ...values, seconds: mark.seconds + elapsed() };
  change(page.current.marks.map((one) => (one === mark ? altered : one)), altered.vertebra);
}

function place(index) {
  const point = scene.volume.toWorld(index);
  const [x, y, z] = point;
  const here = page.current.marks.find((mark) => apart(mark, { x, y, z }) < settings.same_body);
  if (here) {
    select(here);
    say(`${here.vertebra} is here already. Drag it, or press m to move it to the crosshair.`);
    return;
  }
  const vertebra = levels.next(page.current.marks, z, page.first);
  scene.crosshair = index;
  if (!vertebra) {
    say("No name is free here. Rename its neighbours with h or f, or renumber them with n.");
    redraw();
    return;
  }
  add(vertebra, point);
  say(`${vertebra} placed. Its grade: 0 to 3, or x.`);
}

/** Make a mark of a proposal, at its place or where it was moved to. */
function accept(proposal, index = null) {
  const point = index ? scene.volume.toWorld(index) : [proposal.x, proposal.y, proposal.z];
  const vertebra = proposal.vertebra ?? levels.next(page.current.marks, point[2], page.first);
  if (!vertebra) {
    say("No name is free here. Rename its neighbours with h or f, or renumber them with n.");
    return;
  }
  scene.crosshair = scene.volume.nearest(point);
  add(vertebra, point, without(page.current.proposals, proposal.source));
  say(`${vertebra} accepted. Its grade: 0 to 3, or x.`);
}

function acceptNext() {
  const [next] = offered();
  if (next) accept(next);
  else say("There is no proposal left.");
}

/** All in one action, which is undone as one. */
function acceptAll() {
  const open = offered().filter(({ vertebra }) => vertebra);
  if (!open.length) {
    say("There is no proposal left that can be named.");
    return;
  }
  const seconds = elapsed() / open.length;
  const marks = open.map(({ vertebra, x, y, z }) => ({ vertebra, x, y, z, grade: null, gradable: true, shape: null, seconds }));
  change([...page.current.marks, ...marks], null, open.reduce((left, { source }) => without(left, source), page.current.proposals));
  selectBeside(0);
  say(`${marks.length} accepted. Grade them with 0 to 3 or x; j goes to the next one.`);
}

/** A proposal that was decided on. It stays known, as its name tells those of its neighbours. */
const without = (proposals, source) => proposals.map((one) => (one === source ? { ...one, taken: true } : one));

/** Take a wrong proposal away. */
function dismiss(proposal) {
  if (!proposal) {
    say("There is no proposal left.");
    return;
  }
  change(page.current.marks, scene.selected, page.current.proposals.filter((one) => one !== proposal.source));
  lookAtNext();
  say(`${proposal.vertebra ?? "Proposal"} taken away. ${left()}`);
}

function dismissAll() {
  const open = new Set(offered().map(({ source }) => source));
  change(page.current.marks, scene.selected, page.current.proposals?.filter((one) => !open.has(one)));
  say(`${open.size} proposals taken away`);
}

const left = () => `${offered().length} proposals left: a accepts the next one, d takes it away.`;

/** Show the next proposal while no mark is selected. */
function lookAtNext() {
  const [next] = offered();
  if (next && !selectedMark()) look(scene.volume.nearest([next.x, next.y, next.z]));
}

const isOpen = (mark) => mark.gradable && mark.grade === null;

/** The next vertebra of this case without a grade: below the selected one, or else from the head on. */
function openBelow() {
  const column = fromHead(page.current.marks);
  const place = column.findIndex((mark) => mark.vertebra === scene.selected);
  return [...column.slice(place + 1), ...column.slice(0, Math.max(place, 0))].find(isOpen);
}

/** The next vertebra without a grade, in this case or a later one. */
function nextOpen() {
  const mark = openBelow();
  if (mark && scene.volume) {
    select(mark);
    return;
  }
  const { number } = page.current;
  const one = [...store.cases.slice(number + 1), ...store.cases.slice(0, number)].find(({ marks }) => marks.some(isOpen));
  if (one) open(one);
  else say("No vertebra is open.");
}

async function propose(one) {
  say(`${byId("status").textContent} Proposals are being made …`);
  try {
    const answer = await (await fetch(`cases/${one.number}/proposals`)).json();
    one.proposals = answer.proposals ?? [];
    if (page.current !== one) return;
    say(answer.problems?.[0] ?? `${offered().length} proposals: a accepts the next one, Shift+a all, d takes it away. Drag one to move it.`);
    if (!scene.dragged) lookAtNext();
    redraw();
  } catch {
    if (page.current === one) say("The server does not answer; there are no proposals.");
  }
}

function moveTo(mark, index) {
  const [x, y, z] = scene.volume.toWorld(index);
  scene.crosshair = index;
  alter(mark, { x, y, z });
}

function grade(mark, value) {
  if (value === "x") alter(mark, { grade: null, gradable: false, shape: null });
  else alter(mark, { grade: value, gradable: true, shape: value ? mark.shape : null });
  say(`${mark.vertebra}: ${value === "x" ? "not gradable" : `grade ${value}`}`);
}

/** Grade 0, and on to the next vertebra without a grade, or to the next proposal. */
function normalAndOn(mark) {
  grade(mark, 0);
  const next = openBelow();
  if (next) select(next);
  else if (offered().length) acceptNext();
  else say("All vertebrae of this case have a grade. Enter opens the next case.");
}

function shape(mark, value) {
  if (mark.grade === 0 || !mark.gradable) {
    say(`${mark.vertebra} is not a fracture. Give it a grade of 1 to 3 first.`);
    return;
  }
  alter(mark, { shape: mark.shape === value ? null : value });
  say(`${mark.vertebra}: ${mark.shape === value ? "no shape" : value}`);
}

function rename(mark, vertebra) {
  if (!vertebra || vertebra === mark.vertebra) return;
  if (page.current.marks.some((one) => one.vertebra === vertebra)) {
    say(`${vertebra} is taken. Shift+h and Shift+f renumber the rest too.`);
    panel.refresh();
    redraw();
    return;
  }
  alter(mark, { vertebra });
}

/** Give a mark a name and renumber the rest from it on. */
function renumber(mark, vertebra) {
  if (!vertebra) return;
  const named = { ...mark, vertebra, seconds: mark.seconds + elapsed() };
  const marks = levels.renumbered(page.current.marks.map((one) => (one === mark ? named : one)), named);
  if (!marks) {
    say("There are more vertebrae than names beyond this one.");
    return;
  }
  change(marks, vertebra);
}

/** The level beside one in the list of all, T13 and L6 too. */
const nameBeside = (mark, step) => levels.all[levels.all.indexOf(mark.vertebra) + step] ?? null;

function remove(mark) {
  const column = fromHead(page.current.marks);
  const place = column.indexOf(mark);
  const left = column.filter((one) => one !== mark);
  change(left, (left[place] ?? left.at(-1))?.vertebra ?? null, settled(page.current.proposals, mark, settings.same_body));
  say(`${mark.vertebra} removed`);
}

function select(mark) {
  if (!mark) return;
  scene.selected = mark.vertebra;
  if (page.current.remarks[mark.vertebra]) say(`${mark.vertebra}. ${page.current.remarks[mark.vertebra]}`);
  scene.crosshair = scene.volume.nearest([mark.x, mark.y, mark.z]);
  redraw();
}

function selectBeside(step) {
  const column = fromHead(page.current.marks);
  const place = column.findIndex((mark) => mark.vertebra === scene.selected);
  select(column[place < 0 ? 0 : Math.min(Math.max(place + step, 0), column.length - 1)]);
}

/** Undo or redo, and show what changed. */
function back(step) {
  const { marks } = page.current;
  const done = step < 0 ? store.undo(page.current) : store.redo(page.current);
  say(done ? (step < 0 ? "Undone" : "Done again") : `Nothing to ${step < 0 ? "undo" : "redo"}`);
  const changed = fromHead(page.current.marks.filter((mark) => !marks.includes(mark)));
  if (changed.length) select(changed.find(({ vertebra }) => vertebra === scene.selected) ?? changed[0]);
  redraw();
}

/** Name the lowest vertebra, and the others above it. */
function setLowest(level) {
  const lowest = fromHead(page.current.marks).at(-1);
  if (lowest) renumber(lowest, level);
  else if (offered().length) page.current.lowest = level;
  else page.first = level;
  redraw();
}

/* Views */

function step(axis, by, far) {
  const voxels = far ? Math.max(Math.round(FAR / scene.volume.spacing[axis]), 1) : 1;
  const index = [...scene.crosshair];
  index[axis] += by * voxels;
  scene.crosshair = scene.volume.clamp(index);
  redraw();
}

function setWindow(number) {
  const { name, low, high } = settings.windows[number];
  Object.assign(scene, { low, high, window: name });
  byId("window").value = String(number);
  redraw();
}

function setSlab(thickness) {
  scene.slab = Math.min(Math.max(thickness, 0), settings.thickest_slab);
  byId("slab").value = String(scene.slab);
  byId("thickness").textContent = scene.slab ? `${scene.slab} mm` : "1 slice";
  redraw();
}

function setProjection(value) {
  scene.brightest = value === "brightest";
  byId("projection").value = value;
  redraw();
}

function activate(view) {
  page.active = view;
  view.canvas.focus({ preventScroll: true });
  redraw();
}

/* Cases */

async function open(one) {
  page.loading?.abort();
  const loading = new AbortController();
  page.loading = loading;
  Object.assign(page, { current: one });
  Object.assign(scene, { volume: null, marks: one.marks, proposals: [], selected: null, dragged: null });
  document.body.dataset.state = "loading";
  say(`Reading ${one.name} …`);
  redraw();
  try {
    const answer = await fetch(`cases/${one.number}/ct`, { signal: loading.signal });
    const grid = await answer.json();
    if (grid.problems) throw new Error(grid.problems.join("\n"));
    const voxels = new Int16Array(grid.shape[0] * grid.shape[1] * grid.shape[2]);
    const onShare = (share) => say(`Reading ${one.name}: ${Math.round(100 * share)}%`);
    await fetchVoxels(one.number, voxels, loading.signal, onShare);
    if (page.loading === loading) show(one, new Volume(grid, voxels), grid.warnings);
  } catch (error) {
    if (!loading.signal.aborted) fail(one, error);
  }
}

function show(one, volume, warnings) {
  one.problems = [];
  scene.volume = volume;
  scene.crosshair = volume.start();
  for (const view of views) view.reset();
  page.clock = performance.now() / 1000;
  byId("warnings").textContent = warnings.join("\n");
  say(one.marks.length ? `${one.name}` : `Click the centre of the body of ${page.first}, or choose another first level.`);
  document.body.dataset.state = "ready";
  const open = fromHead(one.marks).find(isOpen);
  select(open ?? fromHead(one.marks)[0]);
  redraw();
  if (settings.propose && !one.proposals) propose(one);
  else lookAtNext();
}

function fail(one, error) {
  one.problems = [error instanceof TypeError ? "the server does not answer; choose the case again" : error.message];
  say(`${one.name} cannot be shown: ${one.problems[0]}`);
  document.body.dataset.state = "failed";
  redraw();
}

function openBeside(step) {
  const one = store.cases[page.current.number + step];
  if (one) open(one);
  else say(step < 0 ? "This is the first case" : "This was the last case");
}

/* Mouse */

function pointer(view) {
  const { canvas } = view;
  let held = null;
  const at = (event) => [event.offsetX, event.offsetY];

  canvas.addEventListener("pointerdown", (event) => {
    if (!scene.volume) return;
    activate(view);
    canvas.setPointerCapture(event.pointerId);
    const under = (marks) => (event.button === 1 ? null : view.markAt(scene.volume, marks, at(event), scene.crosshair));
    const mark = under(scene.marks);
    const proposal = mark || event.shiftKey ? null : under(scene.proposals);
    held = { button: event.button, start: at(event), last: at(event), mark, proposal, moved: false };
    if (event.button === 0 && proposal) look(scene.volume.nearest([proposal.x, proposal.y, proposal.z]));
    if (event.button === 0 && mark) select(mark);
    event.preventDefault();
  });

  canvas.addEventListener("pointermove", (event) => {
    if (!held) return;
    const [x, y] = at(event);
    held.moved ||= Math.hypot(x - held.start[0], y - held.start[1]) > STILL;
    if (held.moved) drag(x, y);
    held.last = [x, y];
  });

  canvas.addEventListener("pointerup", (event) => {
    const released = held;
    held = null;
    scene.dragged = null;
    if (!released || !scene.volume) return;
    if (released.button === 2 && !released.moved) takeAway(released);
    if (released.button !== 0) return;
    const index = view.indexAt(scene.volume, at(event), scene.crosshair);
    if (!index) return;
    if (released.mark) {
      if (released.moved) moveTo(selectedMark(), index);
    } else if (released.proposal) accept(released.proposal, released.moved ? index : null);
    else if (released.moved || event.shiftKey) look(index);
    else place(index);
  });

  canvas.addEventListener("pointercancel", () => {
    held = null;
    scene.dragged = null;
    redraw();
  });
  canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    if (!scene.volume) return;
    page.active = view;
    if (event.ctrlKey || event.metaKey) view.zoomAt(scene.volume, at(event), event.deltaY < 0 ? 1.15 : 1 / 1.15);
    else step(view.axes.depth, Math.sign(event.deltaY) * (view.plane === "axial" ? -1 : 1), event.shiftKey);
    redraw();
  }, { passive: false });

  function drag(x, y) {
    const [dx, dy] = [x - held.last[0], y - held.last[1]];
    if (held.button === 1) view.shift = [view.shift[0] + dx, view.shift[1] + dy];
    else if (held.button === 2) {
      const width = Math.max(scene.high - scene.low + 4 * dx, 50);
      const centre = (scene.high + scene.low) / 2 + 2 * dy;
      Object.assign(scene, { low: centre - width / 2, high: centre + width / 2, window: "own" });
    } else {
      const index = view.indexAt(scene.volume, [x, y], scene.crosshair);
      if (index && held.mark) follow(selectedMark(), index);
      if (index) look(index);
    }
    redraw();
  }
}

/** A click with the right button: what is under it is wrong. */
function takeAway({ mark, proposal }) {
  if (mark) remove(mark);
  else if (proposal) dismiss(proposal);
}

/** Show where a mark would lie; it is moved when it is let go. */
function follow(mark, index) {
  const [x, y, z] = scene.volume.toWorld(index);
  scene.dragged = { from: mark, to: { ...mark, x, y, z } };
}

function look(index) {
  scene.crosshair = index;
  redraw();
}

/* Keys */

function arrow(key) {
  const { across, down, flipped } = page.active.axes;
  const upwards = flipped ? 1 : -1;
  return { ArrowLeft: [across, -1], ArrowRight: [across, 1], ArrowUp: [down, upwards], ArrowDown: [down, -upwards] }[key];
}

const KEYS = {
  a: acceptNext,
  A: acceptAll,
  d: () => dismiss(offered()[0]),
  D: dismissAll,
  " ": () => place([...scene.crosshair]),
  v: () => activate(views[(views.indexOf(page.active) + 1) % views.length]),
  k: () => selectBeside(-1),
  j: () => selectBeside(1),
  u: () => back(-1),
  U: () => back(1),
  o: () => setWindow((settings.windows.findIndex(({ name }) => name === scene.window) + 1) % settings.windows.length),
  t: () => setSlab(scene.slab + settings.slab_step),
  T: () => setSlab(scene.slab - settings.slab_step),
  p: () => setProjection(scene.brightest ? "mean" : "brightest"),
  z: () => zoom(1.25),
  Z: () => zoom(0.8),
  r: () => {
    for (const view of views) view.reset();
    redraw();
  },
  PageUp: (event) => step(page.active.axes.depth, page.active.plane === "axial" ? 1 : -1, event.shiftKey),
  PageDown: (event) => step(page.active.axes.depth, page.active.plane === "axial" ? -1 : 1, event.shiftKey),
};

/** Keys that need a selected vertebra. */
const MARK_KEYS = {
  ...Object.fromEntries([0, 1, 2, 3].map((value) => [String(value), (mark) => grade(mark, value)])),
  x: (mark) => grade(mark, "x"),
  y: normalAndOn,
  ...Object.fromEntries(Object.entries(SHAPES).map(([key, value]) => [key, (mark) => shape(mark, value)])),
  m: (mark) => moveTo(mark, [...scene.crosshair]),
  h: (mark) => rename(mark, nameBeside(mark, -1)),
  f: (mark) => rename(mark, nameBeside(mark, 1)),
  H: (mark) => renumber(mark, nameBeside(mark, -1)),
  F: (mark) => renumber(mark, nameBeside(mark, 1)),
  n: (mark) => renumber(mark, mark.vertebra),
  Delete: remove,
  Backspace: remove,
};

function zoom(factor) {
  page.active.zoomAt(scene.volume, page.active.pixelOf(scene.volume, scene.crosshair), factor);
  redraw();
}

/** Keys that work without a CT. */
function caseKey(event) {
  if (event.key === "Enter") openBeside(event.shiftKey ? -1 : 1);
  else if (event.key === "g") nextOpen();
  else if (event.key === "?") toggleKeys();
  else return false;
  return true;
}

function key(event) {
  const control = event.ctrlKey || event.metaKey;
  if (control && scene.volume && ["z", "y", "Z"].includes(event.key)) back(event.key === "z" ? -1 : 1);
  else if (control || event.altKey) return false;
  else if (caseKey(event)) return true;
  else if (!scene.volume) return false;
  else if (event.key.startsWith("Arrow")) step(...arrow(event.key), event.shiftKey);
  else if (Object.hasOwn(KEYS, event.key)) KEYS[event.key](event);
  else if (!Object.hasOwn(MARK_KEYS, event.key)) return false;
  else if (selectedMark()) MARK_KEYS[event.key](selectedMark());
  else say("Select a vertebra first: click on it, or k and j.");
  return true;
}

function toggleKeys() {
  if (byId("keys").open) byId("keys").close();
  else byId("keys").showModal();
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("select, input, dialog") && event.key !== "?";
  const pressing = event.target.closest("button") && [" ", "Enter"].includes(event.key);
  if (!typing && !pressing && key(event)) event.preventDefault();
});

/* Beginning */

function offer(select, entries) {
  select.replaceChildren(...entries.map(([value, text]) => new Option(text, value)));
}

function connect() {
  byId("window").addEventListener("change", (event) => setWindow(Number(event.target.value)));
  byId("slab").addEventListener("input", (event) => setSlab(Number(event.target.value)));
  byId("projection").addEventListener("change", (event) => setProjection(event.target.value));
  byId("help").addEventListener("click", toggleKeys);
  byId("undo").addEventListener("click", () => back(-1));
  byId("redo").addEventListener("click", () => back(1));
  byId("first").addEventListener("change", (event) => setLowest(event.target.value));
  byId("renumber").addEventListener("click", () => selectedMark() && renumber(selectedMark(), selectedMark().vertebra));
  // After a choice, keys belong to the picture again.
  for (const control of document.querySelectorAll("select, input")) control.addEventListener("change", () => page.active.canvas.focus());
  for (const view of views) pointer(view);
  new ResizeObserver(redraw).observe(byId("views"));
  store.addEventListener("state", () => {
    const count = store.unsaved.length;
    document.body.dataset.unsaved = String(count);
    const kept = `${count} ${count === 1 ? "case is" : "cases are"} not saved yet. The changes are kept in this page and sent again`;
    if (store.state === "gone") banner(`The server does not answer. ${kept} when it does: start vf_nnunet annotate again, and leave this page open.`);
    else if (store.state === "full") banner(`${store.problem}. ${kept}.`);
    else if (byId("banner").dataset.kind === "trouble") banner("");
    redraw();
  });
  store.addEventListener("stale", ({ detail }) => {
    scene.selected = null;
    banner(`${detail.case.name} was changed in another window. This page now shows what is saved; your last action is not in it.`, "notice");
  });
  store.addEventListener("refused", ({ detail }) => banner(detail.problems.join("\n"), "notice"));
  addEventListener("beforeunload", (event) => {
    if (store.unsaved.length) event.preventDefault();
  });
}

async function begin() {
  const session = await store.load();
  settings = { ...session.settings, propose: session.propose };
  levels = new Levels(session.levels, session.supernumerary);
  panel = new Panel(session.levels, { open, select, grade, shape, rename, remove });
  offer(byId("window"), settings.windows.map(({ name }, number) => [String(number), name]));
  offer(byId("first"), session.levels.map((level) => [level, level]));
  page.first = settings.first_level;
  byId("slab").max = String(settings.thickest_slab);
  byId("slab").step = String(settings.slab_step);
  byId("table").textContent = session.table;
  byId("reader").textContent = session.reader;
  byId("caution").textContent = session.caution;
  connect();
  setWindow(0);
  setSlab(settings.slab);
  setProjection(settings.projection);
  globalThis.annotate = page;
  await open(store.cases.find(({ marks }) => !marks.length || marks.some(isOpen)) ?? store.cases[0]);
}

begin().catch((error) => {
  document.body.dataset.state = "failed";
  banner(`The page cannot start: ${error.message}. Open the address that vf_nnunet annotate prints.`);
});
