"use strict";
// Buttons that keep a chart as SVG and a table as TSV. Without scripts the page lacks these buttons and nothing else.
(() => {
  const add = (after, label, keep) => {
    let bar = after.nextElementSibling;
    if (!bar || !bar.classList.contains("keep")) after.after((bar = lineage.element("p", "keep")));
    const button = lineage.element("button", "", label);
    button.type = "button";
    button.addEventListener("click", keep);
    bar.append(button);
  };
  const cells = (row) =>
    Array.from(row.cells, (cell) => (cell.dataset.exact || cell.textContent).replace(/\u00a0/g, " ").trim());
  for (const chart of document.querySelectorAll("svg.chart[data-keep], .scroll > svg.chart")) {
    const name = chart.getAttribute("aria-labelledby").replace(/-title$/, "");
    add(chart.closest(".scroll") || chart, "Keep as SVG", () => lineage.svg(name + ".svg", chart));
  }
  for (const table of document.querySelectorAll("table[data-keep]")) {
    const rows = () => Array.from(table.rows, cells);
    add(table.closest(".scroll") || table, "Keep as TSV", () => {
      const [head, ...body] = rows();
      lineage.tsv(table.dataset.keep + ".tsv", head, body);
    });
  }
})();
