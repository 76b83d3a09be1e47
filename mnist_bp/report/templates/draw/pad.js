// The pad: it keeps strokes, and draws and reads them anew with each of their changes, at most once a frame.
// A stroke is a list of points [x, y]; the pad is 1 wide and 1 high, whatever its size on the screen.

const pad = document.getElementById("pad");
const seen = document.getElementById("seen").getContext("2d");
const prediction = document.getElementById("prediction");
const state = document.getElementById("state");
const undo = document.getElementById("undo");
const clear = document.getElementById("clear");
const WIDTH = MNIST.pen / MNIST.side; // of the pen, as wide on the pad as in an image that fills it
const STEP = 1 / 25; // of the pen that keys move
const isLong = name => name.length > 2;
const SHOWN = Math.min(PAD.classes.length, 10); // classes with a bar

let strokes = [];
let stroke = null; // the one that is being drawn, also among `strokes`
let pointer = null; // that draws it, or null for the keys
let pen = [0.5, 0.3]; // where the keys' pen is
let keys = false; // whether it is to be seen
let waiting = false; // for the next frame

// An exponential never gives all to one class, so nothing is 100 %.
const written = share => PAD.percent ? `${Math.min(100 * share, 99.9).toFixed(1)} %` : share.toFixed(2);

// The drawing on the screen.

function paint() {
  const side = Math.max(1, Math.round(pad.clientWidth * devicePixelRatio));
  if (pad.width !== side) pad.width = pad.height = side;
  const context = pad.getContext("2d");
  context.clearRect(0, 0, side, side);
  context.strokeStyle = getComputedStyle(pad).color;
  context.lineCap = context.lineJoin = "round";
  context.lineWidth = WIDTH * side;
  context.beginPath();
  for (const each of strokes) {
    const [first, ...points] = smooth(each);
    context.moveTo(first[0] * side, first[1] * side);
    for (const [x, y] of points) context.lineTo(x * side, y * side);
    if (!points.length) context.lineTo(first[0] * side + 0.01, first[1] * side); // nothing is drawn of no length
  }
  context.stroke();
  if (!keys) return;
  context.lineWidth = devicePixelRatio;
  context.fillStyle = context.strokeStyle = getComputedStyle(undo).color;
  context.beginPath();
  context.arc(pen[0] * side, pen[1] * side, WIDTH * side, 0, 2 * Math.PI);
  if (stroke) context.fill();
  context.stroke();
}

// What the network sees and says.

function extent() {
  const range = axis => {
    const values = strokes.flat().map(point => point[axis]);
    return values.reduce((most, value) => Math.max(most, value)) - values.reduce((least, value) => Math.min(least, value));
  };
  return Math.max(range(0), range(1));
}

// The image: of a digit, wherever and however large it is; of other things, the pad as a whole.
const image = () => PAD.boxed ? draw(strokes)
  : ink(strokes.map(each => smooth(each).map(point => point.map(share => share * MNIST.side))));

function read() {
  if (!strokes.length) return { said: "" };
  if (PAD.boxed && extent() < WIDTH) return { said: "Draw larger" }; // a dot has no shape
  const parts = image();
  const pixels = Array.from(parts, part => Math.round(255 * part));
  const shares = probabilities(logits(pixels));
  const order = [...shares.keys()].sort((a, b) => shares[b] - shares[a]);
  const [first, second] = order;
  if (PAD.mostInk && parts.reduce((sum, part) => sum + part, 0) > PAD.mostInk) {
    return { pixels, shares, order, said: "unsure: more ink than a digit has" };
  }
  if (!(shares[first] >= PAD.sure)) {
    return { pixels, shares, order, said: `unsure: ${PAD.classes[first]} or ${PAD.classes[second]}?` };
  }
  return { pixels, shares, order, answer: PAD.classes[first], said: written(shares[first]) };
}

function show({ pixels, shares, order, answer = "", said }) {
  const data = seen.createImageData(MNIST.side, MNIST.side);
  for (let place = 0; place < MNIST.side ** 2; place++) {
    const value = pixels ? pixels[place] : 0;
    data.data.set([value, value, value, 255], 4 * place);
  }
  seen.putImageData(data, 0, 0);
  if (shares) prediction.dataset.probabilities = JSON.stringify(shares);
  else delete prediction.dataset.probabilities;
  prediction.textContent = answer;
  prediction.classList.toggle("long", isLong(answer));
  state.textContent = said;
  rows.forEach(({ row, name, bar, share }, place) => {
    const index = order && SHOWN < PAD.classes.length ? order[place] : place;
    row.classList.toggle("first", Boolean(answer) && index === order[0]);
    name.textContent = PAD.classes[index];
    bar.style.transform = `scaleX(${shares ? Math.max(0, Math.min(1, shares[index])) : 0})`;
    share.textContent = shares ? written(shares[index]) : "";
  });
}

