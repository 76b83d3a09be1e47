// A trained network as report/embedded.py writes it, in NETWORK: the outputs for an image, and their probabilities.
// The numbers of an example lie in one Float64Array, row by row, whatever its shape is; all sums are in double precision.
const { logits, probabilities } = (network => {
  const each = f => x => x.map(f);
  const softmax = x => {
    const largest = Math.max(...x), powers = x.map(value => Math.exp(value - largest));
    const sum = powers.reduce((total, value) => total + value, 0);
    return powers.map(value => value / sum);
  };

  const affine = (x, { output: [units] }, W, b) => {
    const out = new Float64Array(units);
    out.set(b);
    x.forEach((value, i) => {
      if (value) for (let unit = 0; unit < units; unit++) out[unit] += value * W[i * units + unit];
    });
    return out;
  };

  const conv = (x, { input: [channels, height, width], output: [filters, rows, columns], kernel, stride, padding }, W, b) => {
    const out = new Float64Array(filters * rows * columns);
    let weight = 0;
    for (let filter = 0; filter < filters; filter++) {
      const place = filter * rows * columns;
      if (b.length) out.fill(b[filter], place, place + rows * columns);
      for (let channel = 0; channel < channels; channel++) {
        for (let i = 0; i < kernel; i++) {
          for (let j = 0; j < kernel; j++) {
            const w = W[weight++], start = Math.max(0, Math.ceil((padding - j) / stride));
            const stop = Math.min(columns, Math.floor((width - 1 + padding - j) / stride) + 1);
            for (let row = 0; row < rows; row++) {
              const y = row * stride + i - padding;
              if (y < 0 || y >= height) continue;
              const to = place + row * columns, from = (channel * height + y) * width + j - padding;
              for (let column = start; column < stop; column++) out[to + column] += w * x[from + column * stride];
            }
          }
        }
      }
    }
    return out;
  };

  // Reduces each window of size × size, whose members come one after the other, by `combine`.
  const pool = (first, combine) => (x, { input: [, height, width], output: [channels, rows, columns], size }) => {
    const out = new Float64Array(channels * rows * columns).fill(first);
    for (let channel = 0; channel < channels; channel++) {
      for (let y = 0; y < rows * size; y++) {
        for (let z = 0; z < columns * size; z++) {
          const place = (channel * rows + Math.floor(y / size)) * columns + Math.floor(z / size);
          out[place] = combine(out[place], x[(channel * height + y) * width + z], size);
        }
      }
    }
    return out;
  };

  const kinds = {
    affine,
    average: pool(0, (sum, value, size) => sum + value / size ** 2),
    conv,
    leaky_relu: (x, { negative_slope }) => x.map(value => Math.max(value, negative_slope * value)),
    max: pool(-Infinity, (largest, value) => Math.max(largest, value)),
    relu: each(value => Math.max(0, value)),
    sigmoid: each(value => 1 / (1 + Math.exp(-value))),
    softmax,
    softplus: each(value => Math.max(value, 0) + Math.log1p(Math.exp(-Math.abs(value)))),
    tanh: each(Math.tanh),
  };

  const text = atob(network.parameters), bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  const parameters = new Float32Array(bytes.buffer);
  let used = 0;
  const take = count => parameters.subarray(used, used += count);
  const layers = network.layers.map(layer => {
    const W = take(layer.weights), b = take(layer.biases);
    return x => kinds[layer.kind](x, layer, W, b);
  });

  return {
    // Takes the pixels of an image, numbers from 0 to 255; returns the outputs, an array.
    logits: pixels => [...layers.reduce((x, layer) => layer(x), Float64Array.from(pixels, pixel => pixel * network.scale))],
    // Returns what the network's loss takes as probabilities, of outputs.
    probabilities: outputs => network.probabilities ? [...kinds[network.probabilities](outputs)] : [...outputs],
  };
})(NETWORK);
