// Strokes of a pen as an image like MNIST's: the functions of preprocessing/strokes.py, with its constants in MNIST.
// A stroke is an array of points [x, y]; an image is a Float64Array of side × side numbers from 0 to 1, row by row.
const { draw, ink, smooth } = (({ side, box, middle, pen, chords }) => {
  const radius = pen / 2;

  // Returns the points of a smooth curve through those of a stroke: a centripetal Catmull-Rom spline.
  const smooth = stroke => {
    const points = stroke.filter(([x, y], i) => !i || x !== stroke[i - 1][0] || y !== stroke[i - 1][1]);
    if (points.length < 3) return points;
    const steps = points.slice(1).map(([x, y], i) => [x - points[i][0], y - points[i][1]]);
    const gaps = steps.map(([x, y]) => Math.sqrt(Math.hypot(x, y)));
    const slope = (i, axis) => {
      const before = Math.max(i - 1, 0), after = Math.min(i, steps.length - 1);
      const weighted = steps[before][axis] / gaps[before] * gaps[after] + steps[after][axis] / gaps[after] * gaps[before];
      return weighted / (gaps[before] + gaps[after]);
    };
    const curve = [points[0]];
    steps.forEach((step, i) => {
      const [x, y] = [0, 1].map(axis => {
        const start = slope(i, axis) * gaps[i], end = slope(i + 1, axis) * gaps[i];
        return u => points[i][axis]
          + u * (start + u * (3 * step[axis] - 2 * start - end + u * (start + end - 2 * step[axis])));
      });
      for (let k = 1; k <= chords; k++) curve.push([x(k / chords), y(k / chords)]);
    });
    return curve;
  };

  const limits = strokes => {
    let left = Infinity, top = Infinity, right = -Infinity, bottom = -Infinity;
    for (const [x, y] of strokes.flat()) {
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
    }
    return { left, top, right, bottom };
  };

  // Returns strokes in pixels, whose ink fills the box lengthwise, in its middle.
  const fit = strokes => {
    const { left, top, right, bottom } = limits(strokes), extent = Math.max(right - left, bottom - top);
    const scale = extent && (box - pen) / extent, x0 = (left + right) / 2, y0 = (top + bottom) / 2;
    return strokes.map(stroke => stroke.map(([x, y]) => [(x - x0) * scale + box / 2, (y - y0) * scale + box / 2]));
  };

  // Returns strokes moved so that the centre of mass of their ink is that of the pixel in the middle, or as near as they fit.
  const centre = strokes => {
    const { left, top, right, bottom } = limits(strokes);
    let mass = 0, across = 0, down = 0;
    ink(strokes).forEach((part, i) => {
      mass += part;
      across += part * (i % side + 0.5);
      down += part * (Math.floor(i / side) + 0.5);
    });
    const within = (shift, low, high) => Math.max(radius - low, Math.min(side - radius - high, shift));
    const dx = within(middle - across / mass, left, right), dy = within(middle - down / mass, top, bottom);
    return strokes.map(stroke => stroke.map(([x, y]) => [x + dx, y + dy]));
  };

  // Returns the ink of a round pen led along strokes that are given in the image's pixels.
  const ink = strokes => {
    const nearest = new Float64Array(side * side).fill(Infinity), reach = radius + 0.5;
    const first = low => Math.max(0, Math.ceil(low - reach - 0.5)), last = high => Math.min(side - 1, Math.floor(high + reach - 0.5));
    for (const stroke of strokes) {
      for (let i = 0; i < Math.max(stroke.length - 1, 1); i++) {
        const [x0, y0] = stroke[i], [x1, y1] = stroke[Math.min(i + 1, stroke.length - 1)];
        const stepX = x1 - x0, stepY = y1 - y0, square = stepX ** 2 + stepY ** 2;
        const right = last(Math.max(x0, x1)), bottom = last(Math.max(y0, y1));
        for (let row = first(Math.min(y0, y1)); row <= bottom; row++) {
          for (let column = first(Math.min(x0, x1)); column <= right; column++) {
            const dx = column + 0.5 - x0, dy = row + 0.5 - y0;
            const along = square && Math.max(0, Math.min(1, (dx * stepX + dy * stepY) / square));
            const distance = (dx - along * stepX) ** 2 + (dy - along * stepY) ** 2;
            if (distance < nearest[row * side + column]) nearest[row * side + column] = distance;
          }
        }
      }
    }
    return nearest.map(distance => Math.max(0, Math.min(1, reach - Math.sqrt(distance))));
  };

  return { ink, smooth, draw: strokes => ink(centre(fit(strokes.map(smooth)))) };
})(MNIST);
