"use strict";
// The card: everything about one model, or about what stands in a badge. All text is set as text.
lineage.card = (() => {
  const { number, amount, element, address, on, family } = lineage;
  const { data, id, names, account, drawn, kin } = family;
  const FEW = 12; // steps of a path that are shown, and bases of a merge
  const box = document.getElementById("card");
  const numbers = (value, one, many) => `${number.format(value)} ${value === 1 ? one : many ?? one + "s"}`;

  const line = (list, name, ...values) => {
    const pair = element("div");
    const value = element("dd");
    value.append(...values);
    pair.append(element("dt", "", name), " ", value);
    list.append(pair);
  };
  // A button that goes to a model.
  const jump = (row, text) => {
    const button = element("button", "jump", text ?? id(row));
    button.type = "button";
    button.addEventListener("click", () => lineage.go(row));
    return button;
  };
  const few = (items, make, unsaid = 0) => {
    const list = element("ul", "plain");
    const head = items.length > FEW ? FEW - 2 : items.length;
    items.forEach((item, place) => {
      if (place >= head && place < items.length - 1) {
        if (place === head) list.append(element("li", "quiet", `… ${number.format(items.length - 1 - head + unsaid)} more …`));
        return;
      }
      const entry = element("li");
      entry.append(...make(item));
      list.append(entry);
    });
    return list;
  };
  const title = (row) => {
    const head = element("h3");
    const name = element("bdi");
    name.append(element("span", "account", account(row)), document.createElement("wbr"), element("span", "", names[row]));
    head.append(name);
    return head;
  };
  // Every base: its row or, outside the family, its id; the relation; how the link is known.
  const bases = (row) => {
    const [drawn, ...others] = data.further[row] ?? [+data.relation[row]];
    const first = family.parent[row];
    const known = data.known[row] ?? (data.stub[first] ? "dangling" : "declared");
    const found = row && drawn >= 0 ? [[first, data.further[row] ? data.relations[drawn][2] : kin(row), known]] : [];
    for (let each = 0; each < others.length; each += 3) {
      found.push([others[each], data.relations[others[each + 1]][2], data.sure[others[each + 2]]]);
    }
    return found;
  };
  const sure = {
    declared: "declared", stated: "stated in its text", inferred: "inferred from names",
    dangling: "declared; that model is not in the snapshot",
  };
  const made = ([base, relation, known]) => {
    const how = element("small", "", ` (${relation}, ${sure[known]}${typeof base === "number" ? "" : "; outside this family"})`);
    return [typeof base === "number" ? jump(base) : element("bdi", "", base), how];
  };
  const of_all = (part) => `${family.share(part, data.total[1])} of the family’s ${numbers(data.total[1], "download")}`;
  const host = (row) => data.hosts[+data.kind[row]];

  const model = (row, short) => {
    const card = element("div");
    card.append(title(row));
    const list = element("dl");
    card.append(list);
    line(list, "Published by", element("bdi", "", data.accounts[data.account[row]] || "nobody named"),
      element("small", data.kinds[data.kind[row]] === "intermediary" ? "listed" : "", ` (${host(row)})`));
    const from = bases(row);
    const unsaid = data.unsaid?.[row] ?? 0;
    const many = number.format(from.length + unsaid);
    if (short) {
      if (row) line(list, "Relation", kin(row) + (from.length > 1 ? ` of ${many} bases` : ""));
    } else if (from.length) {
      line(list, from.length > 1 ? `Made from ${many} models` : "Made from", few(from, made, unsaid));
    }
    if (data.stub[row]) line(list, "Snapshot", "not in it: what is known is what others say");
    line(list, "Downloads", data.own[row] === null ? "unknown" : amount(data.own[row]));
    line(list, "With everything derived", amount(family.full(row)));
    if (short) return card;
    line(list, "Models derived", amount(data.derived[row] ?? 0));
    line(list, "Made directly from it", amount(data.children[row] ?? data.derived[row] ?? 0));
    if (data.total[1]) {
      line(list, "Its own share", of_all(data.own[row] ?? 0));
    }
    for (const [name, value] of [["Licence", data.licences[data.licence[row]]], ["Task", data.tasks[data.task[row]]],
      ["Library", data.librarys[data.library[row]]]]) {
      line(list, name, value === undefined ? "not stated" : element("bdi", "", value));
    }
    if (data.created.length) line(list, "Created", family.date(row));
    if (data.cycle[row]) line(list, "Cycle", "this model and others name each other as bases");
    const sign = drawn[family.place[row]];
    if (sign.kind !== "model") line(list, "In the picture", "stands in the badge ", element("b", "", sign.label));
    const path = family.path(row).slice(0, -1);
    const above = [...data.above].reverse();
    if (path.length) line(list, "Path from the root", few(path, (step) => [jump(step)]));
    if (above.length) line(list, path.length ? "The root goes back to" : "Goes back to",
      few(above, ([base, relation]) => [element("bdi", "", base), element("small", "", ` (${relation})`)]));
    const end = element("p");
    const show = element("button", "", "Show in the outline");
    show.type = "button";
    show.addEventListener("click", () => lineage.outline.reveal(row));
    end.append(show);
    card.append(end);
    const href = address(id(row));
    if (href) {
      const link = element("a", "", "Page on the Hub");
      Object.assign(link, { href, rel: "noopener noreferrer", target: "_blank" });
      end.append(" ", link);
    }
    return card;
  };

  const badge = (place, short) => {
    const sign = drawn[place];
    const card = element("div");
    card.append(element("h3", "", sign.label));
    const list = element("dl");
    card.append(list);
    line(list, "Made from", short ? element("bdi", "", id(drawn[sign.base].row)) : jump(drawn[sign.base].row));
    line(list, "Models", amount(sign.models));
    line(list, "Downloads", amount(sign.downloads) + (data.total[1] ? ", " + of_all(sign.downloads) : ""));
    line(list, "By listed intermediaries", numbers(sign.listed, "model"));
    if (short) return card;
    for (const cut of family.cuts.filter(family.known)) {
      if (cut.by === "host" || (cut.by === "relation" && sign.kind === "leaves")) continue;
      const tally = family.tally(cut)[place];
      const held = element("ul", "plain");
      cut.keys.forEach((key, number) => {
        if (!tally[number]) return;
        const entry = element("li");
        entry.append(element("bdi", "", key.word), " ", element("b", "", amount(tally[number])));
        held.append(entry);
      });
      line(list, "By " + cut.option, held);
    }
    const rows = [];
    for (let row = 0; row < family.count; row++) if (family.place[row] === place) rows.push(row);
    rows.sort((a, b) => (data.own[b] ?? -1) - (data.own[a] ?? -1) || a - b);
    const most = rows.length > 5 ? "The five of most downloads" : "Its models";
    line(list, data.short?.includes(place) ? "Of most downloads among those listed" : most,
      few(rows.slice(0, 5), (row) => [jump(row), element("small", "", " " + amount(data.own[row]))]));
    return card;
  };

  const make = (target, short) => (target.row < 0 ? badge(target.place, short) : model(target.row, short));
  let near = null;
  const show = () => {
    if (!box) return;
    const pinned = family.pinned();
    const parts = [];
    if (pinned) {
      const card = make(pinned, false);
      const close = element("button", "close", "Let go (Esc)");
      close.type = "button";
      close.addEventListener("click", () => family.pin(null));
      card.prepend(close);
      card.className = "pinned";
      parts.push(card);
    }
    if (near && !family.same(near, pinned)) {
      const card = make(near, true);
      card.className = "near";
      parts.push(card);
    }
    if (!parts.length) parts.push(element("p", "hint", "Point at a sign for a few facts; click it, or a line of the outline, to keep all of them here."));
    box.replaceChildren(...parts);
  };
  on("model", show);
  show();
  return {
    // What is pointed at, or null.
    near(target) {
      if (family.same(near, target)) return;
      near = target;
      show();
    },
  };
})();
