"use strict";
// The list of cases. What comes from files is put into the page as text, never as markup.

const about = JSON.parse(document.getElementById("about").textContent);
const entries = JSON.parse(document.getElementById("entries").textContent);
const NOT_KNOWN = "–";
const ROWS_AT_ONCE = 60;

// `options`: attributes, and `text`, `click` and `style`.
function element(tag, { text, click, style, ...attributes } = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null && value !== false) made.setAttribute(name, String(value));
  }
  if (text !== undefined) made.textContent = text;
  if (click) made.addEventListener("click", click);
  if (style) Object.assign(made.style, style);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

const plural = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

// The colours of the map, from 0 to 1.
function colourOf(probability) {
  const stops = about.style.colours;
  return stops[Math.round(Math.min(Math.max(probability, 0), 1) * (stops.length - 1))];
}

function lookOf(vertebra) {
  const value = valueOf(vertebra);
  if (value === null) return {};
  const [red, green, blue] = colourOf(value);
  const isDark = 0.3 * red + 0.59 * green + 0.11 * blue < 120;
  return { backgroundColor: `rgb(${red}, ${green}, ${blue})`, color: isDark ? "#fff" : "#000" };
}

// The calibrated probability; the score of a model without a calibration.
const valueOf = (vertebra) => vertebra.fracture_probability ?? vertebra.score ?? null;
const valueText = (vertebra) => valueOf(vertebra)?.toFixed(2) ?? "n/e";
const shortName = (vertebra) => vertebra.level ?? `#${vertebra.number}`;
const fullName = (vertebra) => vertebra.level ?? `#${vertebra.number} (level not certain; ${vertebra.position ?? "place not known"})`;
const kindOf = (vertebra) => (valueOf(vertebra) === null ? "unknown" : vertebra.positive ? "positive" : "negative");
const gradeText = (vertebra) => (vertebra.grade ? `G${vertebra.grade}` : "");

function detailsOf(vertebra) {
  if (vertebra.not_evaluable) return [`not evaluable: ${vertebra.not_evaluable}`, ...vertebra.warnings];
  const loss = vertebra.height_loss?.neighbour ?? vertebra.height_loss?.own;
  return [
    vertebra.grade === null ? null : `grade ${vertebra.grade}`,
    loss === null || loss === undefined ? null : `height loss ${Math.round(100 * loss)}%`,
    vertebra.trabecular_hu === null ? null : `${vertebra.trabecular_hu} HU`,
    ...vertebra.warnings,
  ].filter((detail) => detail !== null);
}

function titleOf(vertebra) {
  const name = fullName(vertebra);
  if (valueOf(vertebra) === null) return [name, ...detailsOf(vertebra)].join("\n");
  const isCalibrated = vertebra.fracture_probability !== null;
  const value = isCalibrated ? `probability ${vertebra.fracture_probability.toFixed(2)}, ` : "";
  const verdict = vertebra.positive ? "positive" : "negative";
  return [`${name}: ${verdict}`, `${value}score ${vertebra.score.toFixed(2)}`, ...detailsOf(vertebra)].join("\n");
}

const findingText = (entry, finding, number) => {
  const vertebra = finding.vertebra === null ? null : entry.vertebrae[finding.vertebra];
  const place = vertebra ? ` at ${shortName(vertebra)}` : " away from the vertebrae";
  return `finding ${number + 1}${place}: peak ${finding.peak_probability.toFixed(2)}, ${(finding.volume_mm3 / 1000).toFixed(1)} cm³`;
};

// Cases that failed are none of the others.
const isDone = (entry) => !entry.failure;
const isUnclear = (entry) =>
  isDone(entry) && Boolean(entry.not_evaluable || entry.vertebrae.some((vertebra) => vertebra.not_evaluable));
