"use strict";
// What the scripts of a page share: its data, text made safe to show, the address, files to keep.
const lineage = (() => {
  const block = document.getElementById("data");
  const data = block ? JSON.parse(block.textContent) : {};
  const number = new Intl.NumberFormat("en-US");
  // The same characters as in wording.py: what hides others or turns the line round.
  const hidden = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0]/gu;
  const clean = (text) => text.replace(hidden, "\ufffd");
  const amount = (value) => (value === null || value === undefined ? "–" : number.format(value));
  const element = (name, className, text) => {
    const made = document.createElement(name);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = clean(text);
    return made;
  };
  // Only what the Hub allows as a name becomes a link, and only to the Hub.
  const address = (id) =>
    /^[A-Za-z0-9][\w.-]*(\/[\w.-]+)?$/.test(id) && !id.includes("..") ? "https://huggingface.co/" + id : null;

  // --- the address: what a reader has chosen stands behind the #, so that a view can be cited ---
  // #model=…&open=…&open=…&off=adapter&colour=licence. Every key may stand several times; order is kept.
  let state = new URLSearchParams(location.hash.slice(1));
  const listeners = [];
  const tell = (key) => listeners.forEach(([wanted, call]) => (key === null || wanted === key) && call());
  const get = (key) => state.get(key);
  const all = (key) => state.getAll(key);
  // A text, a list of texts, or null to forget. `quiet`: whoever sets it has already shown it.
  const set = (key, value, quiet = false) => {
    state.delete(key);
    for (const each of value === null ? [] : [value].flat()) state.append(key, each);
    const text = state.toString();
    history.replaceState(null, "", text ? "#" + text : location.pathname + location.search);
    if (!quiet) tell(key);
  };
  const on = (key, call) => listeners.push([key, call]);
  addEventListener("hashchange", () => {
    if (location.hash && !location.hash.includes("=")) return; // a place on the page, not a view
    state = new URLSearchParams(location.hash.slice(1));
    tell(null);
  });

  // --- files to keep ---
  const save = (name, type, text) => keep(name, new Blob([text], { type }));
  const keep = (name, blob) => {
    const link = element("a");
    const url = URL.createObjectURL(blob);
    Object.assign(link, { href: url, download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  };
  // Cells hold no tab and no line end. An apostrophe goes wherever a spreadsheet could begin a formula, by the rule of
  // lineage/spreadsheet.py; a number is none, and the tables of a page have theirs as text.
  const SIGNS = String.raw`=+\-@\uff1d\uff0b\uff0d\uff20`, BETWEEN = String.raw`,;\t\n\r`, BLANK = String.raw`\x00-\x08\x0b\x0c\x0e-\x20\x7f-\xa0\xad\u061c\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff\ufffd`;
  const BEGINS = new RegExp(`^[${BLANK}']*["${SIGNS}]`), INNER = new RegExp(`([${BETWEEN}])([${BLANK}'"]*[${SIGNS}])`, "g");
  const cell = (value) => {
    const text = value === null || value === undefined ? "" : String(value).replace(/[\t\r\n\v\f\x85\u2028\u2029]/g, " ");
    if (typeof value !== "string" || /^-?\d[\d.]*$/.test(text)) return text;
    const inner = text.replace(INNER, "$1'$2");
    return BEGINS.test(text) ? "'" + inner : inner;
  };
  const tsv = (name, head, rows) =>
    save(name, "text/tab-separated-values", [head, ...rows].map((row) => row.map(cell).join("\t")).join("\n") + "\n");
  // A picture outside its page has no style sheet: what it looks like now is written into a copy.
  const LOOK = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "opacity",
    "display", "visibility", "font-family", "font-size", "font-weight", "text-anchor", "paint-order", "transform",
    "transform-origin", "transform-box"];
  const svg = (name, picture) => {
    const copy = picture.cloneNode(true);
    const from = [picture, ...picture.querySelectorAll("*")];
    [copy, ...copy.querySelectorAll("*")].forEach((each, place) => {
      const look = getComputedStyle(from[place]);
      each.removeAttribute("class");
      for (const what of LOOK) {
        const value = look.getPropertyValue(what);
        if (value) each.style.setProperty(what, value);
      }
    });
    copy.style.background = getComputedStyle(document.body).backgroundColor;
    save(name, "image/svg+xml", new XMLSerializer().serializeToString(copy));
  };

  return { data, number, clean, amount, element, address, get, all, set, on, keep, tsv, svg };
})();
