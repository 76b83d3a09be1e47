// A chart's legend switches its curves; pointer and arrow keys show the values of an epoch, which are those of its table.
for (const figure of document.querySelectorAll("figure.chart")) {
  const SHOWN = 8;
  const svg = figure.querySelector("svg[role=img]"), tip = figure.querySelector(".tip"), rule = svg.querySelector(".rule");
  const keys = [...figure.querySelectorAll(".key")], groups = [...svg.querySelectorAll("g[data-curve]")];
  const rows = [...figure.querySelector("tbody").rows], epochs = rows.map(row => +row.cells[0].textContent);
  const axis = (text, scale) => {
    const [low, high, start, end] = text.split(" ").map(Number);
    return value => start + (scale(value) - scale(low)) / (scale(high) - scale(low)) * (end - start);
  };
  const x = axis(svg.dataset.x, Number), y = axis(svg.dataset.y, "log" in svg.dataset ? Math.log : Number);
  let current = 0;

  const mark = near => groups.forEach((group, curve) => group.classList.toggle("near", curve === near));
  const hide = () => { tip.replaceChildren(); rule.setAttribute("visibility", "hidden"); mark(null); };
  const show = (index, height) => {
    current = index;
    const shown = groups.map((_, curve) => ({ curve, text: rows[index].cells[curve + 1].textContent }))
      .filter(({ curve, text }) => text && keys[curve].ariaPressed === "true");
    shown.forEach(value => { value.away = Math.abs(y(parseFloat(value.text)) - height); });
    const nearest = shown.toSorted((a, b) => a.away - b.away).slice(0, SHOWN);
    const near = height === undefined ? null : nearest[0]?.curve;
    tip.replaceChildren(`epoch ${epochs[index]}`, ...shown.filter(value => nearest.includes(value)).map(({ curve, text }) => {
      const line = document.createElement("div");
      line.className = `${keys[curve].className}${curve === near ? " near" : ""}`.replace("key ", "");
      line.textContent = `${keys[curve].textContent.trim()} ${text}`;
      return line;
    }));
    const place = x(epochs[index]), width = svg.viewBox.baseVal.width, right = place > width / 2;
    rule.setAttribute("visibility", "visible");
    rule.setAttribute("transform", `translate(${place})`);
    tip.style.left = right ? "" : `${100 * place / width + 2}%`;
    tip.style.right = right ? `${100 - 100 * place / width + 2}%` : "";
    mark(near);
  };

  const follow = event => {
    const { x: at, y: height } = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    const away = epochs.map(epoch => Math.abs(x(epoch) - at));
    show(away.indexOf(Math.min(...away)), height);
  };
  if (rows.length) {
    svg.addEventListener("pointermove", follow);
    svg.addEventListener("pointerdown", follow);
    svg.addEventListener("focus", () => { if (svg.matches(":focus-visible")) show(current); });
    svg.addEventListener("keydown", event => {
      const step = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
      if (event.key === "Escape") hide();
      if (!step) return;
      event.preventDefault();
      show(Math.max(0, Math.min(rows.length - 1, current + step)));
    });
  }
  svg.addEventListener("pointerleave", hide);
  svg.addEventListener("blur", hide);
  keys.forEach((key, curve) => {
    key.addEventListener("click", () => {
      const pressed = key.ariaPressed !== "true";
      key.ariaPressed = String(pressed);
      groups[curve].classList.toggle("off", !pressed);
    });
    key.addEventListener("pointerenter", () => mark(curve));
    key.addEventListener("pointerleave", () => mark(null));
  });
}
