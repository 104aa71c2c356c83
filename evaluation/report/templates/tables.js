"use strict";
// A click on a header sorts a table of class "sortable": first ascending, then descending.
(() => {
  const MISSING = "n/a";

  function keyOf(row, column) {
    const cell = row.cells[column];
    const text = cell.dataset.value ?? cell.textContent.trim();
    const number = Number.parseFloat(text);
    return { text, number, isMissing: text === "" || text.startsWith(MISSING) };
  }

  function compare(a, b) {
    const areNumbers = !Number.isNaN(a.number) && !Number.isNaN(b.number);
    return areNumbers ? a.number - b.number : a.text.localeCompare(b.text, "en", { numeric: true });
  }

  function sortBy(table, header) {
    const column = header.cellIndex;
    const direction = header.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", direction);
    const sign = direction === "ascending" ? 1 : -1;
    const keyed = [...table.tBodies[0].rows].map((row) => ({ row, key: keyOf(row, column) }));
    // Missing values stay at the bottom in both directions.
    keyed.sort((a, b) => a.key.isMissing - b.key.isMissing || sign * compare(a.key, b.key));
    table.tBodies[0].append(...keyed.map(({ row }) => row));
  }

  for (const table of document.querySelectorAll("table.sortable")) {
    for (const header of table.tHead.rows[0].cells) {
      if (!header.textContent.trim()) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.append(...header.childNodes);
      header.append(button);
      button.addEventListener("click", () => sortBy(table, header));
    }
  }
})();
