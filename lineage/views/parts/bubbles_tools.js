"use strict";
// What stands around the canvas: the card, search, legends that switch, the address, files to keep.
(() => {
  const { data, number, clean, amount, element, address } = lineage;
  const { count, parent, size, names, id, account, relation, host, known, chosen, off } = bubbles;
  const find = (name) => document.getElementById(name);

  // --- in words ---
  const word = (row) => data.odd[row] ?? data.relations[data.relation[row]][2];
  const HOSTS = { own: "same account or owner", intermediary: "intermediary", other: "other account" };
  const date = (row) => {
    const day = data.created[row];
    return day === null || day === undefined ? null : new Date((data.first_day + day) * 864e5).toISOString().slice(0, 10);
  };
  const full = (row) => data.full[row] ?? data.own[row];
  const facts = (row) => {
    const found = [];
    if (parent[row] >= 0) found.push(["Made", `${word(row)} of ${id(parent[row])} (${known(row)})`]);
    const others = (data.further[row] ?? []).map(id);
    if (others.length) found.push(["Further bases", others.slice(0, 4).join(", ") + (others.length > 4 ? ", …" : "")]);
    found.push(["Hosted by", `${account(row).slice(0, -1) || "nobody named"} (${HOSTS[host(row)]})`]);
    found.push(["Downloads", data.stub[row] ? "not in the snapshot" : data.own[row] === null ? "unknown" : amount(data.own[row])]);
    if (size[row] > 1) found.push(["With derived", amount(full(row))], ["Models derived", amount(data.derived[row] ?? 0)]);
    const licence = data.licences[data.licence[row]];
    if (licence) found.push(["Licence", licence]);
    if (date(row)) found.push(["Created", date(row)]);
    if (data.cycle[row]) found.push(["Note", "in a cycle of models that name each other"]);
    return found;
  };

  // --- the card, and the same for those who listen ---
  const card = find("card");
  const show = () => {
    const row = chosen.over >= 0 ? chosen.over : chosen.kept;
    card.hidden = row < 0;
    if (row < 0) return;
    const kept = row === chosen.kept;
    const title = element("b");
    title.append(element("span", "account", account(row)), clean(names[row]));
    const list = element("dl");
    for (const [name, value] of facts(row)) {
      const text = element("dd");
      text.append(element("bdi", "", value));
      list.append(element("dt", "", name), text);
    }
    card.replaceChildren(title, list);
    card.className = kept ? "kept" : "";
    const href = address(id(row));
    if (kept && href && !data.stub[row]) {
      const line = element("p");
      const link = element("a", "", "Model page");
      Object.assign(link, { href, rel: "noopener noreferrer", target: "_blank" });
      line.append(link);
      card.append(line);
    }
    const [px, py, radius] = map.place(row);
    const [width, height] = map.room();
    const [across, down] = [Math.max(6, width - card.offsetWidth - 6), Math.max(6, height - card.offsetHeight - 6)];
    // what is kept lights its branch: its card stands in the corner that is farthest from it
    let [left, top] = [px < width / 2 ? across : 6, py < height / 2 ? down : 6];
    if (!kept) {
      const side = radius * 1.25 + 14;
      const right = px + side < across;
      if (right || px - side - card.offsetWidth > 4) {
        left = right ? px + side : px - side - card.offsetWidth;
        top = Math.min(Math.max(6, py - 24), down);
      }
    }
    card.style.left = `${Math.round(left)}px`;
    card.style.top = `${Math.round(top)}px`;
  };
  let spoken = -1;
  map.on(() => {
    if (chosen.kept !== spoken) {
      spoken = chosen.kept;
      find("said").textContent = spoken < 0 ? "Nothing is kept." :
        clean(`${id(spoken)}. ${facts(spoken).map((each) => each.join(": ")).join(". ")}.`);
      lineage.set("model", spoken < 0 ? null : id(spoken), true);
    }
    show();
  });
  new MutationObserver(show).observe(map.canvas, { attributeFilter: ["data-x", "data-y", "data-scale"] });

  // --- search ---
  const field = find("find");
  let hits = [];
  let turn = -1;
  let lower = null;
  const search = () => {
    const text = field.value.trim().toLowerCase();
    lower ??= Array.from({ length: count }, (_, row) => id(row).toLowerCase());
    hits = text ? lower.flatMap((each, row) => (each.includes(text) ? [row] : [])) : [];
    hits.sort((a, b) => (data.own[b] ?? 0) - (data.own[a] ?? 0) || a - b);
    turn = -1;
    chosen.hits = null;
    if (text) {
      chosen.hits = new Uint8Array(count);
      for (const row of hits) chosen.hits[row] = 1;
    }
    find("found").textContent = !text ? "" : hits.length ?
      `${number.format(hits.length)} of ${number.format(count)}; Enter shows ${hits.length > 1 ? "one by one" : "it"}` :
      "no name has this in it";
    map.redraw();
  };
  field.addEventListener("input", () => {
    map.keep(-1);
    search();
    lineage.set("q", field.value.trim() || null, true);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !hits.length) return;
    event.preventDefault();
    turn = (turn + (event.shiftKey ? hits.length - 1 : 1)) % hits.length;
    map.keep(hits[turn]);
    map.go(hits[turn]);
    find("found").textContent = `${number.format(turn + 1)} of ${number.format(hits.length)}`;
  });

  // --- legends: each line switches its models off and on ---
  const lines = new Map();
  for (const line of document.querySelectorAll(".legend tbody tr")) {
    const sign = line.querySelector(".key");
    const key = /(?:relation|host)-\w+/.exec(sign?.className ?? "")?.[0].replace("-", ":");
    if (!key || key === "relation:top") continue;
    const button = element("button", "switch");
    button.type = "button";
    button.append(...sign.parentElement.childNodes);
    line.querySelector("th").replaceChildren(button);
    line.dataset.key = key;
    lines.set(key, [line, button]);
    button.addEventListener("click", () => {
      chosen.off.has(key) ? chosen.off.delete(key) : chosen.off.add(key);
      lineage.set("off", chosen.off.size ? [...chosen.off].sort() : null, true);
      switched();
    });
  }
  const switched = () => {
    bubbles.settle();
    for (const [key, [line, button]] of lines) {
      line.classList.toggle("off", chosen.off.has(key));
      button.setAttribute("aria-pressed", String(!chosen.off.has(key)));
    }
    if (chosen.kept >= 0 && off(chosen.kept)) map.keep(-1);
    map.redraw();
  };

  // --- colour and size ---
  for (const what of ["colour", "size"]) {
    const list = find(what);
    const usual = list.value;
    list.addEventListener("change", () => {
      chosen[what] = list.value;
      lineage.set(what, list.value === usual ? null : list.value, true);
      bubbles.settle();
      map.redraw();
    });
  }

  // --- the address ---
  const restore = () => {
    const wanted = lineage.all("off").map((key) => (key.includes(":") ? key : "relation:" + key));
    chosen.off = new Set(wanted.filter((key) => lines.has(key)));
    for (const what of ["colour", "size"]) {
      const list = find(what);
      const wanted = lineage.get(what);
      list.value = [...list.options].some((option) => option.value === wanted) ? wanted : list.options[0].value;
      chosen[what] = list.value;
    }
    field.value = lineage.get("q") ?? "";
    search();
    switched();
    const model = lineage.get("model");
    let row = -1;
    for (let each = 0; model !== null && each < count && row < 0; each++) if (id(each) === model) row = each;
    map.keep(row);
    if (row > 0) map.go(row);
    else map.all();
  };
  for (const key of ["off", "colour", "size", "q", "model"]) lineage.on(key, later);
  let due = false;
  function later() { // a new address tells all keys at once
    if (due) return;
    due = true;
    queueMicrotask(() => {
      due = false;
      restore();
    });
  }
  restore();

  // --- files to keep ---
  const title = id(0).split("/").pop().replace(/[^\w.-]+/g, "-") || "model";
  find("tsv").addEventListener("click", () => {
    const head = ["id", "base", "relation", "known", "host", "downloads", "downloads_with_derived", "models_derived", "licence", "created"];
    const rows = Array.from({ length: count }, (_, row) => [id(row), parent[row] < 0 ? "" : id(parent[row]),
      row ? word(row) : "", row ? known(row) : "", HOSTS[host(row)], data.own[row], full(row), data.derived[row] ?? 0,
      data.licences[data.licence[row]] ?? "", date(row) ?? ""]);
    lineage.tsv(`family-${title}.tsv`, head, rows);
  });
  find("png").addEventListener("click", () => {
    picture().toBlob((blob) => lineage.keep(`family-${title}.png`, blob));
  });
  // The whole family with its title, what it stands on and what the colours mean: it must be understood without the page.
  const picture = () => {
    const [width, head, foot, margin] = [1200, 116, 64, 36];
    const { top, bottom, left, right } = bubbles.edges;
    const tall = (width - 2 * margin) * (bottom - top) / (right - left) + 2 * margin;
    const height = Math.round(head + foot + Math.min(Math.max(tall, 500), 1200));
    const sheet = Object.assign(document.createElement("canvas"), { width: width * 2, height: height * 2 });
    const ink = sheet.getContext("2d", { alpha: false });
    const { look } = bubbles;
    ink.scale(2, 2);
    ink.fillStyle = look.paper;
    ink.fillRect(0, 0, width, height);
    ink.save();
    ink.translate(0, head);
    bubbles.draw(ink, width, height - head - foot, bubbles.fit(width, height - head - foot, margin));
    ink.restore();
    const write = (text, font, colour, px, py) => {
      ink.font = `${font} ${look.font}`;
      ink.fillStyle = colour;
      ink.fillText(text, px, py);
      return ink.measureText(text).width;
    };
    ink.textAlign = "left";
    ink.textBaseline = "alphabetic";
    write(clean(id(0)), "700 28px", look.ink, margin, 50);
    let [along, line] = [margin, 76];
    for (const each of document.querySelectorAll(".dateline > div")) {
      const text = each.textContent.trim();
      ink.font = `400 13px ${look.font}`;
      if (along > margin && along + ink.measureText(text).width > width - margin) [along, line] = [margin, line + 19];
      along += write(text, "400 13px", look.quiet, along, line) + 20;
    }
    let px = margin;
    for (const each of document.querySelectorAll(`.legend.${chosen.colour} tbody tr`)) {
      const key = each.dataset.key?.split(":")[1] ?? "top";
      const named = each.querySelector("th span").firstChild.textContent.trim();
      const models = each.querySelector("td").textContent;
      ink.fillStyle = look[{ own: "top", intermediary: "listed", other: "unlabelled" }[key] ?? key];
      ink.globalAlpha = chosen.off.has(each.dataset.key) ? 0.2 : 1;
      ink.beginPath();
      ink.arc(px + 7, height - 33, 7, 0, 2 * Math.PI);
      ink.fill();
      ink.globalAlpha = 1;
      px += 20;
      px += write(`${named} ${models}`, "400 14px", look.ink, px, height - 28) + 24;
    }
    return sheet;
  };
})();