const FILTERS = {
  all: ["all", () => true],
  positive: ["positive", (entry) => isDone(entry) && entry.positive],
  negative: ["negative", (entry) => isDone(entry) && !entry.positive],
  unclear: ["not evaluable", isUnclear],
  warnings: ["warnings", (entry) => isDone(entry) && entry.warnings.length > 0],
  failed: ["failed", (entry) => !isDone(entry)],
};
const byName = (a, b) => a.case.localeCompare(b.case, "en", { numeric: true });
const positives = (entry) => entry.vertebrae.filter((vertebra) => vertebra.positive).length;
const ORDERS = {
  score: ["score, highest first", (a, b) => b.score - a.score],
  vertebrae: ["most positive vertebrae", (a, b) => positives(b) - positives(a) || b.score - a.score],
  lowest: ["score, lowest first", (a, b) => a.score - b.score],
  name: ["name", byName],
};
const state = { search: "", filter: "all", order: "score" };
let listed = [];

const textOf = (entry) =>
  [entry.case, entry.image, ...(entry.failure ?? []), ...(entry.warnings ?? []), entry.not_evaluable]
    .concat((entry.vertebrae ?? []).flatMap((one) => [one.not_evaluable, ...one.warnings]))
    .join("\n")
    .toLowerCase();
const searched = new Map(entries.map((entry) => [entry, textOf(entry)]));

function chosenEntries() {
  const words = state.search.toLowerCase().split(/\s+/).filter(Boolean);
  const [, belongs] = FILTERS[state.filter];
  const [, compare] = ORDERS[state.order];
  return entries
    .filter((entry) => belongs(entry) && words.every((word) => searched.get(entry).includes(word)))
    .sort((a, b) => Number(!isDone(a)) - Number(!isDone(b)) || (isDone(a) && isDone(b) && compare(a, b)) || byName(a, b));
}

function strip(entry) {
  const cells = entry.vertebrae.map((vertebra, number) =>
    element(
      "button",
      {
        type: "button",
        class: `vertebra ${kindOf(vertebra)}`,
        title: titleOf(vertebra),
        "aria-label": titleOf(vertebra).replaceAll("\n", ", "),
        style: lookOf(vertebra),
        click: () => openCase(entry, { vertebra: number }),
      },
      element("b", { text: shortName(vertebra) }),
      element("span", { text: valueText(vertebra) }),
      gradeText(vertebra) ? element("span", { text: gradeText(vertebra) }) : null,
    ),
  );
  return element("div", { class: "strip" }, ...cells);
}

// One line for all vertebrae with the same reason.
function reasonsOf(entry) {
  if (entry.not_evaluable) return [`no vertebra is evaluable: ${entry.not_evaluable}`];
  const reasons = new Map();
  for (const vertebra of entry.vertebrae.filter((one) => one.not_evaluable)) {
    reasons.set(vertebra.not_evaluable, [...(reasons.get(vertebra.not_evaluable) ?? []), shortName(vertebra)]);
  }
  return [...reasons].map(([reason, names]) => `${names.join(", ")} not evaluable: ${reason}`);
}

function notesOf(entry) {
  const reasons = reasonsOf(entry);
  const warnings = entry.warnings.filter((warning) => !reasons.includes(warning));
  return element(
    "ul",
    { class: "notes" },
    ...entry.findings.slice(0, 4).map((finding, number) => element("li", { text: findingText(entry, finding, number) })),
    entry.findings.length > 4 ? element("li", { text: `and ${plural(entry.findings.length - 4, "more finding")}` }) : null,
    ...reasons.map((text) => element("li", { text })),
    ...warnings.map((text) => element("li", { class: "reason", text })),
  );
}

function failedRow(entry) {
  return element(
    "article",
    { class: "case failed", "data-case": entry.case },
    element("span"),
    element(
      "div",
      {},
      element("h2", {}, element("span", { text: entry.case }), element("span", { class: "verdict failed", text: "failed" })),
      element("ul", { class: "notes" }, ...entry.failure.map((text) => element("li", { class: "reason", text }))),
    ),
  );
}

function rowOf(entry) {
  if (!isDone(entry)) return failedRow(entry);
  const open = () => openCase(entry, {});
  const source = `data:image/jpeg;base64,${entry.thumbnail}`;
  const picture = entry.thumbnail ? element("img", { src: source, alt: "", decoding: "async" }) : "no picture";
  const heading = element(
    "h2",
    {},
    element("button", { type: "button", class: "open", text: entry.case, click: open }),
    verdictOf(entry),
    element("span", { class: "score", text: `score ${entry.score.toFixed(3)}` }),
    element("span", { class: "score", text: `${plural(positives(entry), "positive vertebra", "positive vertebrae")} of ${entry.vertebrae.length}` }),
  );
  return element(
    "article",
    { class: "case", "data-case": entry.case },
    element("button", { type: "button", class: "thumbnail", tabindex: -1, title: `Open ${entry.case}`, click: open }, picture),
    element("div", {}, heading, entry.vertebrae.length ? strip(entry) : null, notesOf(entry)),
  );
}

