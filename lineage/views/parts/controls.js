"use strict";
// The bar above picture and outline, the legend whose lines switch, and what the whole page does by key.
(() => {
  const { number, amount, element, get, set, on, family } = lineage;
  const { data, id } = family;
  const bar = document.getElementById("controls");
  const many = (value, one) => `${number.format(value)} ${one}${value === 1 ? "" : "s"}`;
  // A model that a button or a search names: kept, its path open, in the window.
  lineage.go = (row) => {
    family.pin({ row, place: family.place[row] }, true);
    const drawn = lineage.picture?.seen(row);
    lineage.outline.reveal(row, false, !drawn);
    const card = document.getElementById("card");
    card.tabIndex = -1;
    card.focus({ preventScroll: true });
  };
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target.id !== "search") family.pin(null);
  });
  if (!bar) return;
  const [search, colour, size, hits] = ["search", "colour", "size", "hits"].map((name) => document.getElementById(name));

  // --- search: a part of an id, whatever its case ---
  const all_listed = family.count === data.rows_all;
  let lower = null;
  let found = [];
  let hidden = 0;
  let step = -1;
  const place = () => {
    const now = step < 0 ? -1 : found[step];
    lineage.outline.find(found, now);
    lineage.picture.find(found, now);
    const where = all_listed ? "" : ` Searches the ${number.format(family.count)} listed of ${number.format(data.rows_all)}.`;
    if (!search.value) hits.textContent = (all_listed ? `Searches all ${number.format(family.count)}` : where.trim().slice(0, -1)) +
      "; Enter goes to the next hit, Shift and Enter to the one before.";
    else {
      const of = step < 0 ? many(found.length, "hit") : `Hit ${number.format(step + 1)} of ${number.format(found.length)}: ${lineage.clean(id(now))}`;
      hits.textContent = (found.length ? of : "No hit") + (hidden ? `, ${number.format(hidden)} more switched off` : "") +
        (found.length && step < 0 ? "; Enter goes to the first" : "") + "." + where;
    }
  };
  const look = () => {
    const text = search.value.trim().toLowerCase();
    step = -1;
    found = [];
    hidden = 0;
    if (text) {
      lower ??= Array.from({ length: family.count }, (_, row) => id(row).toLowerCase());
      for (let row = 0; row < family.count; row++) {
        if (!lower[row].includes(text)) continue;
        if (family.shown[row]) found.push(row);
        else hidden++;
      }
    }
    place();
  };
  const next = (by) => {
    if (!found.length) return;
    step = step < 0 ? (by > 0 ? 0 : found.length - 1) : (step + by + found.length) % found.length;
    const row = found[step];
    lineage.outline.reveal(row, false);
    place();
  };
  search.addEventListener("input", () => {
    set("q", search.value || null, true);
    look();
  });
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      event.preventDefault();
      next(event.shiftKey ? -1 : 1);
    } else if (event.key === "Escape") {
      event.preventDefault();
      search.value = "";
      set("q", null, true);
      look();
    }
  });
  addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.altKey || event.metaKey || event.target.closest?.("input, select, textarea")) return;
    event.preventDefault();
    search.focus();
    search.select();
  });

  // --- colour and size ---
  for (const cut of family.cuts) {
    const option = element("option", "", cut.option + (family.known(cut) ? "" : " (not in this snapshot)"));
    option.value = cut.by;
    option.disabled = !family.known(cut);
    colour.append(option);
  }
  colour.addEventListener("change", () => set("colour", colour.value === family.cuts[0].by ? null : colour.value));
  size.addEventListener("change", () => set("size", size.value === "downloads" ? null : size.value));
  const read = () => {
    colour.value = family.cut().by;
    size.value = get("size") ?? "downloads";
    if (size.selectedIndex < 0) size.value = "downloads";
    const wanted = get("q") ?? "";
    if (search.value !== wanted) search.value = wanted;
    look();
  };

  // --- the legend ---
  const key = document.getElementById("key");
  const legend = () => {
    const cut = family.cut();
    const held = key.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
    const title = element("h3", "", cut.title);
    title.id = "key-title";
    const list = element("ul", "keys-list");
    cut.keys.forEach((each, place) => {
      const button = element("button", "switch");
      button.type = "button";
      button.dataset.key = each.key;
      button.setAttribute("aria-pressed", !family.filter.off[cut.number].has(place));
      // a licence is spelled as it is declared
      const word = cut.by === "relation" ? each.word[0].toUpperCase() + each.word.slice(1) : each.word;
      const sign = element("i", "key " + each.look, each.letter);
      sign.setAttribute("aria-hidden", "true");
      button.append(sign, element("span", "word", word), element("span", "count", amount(each.models)),
        element("span", "part", family.share(each.downloads, data.total[1])));
      button.addEventListener("click", () => family.toggle(cut, place));
      const entry = element("li");
      entry.append(button);
      list.append(entry);
    });
    const sum = element("p", "sum");
    sum.append(element("span", "word", "Family"), element("span", "count", amount(data.total[0])), element("span", "part", data.total[1] ? "100\u00a0%" : "–"));
    const about = element("p", "quiet", "Models, and their share of the family’s " +
      many(data.total[1], "download") + ` (${data.window}). A line switches its models off and on.`);
    const parts = [title, list, sum, about];
    if (family.filter.any) {
      const state = element("p", "state");
      const back = element("button", "", "Show all");
      back.type = "button";
      back.addEventListener("click", () => set("off", null));
      state.append(element("b", "", `${number.format(family.filter.models)} of ${many(data.total[0], "model")} shown.`), " ", back);
      parts.push(state);
    }
    key.replaceChildren(...parts);
    if (held !== undefined) [...key.querySelectorAll("button")].find((each) => each.dataset.key === held)?.focus();
  };

  // --- buttons ---
  const button = (name, act) => document.getElementById(name).addEventListener("click", act);
  button("fold", () => lineage.outline.fold());
  button("fit", (event) => {
    const fits = event.target.getAttribute("aria-pressed") !== "true";
    event.target.setAttribute("aria-pressed", fits);
    document.querySelector("svg.picture").classList.toggle("fit", fits);
  });
  const name = "family-" + data.title.split("/").at(-1).replace(/[^\w.-]+/g, "_").slice(0, 80);
  button("save-picture", () => lineage.picture.keep(name + ".svg"));
  if (!all_listed) document.getElementById("save-rows").textContent =
    `Save table (TSV), ${number.format(family.count)} of ${number.format(data.rows_all)} models`;
  const known = (row) => row ? data.known[row] ?? (data.stub[family.parent[row]] ? "dangling" : "declared") : null;
  const columns = [
    ["id", id],
    ["publisher", (row) => data.accounts[data.account[row]] ?? null],
    ["kind", (row) => data.kinds[data.kind[row]]],
    ["not_in_snapshot", (row) => Boolean(data.stub[row])],
    ["relation", (row) => row ? data.odd[row] ?? data.relations[data.relation[row]][0] : null],
    ["base", (row) => row ? id(family.parent[row]) : null],
    ["known", known],
    ["bases", (row) => data.bases[row] ?? (row ? 1 : null)],
    ["downloads", (row) => data.own[row]],
    ["with_derived", family.full],
    ["models_derived", (row) => data.derived[row] ?? 0],
    ["children", (row) => data.children[row] ?? data.derived[row] ?? 0],
    ["licence", (row) => data.licences[data.licence[row]] ?? null],
    ["task", (row) => data.tasks[data.task[row]] ?? null],
    ["library", (row) => data.librarys[data.library[row]] ?? null],
    ["created", (row) => (data.created.length && data.created[row] !== null ? family.date(row) : null)],
  ];
  button("save-rows", () => lineage.tsv(name + ".tsv", columns.map(([title]) => title),
    Array.from({ length: family.count }, (_, row) => columns.map(([, value]) => value(row)))));

  read();
  legend();
  on("q", read);
  on("colour", () => { read(); legend(); });
  on("size", read);
  on("off", () => { look(); legend(); });
  bar.hidden = false;
  document.getElementById("keep").hidden = false;
  document.getElementById("side").hidden = false;
  document.getElementById("picture-keys").hidden = false;
  document.querySelector(".explore").classList.add("live");
})();
