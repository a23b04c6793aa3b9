"use strict";
// Files to keep: the picture as SVG, the rows of #data as TSV. Without scripts the buttons stay hidden.
(() => {
  const { data, tsv, svg } = lineage;
  const picture = document.querySelector("svg.picture");
  const acts = {
    svg: () => picture && svg(data.file + ".svg", picture),
    tsv: () => tsv(data.file + ".tsv", data.head, data.rows),
  };
  // a picture that is wider than the page begins with the model, which stands on its right
  const wide = document.querySelector(".scroll.origins");
  if (wide) wide.scrollLeft = wide.scrollWidth;
  for (const group of document.querySelectorAll(".keep")) group.hidden = false;
  for (const button of document.querySelectorAll("[data-keep]")) {
    if (button.dataset.keep === "svg" && !picture) button.remove();
    else button.addEventListener("click", acts[button.dataset.keep]);
  }
})();
