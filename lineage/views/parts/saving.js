"use strict";
// Files to save: charts and pictures as SVG, tables as TSV. Without scripts a page lacks these buttons and nothing else.
// Buttons of the page's own (`button[data-keep]`) save the picture and the rows of #data; a chart, and a table that
// has a name in `data-keep`, get theirs here.
(() => {
  const { data, element, tsv, svg } = lineage;
  const PICTURE = "Save picture (SVG)", TABLE = "Save table (TSV)";
  const picture = document.querySelector("svg.picture");
  const acts = {
    svg: () => svg(data.file + ".svg", picture),
    tsv: () => tsv(data.file + ".tsv", data.head, data.rows),
  };
  for (const button of document.querySelectorAll("button[data-keep]")) {
    if (button.dataset.keep === "svg" && !picture) button.remove();
    else button.addEventListener("click", acts[button.dataset.keep]);
  }
  for (const bar of document.querySelectorAll(".keep")) bar.hidden = false;

  const add = (after, label, act) => {
    const button = element("button", "", label);
    button.type = "button";
    button.addEventListener("click", act);
    const bar = element("p", "keep");
    bar.append(button);
    const signs = after.nextElementSibling; // a legend stays beside its picture
    (signs && signs.matches(".signs") ? signs : after).after(bar);
  };
  for (const chart of document.querySelectorAll(".scroll > svg.chart")) {
    const name = chart.getAttribute("aria-labelledby").replace(/-title$/, "");
    add(chart.closest(".scroll"), PICTURE, () => svg(name + ".svg", chart));
  }
  const cells = (row) =>
    Array.from(row.cells, (cell) => (cell.dataset.exact || cell.textContent).replace(/\u00a0/g, " ").trim());
  for (const table of document.querySelectorAll("table[data-keep]")) {
    add(table.closest(".scroll") || table, TABLE, () => {
      const [head, ...body] = Array.from(table.rows, cells);
      tsv(table.dataset.keep + ".tsv", head, body);
    });
  }

  // a picture that is wider than the page begins with the model, which stands on its right
  const wide = document.querySelector(".scroll.origins");
  if (wide) wide.scrollLeft = wide.scrollWidth;
})();
