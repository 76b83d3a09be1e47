"use strict";
// Clicks on the confusion matrix and on the headers of tables. Everything else on the page needs no script.

const gallery = JSON.parse(document.getElementById("gallery")?.textContent ?? "null");
const examples = document.getElementById("examples");

function picture([index, confidence], tile, true_, said) {
  const { sheet, abreast, shape: [height, width], classes, kind } = gallery;
  const scale = Math.max(1, Math.round(56 / Math.max(width, height)));
  const sure = kind === "probability" ? `${(100 * confidence).toFixed(1)} %` : confidence.toPrecision(3);
  const image = document.createElement("span");
  image.className = "tile ink";
  image.setAttribute("role", "img");
  image.setAttribute("aria-label", `test image ${index}, true ${classes[true_]}, said ${classes[said]}, ${sure}`);
  Object.assign(image.style, {
    width: `${width * scale}px`,
    height: `${height * scale}px`,
    backgroundImage: `url(${sheet})`,
    backgroundSize: `${width * abreast * scale}px auto`,
    backgroundPosition: `-${(tile % abreast) * width * scale}px -${Math.floor(tile / abreast) * height * scale}px`,
  });
  const item = document.createElement("li");
  item.title = `test image ${index}`;
  item.append(image, sure);
  return item;
}

for (const button of document.querySelectorAll(".confusion button")) {
  button.setAttribute("aria-pressed", "false");
  button.addEventListener("click", () => {
    const { true: true_, said } = button.dataset;
    const [first, shown] = gallery.cells[`${true_},${said}`];
    for (const other of document.querySelectorAll(".confusion button")) {
      other.setAttribute("aria-pressed", String(other === button));
    }
    const words = document.createElement("p");
    const count = Number(button.textContent);
    const some = shown.length < count ? `; ${shown.length} of them` : "";
    const surest = true_ === said ? "the least sure first" : "the surest first";
    words.textContent = `${button.getAttribute("aria-label")}${some}, ${surest}:`;
    const list = document.createElement("ul");
    list.className = "digits";
    list.append(...shown.map((example, number) => picture(example, first + number, true_, said)));
    examples.replaceChildren(words, list);
  });
}

function key(row, column) {
  const text = row.cells[column].textContent.trim();
  const number = /^(-?[\d.,]+(?:e[+-]\d+)?)(?: ±.*|\s%)?$/.exec(text);
  return text === "–" ? "" : number ? Number(number[1].replaceAll(",", "")) : text;
}

// Numbers come before text, and what is missing last, whether up or down.
function order(a, b, up) {
  if (a === "" || b === "") return (a === "") - (b === "");
  if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
  return (up ? 1 : -1) * (typeof a === "number" ? a - b : a.localeCompare(b, undefined, { numeric: true }));
}

for (const table of document.querySelectorAll("table.sortable")) {
  const headers = [...table.tHead.rows[0].cells];
  headers.forEach((header, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    header.append(button);
    button.addEventListener("click", () => {
      const up = header.getAttribute("aria-sort") !== "ascending";
      for (const other of headers) other.removeAttribute("aria-sort");
      header.setAttribute("aria-sort", up ? "ascending" : "descending");
      const rows = [...table.tBodies[0].rows];
      rows.sort((a, b) => order(key(a, column), key(b, column), up));
      table.tBodies[0].append(...rows);
    });
  });
}
