"use strict";
// The list of an account's models: the search knows more of them than are listed, and stands in the address (#find=…).
(() => {
  const { data, number, clean, amount, element, address, get, set, on } = lineage;
  const field = document.getElementById("find");
  if (!field) return;
  const body = document.querySelector("#repositories tbody");
  const listed = [...body.rows];
  const dated = document.querySelectorAll("#repositories thead th").length > 5;
  const status = document.getElementById("found");
  const text = data.rows.map(([id, relation, base, , format, licences]) =>
    [id, relation, base, format, licences].filter((each) => each !== null).join(" ").toLowerCase());

  const cell = (word, className, content) => {
    const made = element("td", className, content);
    made.dataset.word = word;
    return made;
  };
  const line = ([id, relation, base, bases, format, licences, downloads, created]) => {
    const row = element("tr");
    const head = element("th");
    head.scope = "row";
    const href = address(id);
    const name = element(href ? "a" : "bdi", "id", id.slice(id.indexOf("/") + 1));
    if (href) Object.assign(name, { href, rel: "noopener noreferrer", target: "_blank" });
    head.append(name);
    const made = element("td", "made-of");
    const word = base === null ? null : relation ?? "unlabelled";
    const [letter, one] = (word && (data.looks[word] ?? data.looks.unlabelled)) || [];
    if (word) made.append(element("i", "key relation-" + (word in data.looks ? word : "unlabelled"), letter));
    made.append(element("bdi", "", word ? `${one} of ${clean(base)}` + (bases > 1 ? ` and ${bases - 1} more` : "") : "no known base"));
    row.append(head, made, cell("as", "", format ?? "–"), cell("licence", "", licences ?? "–"),
      cell("downloads", "number", amount(downloads)));
    if (dated) row.append(cell("created", "number", created ?? "–"));
    return row;
  };
  const find = () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    if (!words.length) {
      body.replaceChildren(...listed);
      status.textContent = "";
      return;
    }
    const hits = [];
    text.forEach((each, place) => words.every((word) => each.includes(word)) && hits.push(place));
    body.replaceChildren(...hits.slice(0, data.listed).map((place) => listed[place] ?? line(data.rows[place])));
    const sum = hits.reduce((total, place) => total + (data.rows[place][6] ?? 0), 0);
    const cut = hits.length > data.listed ? `, the first ${data.listed} are shown` : "";
    status.textContent = `${number.format(hits.length)} of ${number.format(text.length)} models, ` +
      `${number.format(sum)} ${sum === 1 ? "download" : "downloads"}${cut}`;
  };
  const read = () => {
    field.value = get("find") ?? "";
    find();
  };
  field.addEventListener("input", () => {
    set("find", field.value || null, true);
    find();
  });
  on("find", read);
  if (get("find")) read();
})();