const bars = document.getElementById("bars");
bars.classList.toggle("long", PAD.classes.some(isLong));
bars.style.setProperty("--name", `${Math.max(...PAD.classes.map(name => name.length))}em`);
const rows = Array.from({ length: SHOWN }, () => {
  const row = document.createElement("li");
  const [name, track, share] = ["name", "track", "share"].map(kind => {
    const part = document.createElement("span");
    part.className = kind;
    return part;
  });
  const bar = document.createElement("span");
  bar.className = "bar";
  track.append(bar);
  row.append(name, track, share);
  bars.append(row);
  return { row, name, bar, share };
});

function update() {
  waiting = false;
  paint();
  show(read());
  undo.disabled = clear.disabled = !strokes.length;
  document.getElementById("hint").hidden = strokes.length > 0;
}

function change() {
  if (!waiting) requestAnimationFrame(update);
  waiting = true;
}

// Tells those who do not see the bars, once a stroke has ended.
function tell() {
  const { answer, said } = read();
  document.getElementById("said").textContent = strokes.length ? [answer, said].filter(Boolean).join(", ") : "The pad is empty.";
}

// Strokes.

function begin(point) {
  stroke = [point];
  strokes.push(stroke);
  change();
}

function extend(point) {
  const [x, y] = stroke.at(-1);
  if (point[0] === x && point[1] === y) return;
  stroke.push(point);
  change();
}

function end() {
  stroke = pointer = null;
  tell();
}

function keep(count) {
  strokes = strokes.slice(0, Math.max(0, count));
  end();
  change();
  if (!strokes.length) pad.focus({ preventScroll: true }); // the buttons cannot have it any more
}

undo.addEventListener("click", () => keep(strokes.length - 1));
clear.addEventListener("click", () => keep(0));

// Mouse, finger or pen: one at a time, and a pen before a hand that lies on the screen.

const within = share => Math.min(1, Math.max(0, share));

function place(event) {
  const { left, top, width, height } = pad.getBoundingClientRect();
  return [within((event.clientX - left) / width), within((event.clientY - top) / height)];
}

pad.addEventListener("pointerdown", event => {
  event.preventDefault(); // no selection, no drag
  if (event.button !== 0) return;
  if (pointer && !(event.pointerType === "pen" && pointer.type === "touch")) return;
  if (pointer) strokes.pop();
  pointer = { id: event.pointerId, type: event.pointerType };
  if (event.isTrusted) pad.setPointerCapture(event.pointerId); // those of scripts cannot be captured
  keys = false;
  begin(place(event));
});

pad.addEventListener("pointermove", event => {
  if (event.pointerId !== pointer?.id) return;
  const events = event.getCoalescedEvents?.() ?? [];
  for (const each of events.length ? events : [event]) extend(place(each));
});

for (const kind of ["pointerup", "pointercancel", "lostpointercapture"]) {
  pad.addEventListener(kind, event => {
    if (event.pointerId !== pointer?.id) return;
    if (kind === "pointercancel") keep(strokes.length - 1); // the system took it for something else, such as a palm
    else end();
  });
}
pad.addEventListener("contextmenu", event => event.preventDefault());

// Keys.

const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const held = new Set(); // two arrows at once go aslant

pad.addEventListener("keydown", event => {
  if (event.ctrlKey || event.altKey || event.metaKey || pointer) return;
  if (event.key === " ") {
    if (stroke) end();
    else begin(pen);
  } else if (event.key in WAYS) {
    held.add(event.key);
    pen = pen.map((share, axis) => within(share + STEP * [...held].reduce((sum, key) => sum + WAYS[key][axis], 0)));
    if (stroke) extend(pen);
  } else return;
  keys = true;
  event.preventDefault();
  change();
});
pad.addEventListener("keyup", event => held.delete(event.key));
pad.addEventListener("blur", () => {
  held.clear();
  keys = false;
  if (stroke && !pointer) end();
  change();
});
pad.addEventListener("focus", () => {
  keys = pad.matches(":focus-visible");
  change();
});

document.addEventListener("keydown", event => {
  const plain = !(event.ctrlKey || event.altKey || event.metaKey);
  if (plain && (event.key === "Escape" || event.key === "Delete")) keep(0);
  else if ((plain && event.key === "Backspace") || ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key === "z")) {
    keep(strokes.length - 1);
  } else return;
  event.preventDefault();
});

new ResizeObserver(change).observe(pad);
addEventListener("resize", change); // also where only the device's pixels change
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", change);
logits(new Array(MNIST.side ** 2).fill(0)); // the first call takes longer, as the browser compiles it
change();
window.bp = { logits, draw };
