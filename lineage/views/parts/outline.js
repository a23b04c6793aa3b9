"use strict";
// The outline: a tree grid (WAI-ARIA) over the columns in #data. Rows are made when their branch is
// opened, in portions, so a family of 15,000 opens as fast as one of fifteen. All text is set as text.
(() => {
  const PORTION = 50; // rows that one opening shows; the rest waits behind a "show more" row
  const SMALL = 40; // families up to this size start fully open

  const { number, clean, amount, element, address, get, all, set, on, family } = lineage;
  const { data, count, size, names, account, id, opens, children, kin, date } = family;
  const grid = document.getElementById("outline");

  // --- cells ---
  // The sign of a model: colour and letter of its key in the cut that colours the page.
  const sign = (row) => {
    const cut = family.cut();
    const key = cut.keys[family.codes[cut.number][row]];
    return key ? element("i", "key " + key.look, key.letter) : element("i", "key relation-top");
  };
  const nameCell = (row) => {
    const cell = element("td", "model");
    const parts = element("div");
    cell.append(parts);
    parts.append(element("span", "toggle"));
    parts.append(sign(row));
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
    ["With derived", (row) => element("td", "number full", amount(family.full(row))), "number full"],
    ["Derived", (row) => element("td", "number derived", amount(data.derived[row] ?? 0)), "number derived"],
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
  // Pinned, found: what is so wherever a row is shown.
  let found = { row: -1, rows: new Set() };
  const mark = (line, row) => {
    const pinned = family.pinned();
    line.setAttribute("aria-selected", Boolean(pinned && pinned.row === row));
    line.classList.toggle("hit", found.rows.has(row));
    line.classList.toggle("current", found.row === row);
  };
  const remark = () => lines.forEach((line, row) => mark(line, row));
  const makeLine = (row, place, of) => {
    const line = element("tr");
    line.append(...columns.map(([, cell]) => cell(row)));
    prepare(line, data.depth[row]);
    line.setAttribute("aria-posinset", place);
    line.setAttribute("aria-setsize", of);
    if (opens(row)) line.setAttribute("aria-expanded", "false");
    line.dataset.row = row;
    if (!family.shown[row]) line.classList.add("off");
    mark(line, row);
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
  // Opens the path to a row and shows it: what search, address and picture need. Where it is switched off: nothing.
  const reveal = (row, move = true, scroll = true) => {
    if (!family.alive[row]) return;
    const steps = family.path(row);
    for (let place = 0; place + 1 < steps.length; place++) {
      expand(steps[place], steps[place + 1]);
      while (!lines.has(steps[place + 1])) more(below(lines.get(steps[place])).findLast(
        (line) => line.classList.contains("more") && +line.dataset.under === steps[place]));
    }
    focus(lines.get(row), move);
    if (scroll) lines.get(row).scrollIntoView({ block: "center" });
    note();
  };

  // --- what is open, in the address and out of it ---
  const start = () => {
    const rows = opens(0) ? [0] : [];
    if (count <= SMALL) for (let row = 1; row < count; row++) if (opens(row)) rows.push(row);
    return rows;
  };
  const note = () => {
    const rows = [...open].sort((a, b) => a - b);
    const usual = start().join() === rows.join();
    set("open", usual ? null : rows.length ? rows.map(id) : "", true);
  };
  const wanted = () => {
    if (get("open") === null) return start();
    return all("open").map((text) => family.row(text)).filter((row) => row >= 0).sort((a, b) => a - b);
  };
  const build = (rows) => {
    const held = current && current.dataset.row !== undefined ? +current.dataset.row : 0;
    const focused = body.contains(document.activeElement);
    lines.clear();
    open.clear();
    body.replaceChildren(makeLine(0, 1, 1));
    for (const row of rows) expand(row);
    current = null;
    focus(lines.get(held) ?? body.firstElementChild, focused);
  };

  // --- keyboard and mouse ---
  const turn = (row) => {
    open.has(row) ? collapse(row) : expand(row);
    note();
  };
  const act = (line) => {
    if (line.className === "more") return focus(more(line));
    if (line.dataset.row !== undefined) family.pin({ row: +line.dataset.row, place: family.place[line.dataset.row] });
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
      else if (line.getAttribute("aria-expanded")) turn(row);
    },
    ArrowLeft: (line) => {
      if (line.getAttribute("aria-expanded") === "true") turn(+line.dataset.row);
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
    if (event.target.closest(".toggle") && line.hasAttribute("aria-expanded")) turn(+line.dataset.row);
    else act(line);
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
  build(wanted());

  on("open", () => build(wanted()));
  on("off", () => build([...open].sort((a, b) => a - b)));
  on("model", remark);
  const colour = () => { grid.dataset.colour = family.cut().by; };
  colour();
  on("colour", () => {
    colour();
    lines.forEach((line, row) => line.querySelector("i.key").replaceWith(sign(row)));
  });

  lineage.outline = {
    reveal,
    fold() {
      build(opens(0) ? [0] : []);
      note();
    },
    // Marks what a search has found, and where it stands among that.
    find(rows, row) {
      found = { rows: new Set(rows), row };
      remark();
    },
  };
})();
