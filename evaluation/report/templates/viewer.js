"use strict";
// The interactive viewer. The page contains the library and the volumes, compressed; nothing is downloaded.
(() => {
  const root = document.getElementById("viewer");
  const data = JSON.parse(document.getElementById("viewer-data").textContent);
  const canvas = root.querySelector("canvas");
  const status = root.querySelector(".status");
  const levels = root.querySelector(".levels");
  const caseButtons = [...root.querySelectorAll("[data-open]")];
  let library = null;
  let viewer = null;
  let shown = null;
  let started = null;

  function say(state, text) {
    root.dataset.state = state;
    status.textContent = text;
  }

  async function loadLibrary() {
    const packed = atob(document.getElementById("niivue").textContent.trim());
    const bytes = Uint8Array.from(packed, (character) => character.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const script = document.createElement("script");
    script.textContent = await new Response(stream).text();
    document.head.append(script);
    return globalThis.niivue;
  }

  async function start() {
    library = await loadLibrary();
    viewer = await volumeViewer(library, canvas, data);
    viewer.onLocation(([ct, probability]) => {
      if (shown) status.textContent = `${shown.case_id}: ${Math.round(ct)} HU, probability ${probability.toFixed(2)}`;
    });
  }

  function listLevels(chosen) {
    const buttons = chosen.vertebrae.map((vertebra) => {
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.level = vertebra.level;
      const grade = vertebra.grade ? ` grade ${vertebra.grade}` : "";
      button.textContent = `${vertebra.level}${grade}${vertebra.outcome ? ` · ${vertebra.outcome}` : ""}`;
      button.addEventListener("click", () => viewer.goTo(vertebra.centroid));
      return button;
    });
    levels.replaceChildren(...buttons);
  }

  async function open(caseId, level) {
    const chosen = data.cases.find((one) => one.case_id === caseId);
    say("loading", `Opening ${caseId} …`);
    if (shown !== chosen) {
      shown = null;
      await viewer.show(chosen.ct, chosen.probability);
      listLevels(chosen);
      shown = chosen;
    }
    for (const button of caseButtons) button.setAttribute("aria-pressed", String(button.dataset.open === caseId));
    const selected = chosen.vertebrae.find((one) => one.level === level);
    viewer.goTo((selected ?? chosen.vertebrae.find((one) => one.grade > 0) ?? chosen.vertebrae[0]).centroid);
    root.dataset.state = "ready";
  }

  function fail(error) {
    say("failed", `The viewer cannot run in this browser (${error.message}); the rest of this page can be read.`);
  }

  // Clicks are handled one after another, because a volume takes a moment to open.
  let queue = Promise.resolve();
  const enqueue = (caseId, level) => {
    queue = queue.then(() => started).then(() => open(caseId, level)).catch(fail);
  };
  const canDraw = document.createElement("canvas").getContext("webgl2") && "DecompressionStream" in globalThis;
  if (canDraw) {
    started = start();
    for (const button of caseButtons) button.addEventListener("click", () => enqueue(button.dataset.open));
    for (const button of document.querySelectorAll("[data-show-case]")) {
      button.addEventListener("click", () => {
        root.scrollIntoView({ block: "center" });
        enqueue(button.dataset.showCase, button.dataset.showLevel);
      });
    }
    enqueue(data.cases[0].case_id);
  } else {
    say("failed", "The viewer needs WebGL 2, which this browser does not offer; the rest of this page can be read.");
  }
})();
