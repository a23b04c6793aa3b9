"use strict";
// The family behind outline, picture and card: who hangs on whom, which key a model has in each cut, what is switched
// off, what is pinned. No drawing here. Rows are those of the outline, places are the signs of the picture.
lineage.family = (() => {
  const { data, get, all, set, on } = lineage;
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
  // with its slash; an id without an account has none
  const account = (row) => (data.accounts[data.account[row]] && data.accounts[data.account[row]] + "/");
  const id = (row) => account(row) + names[row];
  let found = null;
  const row = (text) => {
    if (!found) {
      found = new Map();
      for (let each = 0; each < count; each++) found.set(id(each), each);
    }
    return found.get(text) ?? -1;
  };
  const opens = (row) => size[row] > 1 || row in data.rest;
  const path_to = (row) => {
    const steps = [];
    for (let each = row; each >= 0; each = parent[each]) steps.unshift(each);
    return steps;
  };
  const full = (row) => data.full[row] ?? data.own[row];

  // --- signs: the place of every row in the picture ---
  const drawn = data.drawn.map(([kind, row, relation, base, models, downloads, full, children, listed, label]) =>
    ({ kind, row, relation, base, models, downloads, full, children, listed, label }));
  const place = new Int32Array(count);
  {
    const own = new Map();
    const badges = new Map();
    drawn.forEach((sign, number) => {
      if (sign.kind === "model") own.set(sign.row, number);
      else badges.set(sign.base + (sign.kind === "leaves" ? " " + sign.relation : ""), number);
    });
    const key = (row) => data.odd[row] ?? data.relations[data.relation[row]][0];
    for (let row = 0; row < count; row++) {
      const above = row ? place[parent[row]] : -1;
      if (own.has(row)) place[row] = own.get(row);
      else if (drawn[above].kind !== "model") place[row] = above;
      else place[row] = badges.get(above + (opens(row) ? "" : " " + key(row)));
    }
  }
  const below = drawn.map(() => []);
  drawn.forEach((sign, number) => number && below[sign.base].push(number));

  // --- cuts: every model has one key in each; -1 for a base that is not in the snapshot ---
  const cuts = data.cuts.map((cut, number) => ({
    ...cut,
    number,
    keys: cut.keys.map(([key, word, letter, look, about, models, downloads]) =>
      ({ key, word, letter, look, about, models, downloads })),
  }));
  const number_of = (cut, key) => cuts[cut].keys.findIndex((each) => each.key === key);
  const codes = cuts.map(() => new Int16Array(count));
  {
    const relations = data.relations.map(([key]) => number_of(0, key || "top"));
    const hosts = data.kinds.map((key) => number_of(1, key));
    const unlicensed = number_of(2, "(unknown)");
    const undated = number_of(3, "(unknown)");
    for (let row = 0; row < count; row++) {
      if (data.stub[row]) {
        for (const each of codes) each[row] = -1;
        continue;
      }
      codes[0][row] = relations[data.relation[row]];
      codes[1][row] = hosts[data.kind[row]];
      codes[2][row] = data.licence_keys[data.licences[data.licence[row]] ?? ""] ?? unlicensed;
      const day = data.created[row];
      codes[3][row] = day === null || day === undefined ? undated
        : Math.max(0, data.starts.findLastIndex((start) => start <= data.first_day + day));
    }
  }
  const known = (cut) => cut.keys.some((key) => key.key !== "(unknown)"); // else there is nothing to tell apart
  const cut = () => cuts.find((each) => each.by === get("colour") && known(each)) ?? cuts[0];

  // How many models of every sign have each key of a cut, listed or not.
  const tallies = new Map();
  const tally = (cut) => {
    if (!tallies.has(cut)) {
      const made = drawn.map(() => new Array(cut.keys.length).fill(0));
      for (let row = 0; row < count; row++) if (codes[cut.number][row] >= 0) made[place[row]][codes[cut.number][row]]++;
      each_cell((at, keys, models) => { made[at][keys[cut.number]] += models; });
      tallies.set(cut, made);
    }
    return tallies.get(cut);
  };
  const each_cell = (call) => {
    for (const [at, cells] of Object.entries(data.cells.at)) {
      for (let cell = 0; cell < cells.length; cell += 2) call(+at, data.cells.keys[cells[cell]], cells[cell + 1]);
    }
  };

  // --- what is switched off ---
  const shown = new Uint8Array(count);
  const alive = new Int32Array(count); // models shown in a branch
  const left = new Float64Array(drawn.length); // models shown in a sign
  const filter = { off: cuts.map(() => new Set()), any: false, models: data.total[0], listed: count };
  const read = () => {
    for (const each of filter.off) each.clear();
    for (const text of all("off")) {
      const [by, key] = text.includes(":") ? [text.split(":", 1)[0], text.slice(text.indexOf(":") + 1)] : ["relation", text];
      const wanted = cuts.find((each) => each.by === by);
      const number = wanted ? number_of(wanted.number, key) : -1;
      if (number >= 0) filter.off[wanted.number].add(number);
    }
    filter.any = filter.off.some((each) => each.size);
    left.fill(0);
    filter.models = 0;
    for (let row = count - 1; row >= 0; row--) {
      shown[row] = filter.off.every((each, number) => !each.has(codes[number][row])) ? 1 : 0;
      alive[row] = shown[row];
    }
    for (let row = count - 1; row >= 0; row--) {
      if (row) alive[parent[row]] += alive[row];
      left[place[row]] += shown[row];
      if (!data.stub[row]) filter.models += shown[row];
    }
    filter.listed = alive[0];
    each_cell((at, keys, models) => {
      if (filter.off.some((each, number) => each.has(keys[number]))) return;
      left[at] += models;
      filter.models += models;
    });
  };
  const toggle = (cut, key) => {
    const off = filter.off[cut.number];
    off.has(key) ? off.delete(key) : off.add(key);
    const texts = cuts.flatMap((each) =>
      [...filter.off[each.number]].sort((a, b) => a - b).map((key) => each.by + ":" + each.keys[key].key));
    set("off", texts.length ? texts : null);
  };
  read();
  on("off", read);

  const children = (row) => {
    const found = [];
    for (let child = row + 1; child < row + size[row]; child += size[child]) if (alive[child]) found.push(child);
    return found;
  };

  // --- what is pinned: a model (`row`), or a badge (`row` is -1); `place` is its sign ---
  const badge_word = (number) => drawn[number].kind === "branches" ? "branches" : drawn[number].relation;
  const pinned = () => {
    const of = get("model") === null ? -1 : row(get("model"));
    if (of < 0) return null;
    if (get("badge") === null) return { row: of, place: place[of] };
    const number = drawn[place[of]].row === of ? below[place[of]].find((each) =>
      drawn[each].kind !== "model" && badge_word(each) === get("badge")) : undefined;
    return number === undefined ? null : { row: -1, place: number };
  };
  const same = (one, other) => one === other || Boolean(one && other && one.row === other.row && one.place === other.place);
  // Pins what is given, or lets go of it where it is pinned already; null lets go of anything.
  const pin = (target, keep = false) => {
    const now = pinned();
    if (!target || (!keep && same(target, now))) {
      if (!now && get("model") === null) return;
      set("badge", null, true);
      set("model", null);
      return;
    }
    set("badge", target.row < 0 ? badge_word(target.place) : null, true);
    set("model", id(target.row < 0 ? drawn[drawn[target.place].base].row : target.row));
  };
  const target = (number) => ({ row: drawn[number].kind === "model" ? drawn[number].row : -1, place: number });

  const kin = (row) => data.odd[row] ?? data.relations[data.relation[row]][2];
  const date = (row) => {
    const day = data.created[row];
    return day === null || day === undefined
      ? "–" : new Date((data.first_day + day) * 864e5).toISOString().slice(0, 10);
  };
  // As in wording.py: one place, half up, from the exact integers.
  const share = (part, whole) => {
    if (!whole) return "–";
    const tenths = (BigInt(part) * 2000n + BigInt(whole)) / (2n * BigInt(whole));
    if (part && !tenths) return "<\u00a00.1\u00a0%";
    if (part < whole && tenths === 1000n) return ">\u00a099.9\u00a0%";
    return `${tenths / 10n}.${tenths % 10n}\u00a0%`;
  };

  return { data, count, parent, size, names, account, id, row, opens, path: path_to, full, drawn, place, below, cuts,
    codes, cut, known, tally, shown, alive, left, filter, toggle, children, pinned, pin, same, target, kin, date, share };
})();
