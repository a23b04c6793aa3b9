"use strict";
// The picture: a tree that the keyboard walks, signs that change colour and size, what fades, what is pinned.
(() => {
  const { amount, clean, element, get, on, family } = lineage;
  const { data, drawn, below, id } = family;
  const svg = document.querySelector("svg.picture");
  if (!svg) return;
  const SVG = "http://www.w3.org/2000/svg";
  const LARGEST = 26, SMALLEST = 7.5; // radii, as in draw.py
  const groups = [...svg.querySelectorAll(".node")];
  const make = (name, attributes) => {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };

  // --- what every sign is made of, before anything changes it ---
  const signs = groups.map((group, place) => {
    const title = group.querySelector("title");
    const name = title.textContent.split("\n", 1)[0];
    const front = [...group.querySelectorAll(".sign:not(.behind)")].at(-1);
    const radius = front.getAttribute("r") ?? front.getAttribute("width") / 1.78;
    const box = front.getBBox();
    return {
      group, title, name, place, front, all: [...group.querySelectorAll(".sign")], letter: group.querySelector(".letter"),
      x: box.x + box.width / 2, y: box.y + box.height / 2, radius: front.tagName === "polygon" ? box.width / 2.5 : +radius,
      texts: [...group.querySelectorAll(".name, .facts")], amount: group.querySelector(".amount"),
      stub: front.classList.contains("stub"),
    };
  });
  const left = signs.map(({ texts, radius }) => +texts[0].getAttribute("x") - radius);

  // --- size: the area of a sign, and the number that stands by it ---
  const MEASURES = {
    downloads: [(sign) => sign.downloads, "the downloads of the model itself", (sign) => sign.row >= 0 && data.own[sign.row] === null],
    downstream: [(sign) => sign.full, "the downloads of the model and of everything derived from it"],
    children: [(sign) => sign.children, "the number of models made directly from it"],
  };
  const measure = () => (Object.hasOwn(MEASURES, get("size") ?? "") ? get("size") : "downloads");
  const UNITS = [[1e3, "k"], [1e6, "M"], [1e9, "B"], [1e12, "T"]];
  const short = (value) => { // as in wording.py
    if (value < 1000) return String(value);
    const [size, letter] = UNITS.find(([size]) => Math.floor((2 * value + size) / (2 * size)) < 1000) ?? UNITS[3];
    const tenths = Math.floor((20 * value + size) / (2 * size));
    return (tenths < 1000 ? (tenths / 10).toFixed(1) : lineage.number.format(Math.floor((2 * value + size) / (2 * size)))) + "\u00a0" + letter;
  };
  const resize = () => {
    const [value, about, unknown] = MEASURES[measure()];
    const values = drawn.map(value);
    const most = Math.max(...values) || 1;
    signs.forEach((sign, place) => {
      const radius = Math.max(SMALLEST, LARGEST * Math.sqrt(values[place] / most));
      const scale = radius / sign.radius;
      sign.now = radius;
      const still = Math.abs(scale - 1) < 0.01;
      for (const each of sign.all) {
        if (still) each.removeAttribute("transform");
        else each.setAttribute("transform", `translate(${sign.x} ${sign.y}) scale(${scale.toFixed(4)}) translate(${-sign.x} ${-sign.y})`);
      }
      for (const text of sign.texts) text.setAttribute("x", (left[place] + radius).toFixed(1));
      if (sign.amount) sign.amount.textContent = unknown?.(drawn[place]) ? "unknown"
        : short(values[place]) + (measure() === "children" && values[place] ? " made from it" : "");
    });
    document.getElementById("measure").textContent = about;
  };

  // --- colour: of the key of a model, in a badge of the keys of all its models, as a pie ---
  const slice = (sign, from, to, look) => {
    const at = (part) => [sign.x + sign.now * Math.sin(2 * Math.PI * part), sign.y - sign.now * Math.cos(2 * Math.PI * part)]
      .map((each) => each.toFixed(2)).join(" ");
    const round = sign.now.toFixed(2);
    return make("path", { class: "slice " + look,
      d: `M${sign.x} ${sign.y}L${at(from)}A${round} ${round} 0 ${to - from > 0.5 ? 1 : 0} 1 ${at(to)}Z` });
  };
  const paint = () => {
    const cut = family.cut();
    for (const { by } of family.cuts) svg.classList.toggle("by-" + by, by === cut.by);
    const tally = family.tally(cut);
    const off = family.filter.off[cut.number];
    signs.forEach((sign, place) => {
      for (const pie of sign.group.querySelectorAll(".pie")) pie.remove();
      const model = drawn[place].kind === "model";
      const code = model ? family.codes[cut.number][drawn[place].row] : tally[place].findIndex(Boolean);
      const keys = model ? 1 : tally[place].filter(Boolean).length;
      const key = cut.keys[code];
      const look = !key ? "relation-top" : keys > 1 ? "mixed-keys" : key.look;
      for (const each of sign.all) {
        each.setAttribute("class", `sign ${look}${each === sign.front ? "" : " behind"}${sign.stub ? " stub" : ""}`);
      }
      if (sign.letter || (key && cut.by !== "relation")) {
        if (!sign.letter) {
          sign.letter = make("text", { class: "letter", x: sign.x, y: (sign.y + 3.4).toFixed(1) });
          sign.group.insertBefore(sign.letter, sign.texts[0]);
        }
        sign.letter.textContent = key && keys === 1 ? key.letter : "";
        sign.letter.setAttribute("class", "letter on-" + (key ? key.look : "top"));
      }
      if (keys > 1) {
        const pie = make("g", { class: "pie" });
        let sum = 0;
        tally[place].forEach((models, number) => {
          if (!models) return;
          const share = models / drawn[place].models;
          pie.append(slice(sign, sum, sum + share, cut.keys[number].look + (off.has(number) ? " gone" : "")));
          sum += share;
        });
        sign.front.after(pie);
      }
    });
  };

  // --- what fades: switched off, or not what is pinned ---
  const fade = () => {
    const pinned = family.pinned();
    const near = new Set();
    if (pinned) {
      for (let place = pinned.place; place >= 0; place = drawn[place].base) near.add(place);
    }
    svg.classList.toggle("has-pin", near.size > 0);
    signs.forEach(({ group }, place) => {
      const total = drawn[place].kind === "model" ? 1 : drawn[place].models;
      const part = family.left[place] / total;
      group.setAttribute("opacity", pinned?.place === place ? 1 : (0.2 + 0.8 * Math.min(1, part)).toFixed(3));
      group.classList.toggle("near", near.has(place) || (pinned?.place === drawn[place].base && pinned.row >= 0));
      group.classList.toggle("pinned", pinned?.place === place);
      group.setAttribute("aria-selected", pinned?.place === place);
    });
    for (const line of svg.querySelectorAll(".link")) {
      const place = +line.dataset.child;
      line.classList.toggle("near", near.has(place));
      line.classList.toggle("gone", !family.left[place] && !below[place].length);
    }
  };

  // --- the keyboard: one tab stop, arrows along the tree ---
  let current = 0;
  const go = (place, move = true) => {
    if (place === undefined || place < 0) return;
    signs[current].group.setAttribute("tabindex", "-1");
    current = place;
    signs[current].group.setAttribute("tabindex", "0");
    if (move) signs[current].group.focus();
  };
  const beside = (place, step) => {
    const row = place ? below[drawn[place].base] : [0];
    return row[row.indexOf(place) + step];
  };
  const keys = {
    ArrowLeft: (place) => go(drawn[place].base),
    ArrowRight: (place) => go(below[place][0]),
    ArrowUp: (place) => go(beside(place, -1)),
    ArrowDown: (place) => go(beside(place, 1)),
    Home: () => go(0),
    End: () => go(signs.length - 1),
    Enter: (place) => family.pin(family.target(place)),
    " ": (place) => family.pin(family.target(place)),
  };
  svg.addEventListener("keydown", (event) => {
    const place = groups.indexOf(event.target.closest(".node"));
    if (place < 0 || event.ctrlKey || event.altKey || event.metaKey || !Object.hasOwn(keys, event.key)) return;
    event.preventDefault();
    keys[event.key](place);
  });
  svg.addEventListener("click", (event) => {
    const place = groups.indexOf(event.target.closest(".node"));
    if (place < 0) return;
    go(place, false);
    family.pin(family.target(place));
  });
  const at = (event) => {
    const place = groups.indexOf(event.target.closest?.(".node"));
    lineage.card.near(place < 0 ? null : family.target(place));
  };
  svg.addEventListener("mouseover", at);
  svg.addEventListener("focusin", at);
  svg.addEventListener("mouseleave", () => lineage.card.near(null));
  svg.addEventListener("focusout", () => lineage.card.near(null));

  svg.setAttribute("role", "tree");
  document.getElementById("stage").removeAttribute("tabindex");
  for (const each of svg.children) if (each.tagName === "g" && !each.classList.contains("node")) each.setAttribute("aria-hidden", "true");
  signs.forEach((sign, place) => {
    const one = drawn[place];
    let level = 1;
    for (let above = place; above; above = drawn[above].base) level++;
    const row = place ? below[one.base] : [0];
    const said = one.kind !== "model" ? "" : family.kin(one.row);
    // Its name: what is seen of it, the id whole, and how it was made. No aria-label, which would stand for what is seen.
    sign.title.textContent = clean([one.kind === "model" ? id(one.row) : sign.texts[0].textContent, said,
      [...sign.group.querySelectorAll(".facts tspan")].map((each) => each.textContent).join("")].filter(Boolean).join(", "));
    const attributes = { role: "treeitem", tabindex: place ? -1 : 0, "aria-level": level, "aria-posinset": row.indexOf(place) + 1,
      "aria-setsize": row.length };
    for (const [key, value] of Object.entries(attributes)) sign.group.setAttribute(key, value);
  });

  // --- to keep: the picture with what it takes to read it alone ---
  const keep = (name) => {
    const cut = family.cut();
    const box = svg.viewBox.baseVal;
    const before = [svg.getAttribute("viewBox"), svg.getAttribute("height"), svg.getAttribute("width")];
    const note = make("g", { class: "imprint" });
    let y = box.height + 26;
    const text = (content, x, name) => {
      const made = make("text", { class: name, x, y });
      made.textContent = clean(content);
      note.append(made);
      return made;
    };
    text(cut.title, 12, "imprint-title");
    y += 20;
    let x = 12;
    svg.append(note);
    for (const key of cut.keys) {
      const words = `${key.word}: ${amount(key.models)}`;
      if (x > 12 && x + 30 + words.length * 6.4 > box.width) {
        x = 12;
        y += 18;
      }
      note.append(make("circle", { class: "sign " + key.look, cx: x + 7, cy: y - 4, r: 7 }));
      text(key.letter, x + 7, "letter on-" + key.look).setAttribute("y", y - 0.8);
      x += 20 + text(words, x + 18).getComputedTextLength() + 16;
    }
    y += 8;
    for (const line of ["Family of " + data.title, data.imprint.slice(0, 3).join(" · "), data.imprint.slice(3).join(" · "), "Area of a sign: " + MEASURES[measure()][1] + ". Diamond: listed intermediary. Stack: several models.",
      ...(family.filter.any ? [`Shown: ${amount(family.filter.models)} of ${amount(data.total[0])} models; the others are faded.`] : []), data.made]) {
      y += 15;
      text(line, 12);
    }
    const wide = Math.max(box.width, note.getBBox().x + note.getBBox().width + 12);
    svg.setAttribute("viewBox", `0 0 ${wide} ${y + 14}`);
    svg.setAttribute("height", y + 14);
    svg.setAttribute("width", wide);
    lineage.svg(name, svg);
    note.remove();
    ["viewBox", "height", "width"].forEach((key, place) => svg.setAttribute(key, before[place]));
  };

  resize();
  paint();
  fade();
  on("size", () => { resize(); paint(); });
  on("colour", paint);
  on("off", () => { paint(); fade(); });
  // Sideways only: where the page is scrolled to is the reader's.
  const stage = document.getElementById("stage");
  const aside = () => {
    const pinned = family.pinned();
    if (!pinned) return;
    const [box, frame] = [groups[pinned.place].getBoundingClientRect(), stage.getBoundingClientRect()];
    if (box.left < frame.left || box.right > frame.right) stage.scrollLeft += box.left - frame.left - 40;
  };
  aside();
  on("model", () => { fade(); aside(); });
  lineage.picture = {
    keep,
    // Marks the signs in which something found stands, and the one where the search is.
    find(rows, row) {
      const hits = new Set(rows.map((each) => family.place[each]));
      signs.forEach(({ group }, place) => {
        group.classList.toggle("hit", hits.has(place));
        group.classList.toggle("current", row >= 0 && family.place[row] === place);
      });
    },
    // Whether the sign of a row is in the window.
    seen(row) {
      const box = groups[family.place[row]].getBoundingClientRect();
      return box.top >= 0 && box.bottom <= innerHeight;
    },
    show: (row) => groups[family.place[row]].scrollIntoView({ block: "nearest", inline: "nearest" }),
  };
})();
