"use strict";
// The viewer of one case: its volumes are a script beside the page, which is run when the case is opened.

const dialog = document.getElementById("viewer");
const part = (selector) => dialog.querySelector(selector);
const WINDOWS = { bone: about.style.window, "soft tissue": [-160, 240] };
const ZOOM = 2.5;
const CROSSHAIR = 0.4;
const view = { entry: null, vertebra: null, finding: null, volumes: null, hasCt: false, map: true, window: "bone", zoomed: false };
let received = null;
let started = null;

function openVolumes(content) {
  received = content;
}

function runScript(path) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    const address = path.map(encodeURIComponent).join("/");
    script.src = address;
    script.addEventListener("load", () => (script.remove(), resolve()));
    script.addEventListener("error", () => (script.remove(), reject(new Error(`${path.join("/")} is not beside this page`))));
    document.head.append(script);
  });
}

function say(condition, text) {
  dialog.dataset.state = condition;
  part(".status").textContent = text;
}

async function start() {
  if (!document.createElement("canvas").getContext("webgl2")) throw new Error("this browser does not offer WebGL 2");
  await runScript([about.folder, about.library]);
  const library = globalThis.niivue;
  const volumes = await volumeViewer(library, part("canvas"), about.style, { dragMode: library.DRAG_MODE.windowing });
  new ResizeObserver(() => view.loaded && volumes.niivue.setCustomLayout(layoutOf(volumes.niivue))).observe(part(".stage"));
  volumes.onLocation(([hounsfield, probability]) => {
    if (dialog.dataset.state !== "ready") return;
    const ct = view.hasCt ? `${Math.round(hounsfield)} HU, ` : "";
    part(".status").textContent = `${placeText()}${ct}probability of fracture ${probability.toFixed(2)}`;
  });
  return volumes;
}

// Sagittal slices as high as they can be, the others beside them. Positions and sizes are shares of the canvas.
function layoutOf(niivue) {
  const [, width, depth, height] = niivue.back.dimsRAS.map((size, axis) => size * niivue.back.pixDimsRAS[axis]);
  const { clientWidth, clientHeight } = part(".stage");
  const first = Math.min(Math.max(((depth / height) * clientHeight) / clientWidth, 0.2), 0.5);
  const rest = 1 - first;
  const isLong = height > 2 * width;
  const coronal = isLong ? [first, 0, rest / 2, 1] : [first, 0, rest, 0.56];
  const axial = isLong ? [first + rest / 2, 0, rest / 2, 1] : [first, 0.56, rest, 0.44];
  const [AXIAL, CORONAL, SAGITTAL] = [0, 1, 2];
  return [
    { sliceType: SAGITTAL, position: [0, 0, first, 1] },
    { sliceType: CORONAL, position: coronal },
    { sliceType: AXIAL, position: axial },
  ];
}

function placeText() {
  const { entry } = view;
  if (view.finding !== null) return `${findingText(entry, entry.findings[view.finding], view.finding)} · `;
  return view.vertebra === null ? "" : `${fullName(entry.vertebrae[view.vertebra])} · `;
}

// Opened one after another, because a volume takes a moment.
let queue = Promise.resolve();
function openCase(entry, place) {
  if (!dialog.open) dialog.showModal();
  fill(entry);
  say("loading", `opening ${entry.case} …`);
  remember({ case: entry.case });
  queue = queue.then(() => (view.entry === entry ? load(entry, place) : null));
  return queue;
}

async function load(entry, place) {
  try {
    if (!entry.has_volumes) throw new Error(`its volumes are not beside this page; ${about.remedy}`);
    started ??= start();
    view.volumes = await started;
    if (view.loaded !== entry) {
      view.loaded = null;
      await runScript([...(entry.folder ?? about.folder).split("/"), "cases", `${entry.case}.js`]);
      const content = received;
      received = null;
      view.hasCt = content.has_ct;
      const look = { window: WINDOWS[view.window], opacity: view.map ? about.style.opacity : 0 };
      await view.volumes.show(content.ct, content.probability, look);
      view.loaded = entry;
      view.volumes.niivue.setCustomLayout(layoutOf(view.volumes.niivue));
    }
    if (view.entry !== entry) return;
    dialog.dataset.state = "ready";
    goToFirst(entry, place);
  } catch (error) {
    if (!view.volumes) started = null;
    say("failed", `The viewer cannot show this case: ${error.message}`);
  }
}

function goToFirst(entry, place) {
  const worst = entry.vertebrae.findIndex((one) => one.positive);
  if (place.vertebra !== undefined) goToVertebra(place.vertebra);
  else if (entry.findings.length) goToFinding(0);
  else if (entry.vertebrae.length) goToVertebra(worst < 0 ? 0 : worst);
  else goTo(null);
}

function fill(entry) {
  Object.assign(view, { entry, vertebra: null, finding: null });
  part(".name").textContent = entry.case;
  const verdict = part(".verdict");
  verdict.textContent = entry.positive ? "positive" : "negative";
  verdict.className = `verdict ${verdict.textContent}`;
  verdict.title = `score ${entry.score.toFixed(3)}`;
  const findings = entry.findings.map((finding, number) =>
    element("button", { type: "button", class: "go", "data-finding": number, click: () => goToFinding(number), text: findingText(entry, finding, number) }),
  );
  part(".findings").replaceChildren(element("h3", { text: plural(findings.length, "finding") }), ...findings);
  const vertebrae = entry.vertebrae.map((vertebra, number) =>
    element(
      "button",
      { type: "button", class: "go", "data-vertebra": number, title: titleOf(vertebra), click: () => goToVertebra(number) },
      element("b", { text: shortName(vertebra) }),
      element("span", { class: `value ${kindOf(vertebra)}`, text: valueText(vertebra), style: lookOf(vertebra) }),
      element("span", { text: gradeText(vertebra) }),
      element("span", { class: "more", text: [vertebra.level ? null : vertebra.position, ...detailsOf(vertebra)].filter(Boolean).join(", ") }),
    ),
  );
  part(".vertebrae").replaceChildren(element("h3", { text: plural(vertebrae.length, "vertebra", "vertebrae") }), ...vertebrae);
  part(".messages").replaceChildren(
    ...(entry.warnings.length ? [element("h3", { text: plural(entry.warnings.length, "warning") })] : []),
    ...entry.warnings.map((text) => element("p", { text })),
  );
}

