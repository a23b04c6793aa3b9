"use strict";
// The outline: a tree grid (WAI-ARIA) over the columns in #data. Rows are made when their branch is
// opened, in portions, so a family of 15,000 opens as fast as one of fifteen. All text is set as text.
(() => {
  const PORTION = 50; // rows that one opening shows; the rest waits behind a "show more" row
  const SMALL = 40; // families up to this size start fully open

  const { data, number, clean, amount, element, address } = lineage;
  const grid = document.getElementById("outline");
  const count = data.depth.length;

  // --- the tree: parents and branch sizes follow from the depths, names from the row before ---
  const parent = new Int32Array(count).fill(-1);
  const size = new Int32Array(count).fill(1);
  const names = [];
  const path = [];
  for (let row = 0; row < count; row++) {
    path.length = data.depth[row];
    if (path.length) parent[row] = path[path.length - 1];
    path.push(row);
    names.push((row ? names[row - 1].slice(0, data.same[row]) : "") + data.name[row]);
  }
  for (let row = count - 1; row > 0; row--) size[parent[row]] += size[row];

  const children = (row) => {
    const found = [];
    for (let child = row + 1; child < row + size[row]; child += size[child]) found.push(child);
    return found;
  };
  // with its slash; an id without an account has none
  const account = (row) => (data.accounts[data.account[row]] && data.accounts[data.account[row]] + "/");
  const id = (row) => account(row) + names[row];
  const opens = (row) => size[row] > 1 || row in data.rest;

  // --- cells ---
  const date = (row) => {
    const day = data.created[row];
    return day === null || day === undefined
      ? "–" : new Date((data.first_day + day) * 864e5).toISOString().slice(0, 10);
  };

  const nameCell = (row) => {
    const cell = element("td", "model");
    const parts = element("div");
    cell.append(parts);
    parts.append(element("span", "toggle"));
    const [, letter] = data.relations[data.relation[row]];
    parts.append(element("i", "key relation-" + (data.relations[data.relation[row]][0] || "top"), letter));
    const words = element("span", "words");
    const href = address(id(row));
    const name = element(href ? "a" : "bdi", "id");
    if (href) Object.assign(name, { href, rel: "noopener noreferrer", target: "_blank", tabIndex: -1 });
    name.append(element("span", "account", account(row)), document.createElement("wbr"), clean(names[row]));
    words.append(name);
    for (const [className, text] of chips(row)) words.append(" ", element("span", "chip " + className, text));
    // shown where the page is too narrow for the columns
    const derived = data.derived[row] ? ` · ${amount(data.derived[row])} derived` : "";
    words.append(element("span", "narrow", kin(row) + derived));
    parts.append(words);
    return cell;
  };
  const kin = (row) => data.odd[row] ?? data.relations[data.relation[row]][2];
  const chips = (row) => {
    const found = [];
    if (data.kinds[data.kind[row]] === "intermediary") found.push(["listed", "intermediary"]);
    if (data.bases[row]) found.push(["", data.bases[row] + " bases"]);
    if (data.stub[row]) found.push(["", "not in the snapshot"]);
    if (data.known[row]) found.push(["", "base " + data.known[row]]);
    if (data.cycle[row]) found.push(["", "in a cycle"]);
    return found;
  };
  const columns = [
    ["Model", nameCell, "model"],
    ["Relation", (row) => element("td", "relation", kin(row)), "relation"],
    ["Downloads", (row) => element("td", "number own", amount(data.own[row])), "number own"],
    ["With derived", (row) => element("td", "number full", amount(data.full[row] ?? data.own[row])), "number full"],
    ["Models derived", (row) => element("td", "number derived", amount(data.derived[row] ?? 0)), "number derived"],
    ["Licence", (row) => element("td", "licence", data.licences[data.licence[row]] ?? "–"), "licence"],
    ["Created", (row) => element("td", "created", date(row)), "created"],
  ];
  if (!data.created.length) columns.pop();
  if (!data.licences.length) columns.splice(5, 1);

  // --- rows ---
  const lines = new Map(); // row number → its <tr>, where one is shown
  const open = new Set();
  const body = element("tbody");
  body.setAttribute("role", "rowgroup");
  let current = null; // the one row that Tab reaches

  const prepare = (line, depth) => {
    line.setAttribute("role", "row");
    line.setAttribute("aria-level", depth + 1);
    line.tabIndex = -1;
    line.style.setProperty("--depth", Math.min(depth, 12));
    for (const cell of line.cells) cell.setAttribute("role", "gridcell");
    return line;
  };
  const makeLine = (row, place, of) => {
    const line = element("tr");
    line.append(...columns.map(([, cell]) => cell(row)));
    prepare(line, data.depth[row]);
    line.setAttribute("aria-posinset", place);
    line.setAttribute("aria-setsize", of);
    if (opens(row)) line.setAttribute("aria-expanded", "false");
    line.dataset.row = row;
    lines.set(row, line);
    return line;
  };
  const makeSpan = (row, className, text) => {
    const line = element("tr", className);
    const cell = element("td", "model", text);
    cell.colSpan = columns.length;
    line.append(cell);
    line.dataset.under = row;
    return prepare(line, data.depth[row] + 1);
  };

  // The next portion of a branch, after the line `after`; at least until `until` is among them.
  const show = (row, from, after, until) => {
    const all = children(row);
    const part = document.createDocumentFragment();
    const end = Math.min(all.length, Math.max(from + PORTION, until === undefined ? 0 : all.indexOf(until) + 1));
    for (let place = from; place < end; place++) part.append(makeLine(all[place], place + 1, all.length));
    if (end < all.length) {
      const left = all.length - end;
      const more = makeSpan(row, "more", `Show ${Math.min(PORTION, left)} more of ${number.format(left)}`);
      more.dataset.from = end;
      part.append(more);
    } else if (row in data.rest) {
      const [models, downloads] = data.rest[row];
      part.append(makeSpan(row, "rest", `${number.format(models)} more models, together ` +
        `${number.format(downloads)} downloads, are counted here but not listed`));
    }
    const first = part.firstChild;
    after.after(part);
    return first;
  };
  const expand = (row, until) => {
    const line = lines.get(row);
    if (!line || open.has(row) || !opens(row)) return;
    open.add(row);
    line.setAttribute("aria-expanded", "true");
    show(row, 0, line, until);
  };
  const below = (line) => {
    const level = +line.getAttribute("aria-level");
    const found = [];
    for (let next = line.nextElementSibling; next && +next.getAttribute("aria-level") > level;
      next = next.nextElementSibling) found.push(next);
    return found;
  };
  const collapse = (row) => {
    const line = lines.get(row);
    for (const each of below(line)) {
      if (each.dataset.row !== undefined) {
        lines.delete(+each.dataset.row);
        open.delete(+each.dataset.row);
      }
      each.remove();
    }
    open.delete(row);
    line.setAttribute("aria-expanded", "false");
  };
  const more = (line) => {
    const first = show(+line.dataset.under, +line.dataset.from, line);
    line.remove();
    return first;
  };

  const focus = (line, move = true) => {
    if (!line) return;
    if (current) current.tabIndex = -1;
    current = line;
    line.tabIndex = 0;
    if (move) line.focus();
  };
  // Opens the path to a row and shows it: what search, address and picture need.
  const reveal = (row) => {
    const steps = [];
    for (let each = row; each >= 0; each = parent[each]) steps.unshift(each);
    for (let place = 0; place + 1 < steps.length; place++) {
      expand(steps[place], steps[place + 1]);
      while (!lines.has(steps[place + 1])) more(below(lines.get(steps[place])).findLast(
        (line) => line.className === "more" && +line.dataset.under === steps[place]));
    }
    focus(lines.get(row));
    lines.get(row).scrollIntoView({ block: "center" });
  };

  // --- keyboard and mouse ---
  const act = (line) => {
    if (line.className === "more") return focus(more(line));
    const row = +line.dataset.row;
    if (opens(row)) open.has(row) ? collapse(row) : expand(row);
    else line.querySelector("a")?.click();
  };
  const up = (line) => {
    const level = +line.getAttribute("aria-level");
    let before = line.previousElementSibling;
    while (before && +before.getAttribute("aria-level") >= level) before = before.previousElementSibling;
    return before;
  };
  const keys = {
    ArrowDown: (line) => focus(line.nextElementSibling),
    ArrowUp: (line) => focus(line.previousElementSibling),
    Home: () => focus(body.firstElementChild),
    End: () => focus(body.lastElementChild),
    ArrowRight: (line) => {
      const row = +line.dataset.row;
      if (line.getAttribute("aria-expanded") === "true") focus(line.nextElementSibling);
      else expand(row);
    },
    ArrowLeft: (line) => {
      if (line.getAttribute("aria-expanded") === "true") collapse(+line.dataset.row);
      else focus(up(line));
    },
    Enter: act,
    o: (line) => line.querySelector("a")?.click(),
  };
  body.addEventListener("keydown", (event) => {
    const line = event.target.closest("tr");
    if (!line || event.ctrlKey || event.altKey || event.metaKey || !(event.key in keys)) return;
    if (event.target !== line && event.key === "Enter") return; // a link that has the focus
    event.preventDefault();
    keys[event.key](line);
  });
  body.addEventListener("click", (event) => {
    const line = event.target.closest("tr");
    if (!line || event.target.closest("a")) return;
    focus(line);
    if (line.className === "more" || opens(+line.dataset.row)) act(line);
  });
  document.querySelector("svg.picture")?.addEventListener("click", (event) => {
    const node = event.target.closest("[data-row]");
    if (node) reveal(+node.dataset.row);
  });

  // --- start ---
  const head = element("thead");
  head.setAttribute("role", "rowgroup");
  const titles = element("tr");
  titles.setAttribute("role", "row");
  for (const [title, , className] of columns) {
    const cell = element("th", className, title);
    cell.setAttribute("role", "columnheader");
    titles.append(cell);
  }
  head.append(titles);
  grid.append(head, body);
  body.append(makeLine(0, 1, 1));
  expand(0);
  if (count <= SMALL) for (let row = 1; row < count; row++) expand(row);
  focus(body.firstElementChild, false);
})();
