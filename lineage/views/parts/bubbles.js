"use strict";
// Every model of a family, drawn on a canvas: what there is, what is lit, and the drawing itself. Nothing here listens;
// bubbles_view.js moves the picture, bubbles_tools.js chooses what is lit. It is drawn when something changed, only then.
const bubbles = (() => {
  const { clean, family } = lineage;
  const { data, count, parent, size, names, id, shown } = family;
  const { x, y, r } = data;

  const known = (row) => data.known[row] ?? (parent[row] >= 0 && data.stub[parent[row]] ? "dangling" : "declared");
  const wide = Int32Array.from(r, (_, row) => data.wide[row] ?? data.least);
  const diamond = Uint8Array.from(r, (_, row) => (data.kinds[data.kind[row]] === "intermediary" ? 1 : 0));

  // --- what a reader has chosen ---
  const chosen = { size: "downloads", hits: null, kept: -1, over: -1 };
  let near = null; // of the model that is kept: itself, its bases to the top, and all that hangs on it
  let order = []; // rows, those to be named first
  const sized = () => (chosen.size === "downstream" ? wide : r);
  const off = (row) => shown[row] === 0;
  // the bases that a model does not hang on: rows, or ids of those outside the family
  const further = (row) => (data.further[row] ?? []).filter((_, place) => place % 3 === 1);
  const lit = (row) => (near ? near[row] === 1 : !chosen.hits || chosen.hits[row] === 1);
  const settle = () => {
    near = null;
    if (chosen.kept >= 0) {
      near = new Uint8Array(count);
      for (let row = chosen.kept; row >= 0; row = parent[row]) near[row] = 1;
      near.fill(1, chosen.kept, chosen.kept + size[chosen.kept]);
    }
    const worth = chosen.size === "downstream" ? family.full : (row) => data.own[row];
    const amounts = Float64Array.from(r, (_, row) => worth(row) ?? 0);
    order = Array.from(r, (_, row) => row).sort((a, b) => amounts[b] - amounts[a] || size[b] - size[a] || a - b);
  };
  settle();

  // --- colours come from the style sheet, so that they follow the reader's theme ---
  const look = {};
  let keys = []; // of the cut that colours: what each looks like
  const theme = () => {
    const style = getComputedStyle(document.documentElement);
    for (const name of ["paper", "ink", "quiet", "stem", "strong", "top"]) look[name] = style.getPropertyValue("--" + name).trim();
    look.font = getComputedStyle(document.body).fontFamily;
    const sign = lineage.element("i", "key");
    document.body.append(sign);
    keys = family.cut().keys.map((key) => {
      sign.className = "key " + key.look;
      const { backgroundColor, color } = getComputedStyle(sign);
      return { fill: backgroundColor, ink: color, letter: key.letter };
    });
    sign.remove();
  };
  theme();
  const NONE = { fill: "transparent", ink: "transparent", letter: "" }; // not in the snapshot: hollow
  const code = (row) => family.codes[family.cut().number][row];

  // --- the picture's bounds ---
  const edges = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (let row = 0; row < count; row++) {
    const reach = Math.max(r[row], wide[row]) * 1.25;
    edges.left = Math.min(edges.left, x[row] - reach);
    edges.top = Math.min(edges.top, y[row] - reach);
    edges.right = Math.max(edges.right, x[row] + reach);
    edges.bottom = Math.max(edges.bottom, y[row] + reach);
  }
  const fit = (width, height, margin = 16) => {
    const scale = Math.min((width - 2 * margin) / (edges.right - edges.left),
      (height - 2 * margin) / (edges.bottom - edges.top), 3);
    return { scale, x: width / 2 - scale * (edges.left + edges.right) / 2, y: height / 2 - scale * (edges.top + edges.bottom) / 2 };
  };

  // --- drawing ---
  const DASHES = { stated: [16, 4], inferred: [7, 4], dangling: [1.5, 4] };
  const FAINT = 0.13;

  // `view`: scale and shift from units of the picture to points of the paper. Gives what was drawn.
  const draw = (ink, width, height, view) => {
    const { scale } = view;
    const radii = sized();
    const codes = family.codes[family.cut().number];
    const px = (row) => x[row] * scale + view.x;
    const py = (row) => y[row] * scale + view.y;
    const pr = (row) => Math.max(radii[row] * scale, 0.8);
    const inside = (row, room) =>
      px(row) > -room && py(row) > -room && px(row) < width + room && py(row) < height + room;
    ink.fillStyle = look.paper;
    ink.fillRect(0, 0, width, height);

    const lines = new Map();
    const kept = [];
    const into = (map, key) => map.get(key) ?? map.set(key, []).get(key);
    for (let row = 1; row < count; row++) {
      const base = parent[row];
      if (Math.max(px(row), px(base)) < 0 || Math.min(px(row), px(base)) > width ||
        Math.max(py(row), py(base)) < 0 || Math.min(py(row), py(base)) > height) continue;
      const bright = lit(row) && lit(base) && !off(row);
      if (bright && near && chosen.kept !== 0 && (row < chosen.kept || row === chosen.kept)) kept.push(row);
      else into(lines, (bright ? "1" : "0") + known(row)).push(row);
    }
    const strand = (rows) => {
      ink.beginPath();
      for (const row of rows) {
        ink.moveTo(px(parent[row]), py(parent[row]));
        ink.lineTo(px(row), py(row));
      }
      ink.stroke();
    };
    for (const key of [...lines.keys()].sort()) {
      ink.globalAlpha = key[0] === "1" ? 1 : 0.3;
      ink.strokeStyle = key.length > 1 && key.slice(1) !== "declared" ? look.strong : look.stem;
      ink.lineWidth = Math.max(0.5, Math.min(1.1, scale * 1.6));
      ink.setLineDash(DASHES[key.slice(1)] ?? []);
      strand(lines.get(key));
    }
    ink.globalAlpha = 1;
    for (const row of kept) {
      ink.strokeStyle = look.ink;
      ink.lineWidth = 2;
      ink.setLineDash(DASHES[known(row)] ?? []);
      strand([row]);
    }
    ink.setLineDash([]);

    const groups = new Map();
    const seen = [];
    const drawn = { models: 0, seen: 0, lit: 0, labels: 0 };
    for (let row = 0; row < count; row++) {
      if (!off(row)) drawn.models++;
      if (!off(row) && lit(row)) drawn.lit++;
      if (!inside(row, pr(row) * 1.3)) continue;
      if (!off(row)) drawn.seen++;
      const bright = lit(row) && !off(row);
      if (bright) seen.push(row);
      into(groups, (bright ? "1" : off(row) ? "-" : "0") + codes[row]).push(row);
    }
    const shape = (row, radius) => {
      const [cx, cy] = [px(row), py(row)];
      if (diamond[row]) {
        const reach = radius * 1.25;
        ink.moveTo(cx, cy - reach);
        ink.lineTo(cx + reach, cy);
        ink.lineTo(cx, cy + reach);
        ink.lineTo(cx - reach, cy);
        ink.closePath();
      } else {
        ink.moveTo(cx + radius, cy);
        ink.arc(cx, cy, radius, 0, 2 * Math.PI);
      }
    };
    for (const key of [...groups.keys()].sort()) {
      const rows = groups.get(key);
      ink.globalAlpha = key[0] === "1" ? 1 : key[0] === "0" ? FAINT : FAINT / 2;
      ink.fillStyle = (keys[key.slice(1)] ?? NONE).fill;
      ink.beginPath();
      for (const row of rows) if (!data.stub[row]) shape(row, pr(row));
      ink.fill();
      ink.setLineDash([2, 3]);
      ink.strokeStyle = look.ink;
      ink.lineWidth = 1.2;
      for (const row of rows) {
        if (!data.stub[row]) continue;
        ink.beginPath();
        shape(row, pr(row));
        ink.fillStyle = look.paper;
        ink.fill();
        ink.stroke();
        ink.fillStyle = (keys[key.slice(1)] ?? NONE).fill;
      }
      ink.setLineDash([]);
    }
    ink.globalAlpha = 1;

    // what is searched for has a ring, so that it is found among its like
    if (chosen.hits) {
      ink.strokeStyle = look.ink;
      ink.lineWidth = 1.5;
      ink.beginPath();
      for (const row of seen) if (chosen.hits[row]) shape(row, pr(row) + 1.5);
      ink.stroke();
    }
    for (const row of [chosen.over, chosen.kept]) {
      if (row < 0) continue;
      ink.strokeStyle = look.ink;
      ink.setLineDash([3, 3]);
      ink.lineWidth = 1.2;
      for (const base of further(row)) {
        if (typeof base !== "number") continue;
        ink.beginPath();
        ink.moveTo(px(row), py(row));
        ink.lineTo(px(base), py(base));
        ink.stroke();
      }
      ink.setLineDash([]);
      ink.lineWidth = row === chosen.kept ? 2.5 : 1.5;
      ink.beginPath();
      shape(row, pr(row) + 2);
      ink.stroke();
    }
    const named = label(ink, width, height, seen, view.taken, px, py, pr);
    drawn.labels = named.made;
    letters(ink, seen.filter((row) => pr(row) >= 6.5 && !data.stub[row] && !named.over(px(row), py(row))), named.within, px, py, pr);
    return drawn;
  };

  // A letter for the relation where a disc has room for one: nobody has to tell colours apart.
  const letters = (ink, rows, within, px, py, pr) => {
    ink.textAlign = "center";
    ink.textBaseline = "middle";
    for (const row of rows) {
      const { letter, ink: colour } = keys[code(row)] ?? NONE;
      if (!letter) continue;
      ink.font = `700 ${Math.min(pr(row) * 1.15, 26)}px ${look.font}`;
      ink.fillStyle = colour;
      ink.fillText(letter, px(row), py(row) + 0.5 - (within.has(row) ? pr(row) * 0.42 : 0));
    }
  };

  // Names, those of most downloads first, where none covers another and few discs are covered; never all.
  const CELL = 5;
  const short = (text) => (text.length > 34 ? text.slice(0, 20) + "…" + text.slice(-13) : text);
  const label = (ink, width, height, seen, beforehand, px, py, pr) => {
    const [across, down] = [Math.ceil(width / CELL), Math.ceil(height / CELL)];
    const discs = new Uint8Array(across * down); // what a disc covers
    const texts = new Uint8Array(across * down); // 2: a name; 1: a disc that is too large to be written over
    const there = new Uint8Array(count);
    const each = (left, top, right, bottom, call) => {
      for (let line = Math.max(0, Math.floor(top / CELL)); line <= Math.min(down - 1, Math.floor(bottom / CELL)); line++) {
        for (let cell = Math.max(0, Math.floor(left / CELL)); cell <= Math.min(across - 1, Math.floor(right / CELL)); cell++) {
          call(line * across + cell);
        }
      }
    };
    for (const row of seen) {
      there[row] = 1;
      const [cx, cy, reach] = [px(row), py(row), pr(row)];
      each(cx - reach, cy - reach, cx + reach, cy + reach, (cell) => {
        if (reach > CELL && Math.hypot((cell % across + 0.5) * CELL - cx, (Math.floor(cell / across) + 0.5) * CELL - cy) > reach) return;
        discs[cell] = 1;
        if (reach > 8) texts[cell] = 1;
      });
    }
    if (beforehand) each(...beforehand, (cell) => void (texts[cell] = 2));
    const room = (box, bold) => {
      let [all, covered, taken] = [0, 0, 0];
      each(...box, (cell) => {
        all++;
        covered += discs[cell];
        taken = Math.max(taken, texts[cell]);
      });
      return bold === "must" ? taken < 2 : !taken && (bold || covered <= all * 0.04);
    };
    const most = Math.max(8, Math.round(width * height / 15000));
    const within = new Set();
    let [made, tried] = [0, 0];
    ink.textAlign = "center";
    ink.textBaseline = "middle";
    ink.lineJoin = "round";
    // in a large disc, where its name fits, in the colour that is readable there
    const inside = (row) => {
      const reach = pr(row) * (diamond[row] ? 1 : 1.75);
      if (pr(row) < 30 || data.stub[row]) return false;
      const text = clean(short(names[row]));
      ink.font = `650 13px ${look.font}`;
      const fontSize = Math.min(13, 13 * reach / ink.measureText(text).width);
      if (fontSize < 9) return false;
      ink.font = `650 ${fontSize}px ${look.font}`;
      const { letter, ink: colour } = keys[code(row)] ?? NONE;
      ink.fillStyle = letter ? colour : look.paper;
      ink.fillText(text, px(row), py(row) + 2);
      within.add(row);
      return true;
    };
    const beside = (row, bold) => {
      const large = row === 0 || row === chosen.kept;
      const fontSize = large ? 14 : 12;
      ink.font = `${large || size[row] > 1 ? 650 : 450} ${fontSize}px ${look.font}`;
      const text = clean(short(large ? id(row) : names[row]));
      const half = ink.measureText(text).width / 2 + 3;
      const at = Math.min(Math.max(px(row), half + 2), width - half - 2);
      const reach = pr(row) * (diamond[row] ? 1.25 : 1) + fontSize / 2 + 5;
      for (const middle of [py(row) + reach, py(row) - reach]) {
        const box = [at - half, middle - fontSize / 2, at + half, middle + fontSize / 2];
        if (box[1] < 0 || box[3] > height || !room(box, bold)) continue;
        each(...box, (cell) => void (texts[cell] = 2));
        ink.strokeStyle = look.paper;
        ink.lineWidth = 4;
        ink.globalAlpha = 0.85;
        ink.strokeText(text, at, middle);
        ink.globalAlpha = 1;
        ink.fillStyle = look.ink;
        ink.fillText(text, at, middle);
        return true;
      }
      return false;
    };
    const put = (row, ...ways) => {
      if ((row !== chosen.kept && inside(row)) || ways.some((way) => beside(row, way))) made++;
    };
    // what is kept, the top, and the bases that most of the family hangs on have their names, whatever lies there
    const first = order.filter((row) => size[row] > 5 && size[row] * 5 >= count).slice(0, 4);
    const must = [...new Set([chosen.kept, 0, ...first])].filter((row) => row >= 0 && there[row]);
    for (const row of must) put(row, true, "must");
    for (const row of order) {
      if (made >= most || tried > most * 3) break;
      if (!there[row] || must.includes(row)) continue;
      put(row, tried < 7 && size[row] > 1);
      tried++;
    }
    const over = (x, y) => texts[Math.floor(y / CELL) * across + Math.floor(x / CELL)] === 2;
    return { made, within, over };
  };

  return { x, y, known, chosen, sized, off, further, settle, theme, look, edges, fit, draw };
})();