function mark() {
  for (const button of dialog.querySelectorAll(".go")) {
    const isVertebra = button.dataset.vertebra === String(view.vertebra);
    const isCurrent = isVertebra || button.dataset.finding === String(view.finding);
    button.setAttribute("aria-current", String(isCurrent));
    if (isCurrent) button.scrollIntoView({ block: "nearest" });
  }
}

function goToVertebra(number) {
  Object.assign(view, { vertebra: number, finding: null });
  goTo(view.entry.vertebrae[number].place);
}

function goToFinding(number) {
  Object.assign(view, { vertebra: null, finding: number });
  goTo(view.entry.findings[number].place);
}

function goTo(place) {
  mark();
  if (dialog.dataset.state !== "ready") return;
  if (place) view.volumes.goTo(place);
  if (view.zoomed) setZoom(true);
}

// From the vertebra of a finding, the next one is its neighbour.
function stepVertebra(direction) {
  const { entry } = view;
  if (!entry.vertebrae.length) return;
  const at = view.vertebra ?? (view.finding === null ? null : entry.findings[view.finding].vertebra);
  const last = entry.vertebrae.length - 1;
  const next = at === null ? (direction > 0 ? 0 : last) : at + direction;
  goToVertebra(Math.min(Math.max(next, 0), last));
}

function stepFinding(direction) {
  const count = view.entry.findings.length;
  if (!count) return;
  const next = view.finding === null ? (direction > 0 ? 0 : count - 1) : view.finding + direction;
  goToFinding((next + count) % count);
}

function stepCase(direction) {
  const cases = listed.filter(isDone);
  const next = cases[cases.indexOf(view.entry) + direction];
  if (next) openCase(next, {});
}

function stepSlice(direction) {
  if (dialog.dataset.state !== "ready") return;
  view.volumes.niivue.moveCrosshairInVox(direction, 0, 0);
}

function setMap(isShown) {
  view.map = isShown;
  part(".map").setAttribute("aria-pressed", String(isShown));
  if (view.loaded) view.volumes.niivue.setOpacity(1, isShown ? about.style.opacity : 0);
}

function setWindow(name) {
  view.window = name;
  part(".window").textContent = name;
  if (!view.loaded) return;
  const { niivue } = view.volumes;
  [niivue.volumes[0].cal_min, niivue.volumes[0].cal_max] = WINDOWS[name];
  niivue.updateGLVolume();
}

function nextWindow() {
  const names = Object.keys(WINDOWS);
  setWindow(names[(names.indexOf(view.window) + 1) % names.length]);
}

// The crosshair comes to the middle of each slice.
function setZoom(isZoomed) {
  view.zoomed = isZoomed;
  part(".zoom").setAttribute("aria-pressed", String(isZoomed));
  if (dialog.dataset.state !== "ready") return;
  const { niivue } = view.volumes;
  const middle = niivue.frac2mm([0.5, 0.5, 0.5]);
  const cross = niivue.frac2mm(niivue.scene.crosshairPos);
  const pan = isZoomed ? [0, 1, 2].map((axis) => middle[axis] - ZOOM * cross[axis]) : [0, 0, 0];
  niivue.scene.pan2Dxyzmm = [...pan, isZoomed ? ZOOM : 1];
  niivue.opts.crosshairWidth = isZoomed ? CROSSHAIR / ZOOM : CROSSHAIR;
  niivue.drawScene();
}

const KEYS = {
  ArrowDown: () => stepVertebra(1),
  ArrowUp: () => stepVertebra(-1),
  ArrowLeft: () => stepSlice(-1),
  ArrowRight: () => stepSlice(1),
  n: () => stepFinding(1),
  p: () => stepFinding(-1),
  PageDown: () => stepCase(1),
  PageUp: () => stepCase(-1),
  m: () => setMap(!view.map),
  w: nextWindow,
  z: () => setZoom(!view.zoomed),
  Escape: () => dialog.close(),
};

// Before the canvas, which has keys of its own.
function viewerKeys(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const act = KEYS[event.key];
  if (act) event.preventDefault();
  if (act || event.target.matches("canvas")) event.stopPropagation();
  if (act && event.type === "keydown") act();
}

for (const type of ["keydown", "keyup"]) dialog.addEventListener(type, viewerKeys, true);
for (const button of dialog.querySelectorAll("[data-key]")) {
  button.addEventListener("click", () => KEYS[button.dataset.key]());
}
dialog.addEventListener("close", () => {
  remember({});
  const row = [...list.children].find((one) => one.dataset.case === view.entry?.case);
  row?.querySelector(".open")?.focus();
});

const rememberedEntry = entries.find((entry) => entry.case === remembered && isDone(entry));
// The list comes first.
if (rememberedEntry) addEventListener("load", () => openCase(rememberedEntry, {}));
