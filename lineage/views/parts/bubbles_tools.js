"use strict";
// What stands around the canvas: the card, search, legends that switch, the address, files to keep.
(() => {
  const { number, clean, amount, element, address, family } = lineage;
  const { data, count, parent, size, names, id, account, kin, full } = family;
  const { known, chosen, off } = bubbles;
  const find = (name) => document.getElementById(name);

  // --- in words ---
  const host = (row) => data.hosts[data.kind[row]];
  const date = (row) => (data.created.length && data.created[row] !== null ? family.date(row) : null);
  const facts = (row) => {
    const found = [];
    if (parent[row] >= 0) found.push(["Made", `${kin(row)} of ${id(parent[row])} (${known(row)})`]);
    const others = bubbles.further(row).map((base) => (typeof base === "number" ? id(base) : base));
    if (others.length) found.push(["Further bases", others.slice(0, 4).join(", ") + (others.length > 4 ? ", …" : "")]);
    found.push(["Hosted by", `${account(row).slice(0, -1) || "nobody named"} (${host(row)})`]);
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
      lineage.set("model", spoken < 0 ? null : id(spoken)); // the outline marks it too
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
    lineage.outline.find(hits, -1);
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
    lineage.outline.find(hits, hits[turn]);
    find("found").textContent = `${number.format(turn + 1)} of ${number.format(hits.length)}`;
  });

  // --- legends: each line switches its models off and on ---
  const switches = [];
  for (const cut of family.cuts) {
    for (const line of document.querySelectorAll(`.legend.${cut.by} tbody tr`)) {
      const sign = line.querySelector(".key");
      const place = cut.keys.findIndex((key) => sign.classList.contains(key.look));
      if (place < 0 || cut.keys[place].key === "top") continue;
      const button = element("button", "switch");
      button.type = "button";
      button.append(...sign.parentElement.childNodes);
      line.querySelector("th").replaceChildren(button);
      line.dataset.key = cut.by + ":" + cut.keys[place].key;
      switches.push([cut, place, line, button]);
      button.addEventListener("click", () => family.toggle(cut, place));
    }
  }
  const switched = () => {
    for (const [cut, place, line, button] of switches) {
      const gone = family.filter.off[cut.number].has(place);
      line.classList.toggle("off", gone);
      button.setAttribute("aria-pressed", String(!gone));
    }
    if (chosen.kept >= 0 && off(chosen.kept)) map.keep(-1);
    map.redraw();
  };

  // --- colour and size ---
  const [colour, sizes] = [find("colour"), find("size")];
  for (const cut of family.cuts) {
    const option = element("option", "", cut.option + (family.known(cut) ? "" : " (not in this snapshot)"));
    Object.assign(option, { value: cut.by, disabled: !family.known(cut) });
    colour.append(option);
  }
  const coloured = () => {
    const cut = family.cut();
    colour.value = cut.by;
    // how they were made and who hosts them always stand beside the picture; of the others what is in colours
    family.cuts.forEach((other, place) => {
      const legend = document.querySelector(".legend." + other.by);
      legend?.classList.toggle("chosen", other === cut);
      if (legend && place > 1) legend.hidden = other !== cut;
    });
    map.recolour();
  };
  const measured = () => {
    const wanted = lineage.get("size");
    chosen.size = wanted === "downstream" ? wanted : "downloads";
    sizes.value = chosen.size;
    bubbles.settle();
    map.redraw();
  };
  colour.addEventListener("change", () => lineage.set("colour", colour.value === family.cuts[0].by ? null : colour.value));
  sizes.addEventListener("change", () => lineage.set("size", sizes.value === "downloads" ? null : sizes.value));

  // --- the address ---
  const pinned = () => {
    const text = lineage.get("model");
    const row = text === null ? -1 : family.row(text);
    if (row === chosen.kept) return;
    map.keep(row);
    if (row > 0) map.go(row);
  };
  const sought = () => {
    field.value = lineage.get("q") ?? "";
    search();
  };
  for (const [key, call] of [["off", switched], ["colour", coloured], ["size", measured], ["q", sought], ["model", pinned]]) {
    lineage.on(key, call);
    call();
  }

  // --- files to keep ---
  const title = id(0).split("/").pop().replace(/[^\w.-]+/g, "-") || "model";
  find("tsv").addEventListener("click", () => {
    const head = ["id", "base", "relation", "known", "host", "downloads", "downloads_with_derived", "models_derived", "licence", "created"];
    const rows = Array.from({ length: count }, (_, row) => [id(row), parent[row] < 0 ? "" : id(parent[row]),
      row ? kin(row) : "", row ? known(row) : "", host(row), data.own[row], full(row), data.derived[row] ?? 0,
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
    for (const each of document.querySelectorAll(`.legend.${family.cut().by} tbody tr`)) {
      const named = each.querySelector("th span").firstChild.textContent.trim();
      const models = each.querySelector("td").textContent;
      ink.fillStyle = getComputedStyle(each.querySelector(".key")).backgroundColor;
      ink.beginPath();
      ink.arc(px + 7, height - 33, 7, 0, 2 * Math.PI);
      if (!each.classList.contains("off")) ink.fill();
      px += 20;
      px += write(`${named} ${models}`, "400 14px", look.ink, px, height - 28) + 24;
    }
    return sheet;
  };
})();
