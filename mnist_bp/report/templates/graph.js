"use strict";
// Steps through the graph: its values appear forward, in the order of the table's rows, then its gradients backward.

const rows = [...document.querySelectorAll("#nodes tr")];
const cell = (row, name) => row.querySelector(`.${name}`).textContent;
const operands = rows.map((row) => cell(row, "operands").split(", "));
const usedBy = (place) => [...rows.keys()].filter((other) => operands[other].includes(String(place)));
const forward = rows.map((row, place) => ({ place, kind: "value", at: [place], text: cell(row, "forward") }));
const backward = rows.map((row, place) => ({ place, kind: "gradient", at: usedBy(place), text: cell(row, "backward") }));
const steps = [...forward, ...backward.reverse()].filter((step) => step.text);
const button = (name) => document.getElementById(name);
let done = steps.length;

function show() {
  for (const each of document.querySelectorAll("#picture .now, #picture .now-value, #picture .now-gradient")) {
    each.classList.remove("now", "now-value", "now-gradient");
  }
  steps.forEach(({ place, kind }, index) => {
    document.getElementById(`v${place}`).classList.toggle(`no-${kind}`, index >= done);
  });
  button("first").disabled = button("back").disabled = done === 0;
  button("last").disabled = button("next").disabled = done === steps.length;
  document.getElementById("count").textContent = `step ${done} of ${steps.length}`;
}

function go(to) {
  done = Math.max(0, Math.min(steps.length, to));
  show();
  const sentence = document.getElementById("sentence");
  if (done === 0) {
    sentence.textContent = "Given are the input, the target and the parameters.";
    document.getElementById("picture").scrollLeft = 0;
    return;
  }
  const { place, kind, at, text } = steps[done - 1];
  const carried = document.getElementById(`v${place}`);
  for (const each of at) document.getElementById(`n${each}`).classList.add("now");
  carried.classList.add(`now-${kind}`);
  carried.scrollIntoView({ block: "nearest", inline: "center" });
  sentence.textContent = text;
}

const moves = {
  first: () => go(0),
  back: () => go(done - 1),
  next: () => go(done + 1),
  last: () => go(steps.length),
};
const keys = { Home: "first", ArrowLeft: "back", ArrowRight: "next", End: "last" };
for (const [name, move] of Object.entries(moves)) button(name).addEventListener("click", move);
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey || !(event.key in keys)) return;
  event.preventDefault();
  moves[keys[event.key]]();
});
document.getElementById("steps").hidden = false;
show();