function verdictOf(entry) {
  const verdict = entry.positive ? "positive" : "negative";
  return element("span", { class: `verdict ${verdict}`, text: verdict });
}

const list = document.getElementById("cases");

function showMore() {
  const shown = list.childElementCount;
  list.append(...listed.slice(shown, shown + ROWS_AT_ONCE).map(rowOf));
}

function refresh() {
  listed = chosenEntries();
  list.replaceChildren();
  showMore();
  document.getElementById("count").textContent =
    listed.length === entries.length ? plural(entries.length, "case") : `${listed.length} of ${plural(entries.length, "case")}`;
  for (const button of document.querySelectorAll("#filters button")) {
    button.setAttribute("aria-pressed", String(button.dataset.filter === state.filter));
  }
}

function change(changed) {
  Object.assign(state, changed);
  refresh();
  remember({});
}

// The address keeps what is shown, so that the page can be reloaded while a batch runs.
function remember(opened) {
  const kept = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...state, ...opened })) {
    if (value && !(name === "filter" && value === "all") && !(name === "order" && value === "score")) kept.set(name, value);
  }
  history.replaceState(null, "", `#${kept}`);
}

function recall() {
  const kept = new URLSearchParams(location.hash.slice(1));
  state.search = kept.get("search") ?? "";
  if (kept.get("filter") in FILTERS) state.filter = kept.get("filter");
  if (kept.get("order") in ORDERS) state.order = kept.get("order");
  return kept.get("case");
}

function drawScale() {
  const canvas = document.getElementById("scale");
  const pen = canvas.getContext("2d");
  if (!pen) return;
  for (let x = 0; x < canvas.width; x += 1) {
    pen.fillStyle = `rgb(${colourOf(x / (canvas.width - 1)).join(", ")})`;
    pen.fillRect(x, 0, 1, canvas.height);
  }
}

function buildControls() {
  const search = document.getElementById("search");
  search.value = state.search;
  search.addEventListener("input", () => {
    change({ search: search.value });
  });
  const buttons = Object.entries(FILTERS).map(([name, [text, belongs]]) => {
    const count = entries.filter(belongs).length;
    const look = name === "failed" && count ? "alarm" : "";
    const click = () => change({ filter: name });
    return element("button", { type: "button", class: look, "data-filter": name, text: `${text} (${count})`, click });
  });
  document.getElementById("filters").append(...buttons);
  const order = document.getElementById("order");
  order.append(...Object.entries(ORDERS).map(([name, [text]]) => element("option", { value: name, text })));
  order.value = state.order;
  order.addEventListener("change", () => {
    change({ order: order.value });
  });
}

// j and k go through the cases, Enter opens one, / searches.
function listKeys(event) {
  const isTyping = event.target.matches("input, select");
  if (document.querySelector("dialog[open]") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && isTyping) event.target.blur();
  if (isTyping) return;
  if (event.key === "/") {
    event.preventDefault();
    document.getElementById("search").focus();
  } else if (event.key === "j" || event.key === "k") {
    step(event.key === "j" ? 1 : -1);
  }
}

function step(direction) {
  const rows = [...list.children];
  const current = rows.findIndex((row) => row.contains(document.activeElement));
  const steps = direction > 0 ? rows.slice(current + 1) : rows.slice(0, Math.max(current, 0)).reverse();
  const next = steps.map((row) => row.querySelector(".open")).find(Boolean);
  next?.focus();
  next?.closest(".case").scrollIntoView({ block: "nearest" });
}

const remembered = recall();
drawScale();
buildControls();
refresh();
document.addEventListener("keydown", listKeys);
new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && showMore(), { rootMargin: "1500px" }).observe(
  document.getElementById("end"),
);
