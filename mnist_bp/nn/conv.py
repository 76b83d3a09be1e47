"""The convolutional layer: the same small weighted sums at every place of an image, as one matrix product a row."""

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view

from mnist_bp.nn.buffers import Array, first_axis_first, first_axis_last
from mnist_bp.nn.layers import Linear, Shape


def im2col(x: Array, kernel: int, stride: int = 1) -> Array:
    """Return as columns what a square kernel sees at each of its places in images.

    Shapes: x (N, C, H, W); the result (N, C·K², OH·OW), which may be a view where K = 1.

        out[n, (c, i, j), (p, q)] = x[n, c, p·stride + i, q·stride + j]

    Source: Chellapilla, Puri & Simard, High performance convolutional neural networks for document processing (2006).
    """
    windows = sliding_window_view(x, (kernel, kernel), axis=(2, 3))[:, :, ::stride, ::stride]
    examples, channels, rows, columns = windows.shape[:4]
    return windows.transpose(0, 1, 4, 5, 2, 3).reshape(examples, channels * kernel**2, rows * columns)


def bands(rows: Array, kernel: int, stride: int = 1) -> Array:
    """Return every `kernel` successive rows, one below the other, as one matrix: a view, in which they overlap.

    Shapes: rows (H, R, M), C-contiguous; the result (OH, K·R, M).

        out[p, (i, r), m] = rows[p·stride + i, r, m]

    Source: Cho & Brand, MEC: memory-efficient convolution for deep neural network, ICML (2017).
    """
    height, size, width = rows.shape
    down, *within = rows.strides
    shape = (height - kernel) // stride + 1, kernel * size, width
    return as_strided(rows, shape, (stride * down, *within), writeable=False)


class Conv2D(Linear):
    """Compute out[n, f, p, q] = Σ_cij W[f, c, i, j] · x[n, c, p·stride + i, q·stride + j] + b[f].

    (A cross-correlation, as everywhere in this field.) `padding` zeros are put around x first.
    Shapes: x (N, C, H, W), W (F, C, K, K), b (F,), out (N, F, OH, OW) with OH = ⌊(H + 2·padding − K) / stride⌋ + 1.
    Source: LeCun, Bottou, Bengio & Haffner, Proceedings of the IEEE 86 (1998), section II.

    Arrays of images lie in memory as (C, H, W, N), so that whatever is copied or added is a long run of numbers. What a
    kernel sees is copied for its K columns alone, as the rows below one another lie in memory as a product needs them:

        seen[y, (c, j), (q, n)] = x[n, c, y, q·stride + j]
        out[f, p, (q, n)] = Σ_icj W[f, c, i, j] · bands(seen)[p, (i, c, j), (q, n)]
    """

    def __init__(
        self,
        input_shape: tuple[int, int, int],
        filters: int,
        kernel: int,
        *,
        stride: int = 1,
        padding: int = 0,
        bias: bool = True,
    ) -> None:
        channels, height, width = input_shape
        if stride < 1 or padding < 0:
            raise ValueError(f"Conv2D expects a stride of 1 or more, and padding of 0 or more; got {stride}, {padding}")
        if kernel > min(height, width) + 2 * padding:
            raise ValueError(
                f"Conv2D expects a kernel that fits into images of {height} × {width} with padding {padding}; "
                f"got {kernel} × {kernel}"
            )
        area = kernel**2
        super().__init__((filters, channels, kernel, kernel), channels * area, filters * area, filters, bias=bias)
        self.input_shape = input_shape
        self.kernel, self.stride, self.padding = kernel, stride, padding
        rows, columns = ((size + 2 * padding - kernel) // stride + 1 for size in (height, width))
        self._output_shape = (filters, rows, columns)

    def forward(self, x: Array) -> Array:
        """Return W ∗ x + b in the layer's own buffer.

        Raises ValueError if x is not of shape (N, C, H, W).
        """
        if x.shape[1:] != self.input_shape:
            channels, height, width = self.input_shape
            raise ValueError(f"Conv2D expects x of shape (N, {channels}, {height}, {width}); got {x.shape}")
        image = self._image(x)
        filters, rows, columns = self._output_shape
        channels, height, _, examples = image.shape
        seen = self.buffer("seen", (height, channels, self.kernel, columns, examples), image.dtype)
        channel, down, right, example = image.strides
        seen[...] = as_strided(image, seen.shape, (down, channel, right, right * self.stride, example))
        self._bands = bands(seen.reshape(height, -1, columns * examples), self.kernel, self.stride)
        out = self.buffer("out", (filters, rows, columns * examples), self.W.dtype)
        W = self.W.transpose(0, 2, 1, 3).reshape(filters, -1)
        np.matmul(W, self._bands, out=out.transpose(1, 0, 2))
        if self.bias:
            out += self.b[:, None, None]
        return first_axis_first(out.reshape(filters, rows, columns, examples))

    def backward(self, dout: Array) -> Array:
        """Propagate the loss gradient through out = W ∗ x + b.

        Shapes: dout (N, F, OH, OW); the result (N, C, H, W); dW (F, C, K, K); db (F,).

            dW[f, c, i, j] = Σ_npq dout[n, f, p, q] · x[n, c, p·stride + i, q·stride + j]
            db[f] = Σ_npq dout[n, f, p, q]
            dx[n, c, p·stride + i, q·stride + j] += Σ_f W[f, c, i, j] · dout[n, f, p, q]      for all i, j, p, q

        The sum over i is part of a product, for which the rows of dout, `spread` by the stride between rows of zeros,
        meet the kernel upside down:

            dseen[y, (c, j), (q, n)] = Σ_if W[f, c, K−1−i, j] · bands(spread)[y, (i, f), (q, n)]
            dx[n, c, y, q·stride + j] += dseen[y, (c, j), (q, n)]      for all j, q

        No 1/N here: the loss has already divided.
        """
        self.parameter_gradients(dout)
        kernel, stride, padding = self.kernel, self.stride, self.padding
        channels, height, width = self.input_shape
        height, width = height + 2 * padding, width + 2 * padding
        examples, filters, rows, columns = dout.shape
        spread = self.buffer("spread", (height + kernel - 1, filters, columns, examples), dout.dtype)
        spread[...] = 0
        spread[kernel - 1 : kernel - 1 + rows * stride : stride] = dout.transpose(2, 1, 3, 0)
        dseen = self.buffer("dseen", (height, channels, kernel, columns, examples), dout.dtype)
        np.matmul(
            self.W[:, :, ::-1].transpose(1, 3, 2, 0).reshape(channels * kernel, -1),
            bands(spread.reshape(len(spread), filters, -1), kernel),
            out=dseen.reshape(height, channels * kernel, -1),
        )
        dx = self.buffer("dx", (channels, height, width, examples), dout.dtype)
        dx[...] = 0
        for j in range(kernel):
            dx[:, :, j : j + columns * stride : stride] += dseen[:, :, j].transpose(1, 0, 2, 3)
        inner = slice(padding, -padding or None)
        return first_axis_first(dx[:, inner, inner])

    def parameter_gradients(self, dout: Array) -> None:
        """Overwrite dW and db as `backward` does."""
        last = self._examples_last("dout", dout)
        filters, rows, columns, examples = last.shape
        products = self.buffer("products", (rows, self.fan_in, filters), dout.dtype)
        np.matmul(self._bands, last.reshape(filters, rows, -1).transpose(1, 2, 0), out=products)
        summed = np.sum(products, axis=0, out=self.buffer("dWᵀ", products.shape[1:], dout.dtype))
        self.dW[...] = summed.reshape(self.kernel, -1, self.kernel, filters).transpose(3, 1, 0, 2)
        if self.bias:
            ones = self.buffer("ones", (rows * columns * examples,), dout.dtype, fill=1)
            np.dot(last.reshape(filters, -1), ones, out=self.db)  # faster than NumPy's sum

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return (F, OH, OW) for (C, H, W); raises ValueError for another shape."""
        if input_shape != self.input_shape:
            raise ValueError(f"Conv2D expects images of shape {self.input_shape}; got {input_shape}")
        return self._output_shape

    def columns(self, x: Array) -> Array:
        """Return the columns (N, C·K², OH·OW) of `im2col`."""
        padding = (self.padding, self.padding)
        return im2col(np.pad(x, ((0, 0), (0, 0), padding, padding)), self.kernel, self.stride)

    def matrix(self, W: Array) -> Array:
        """Return W as a view (C·K², F)."""
        return W.reshape(len(W), -1).T

    def _image(self, x: Array) -> Array:
        """Return x with `padding` zeros around each image, in memory as (C, H, W, N)."""
        if not self.padding:
            return self._examples_last("x", x)
        channels, height, width = self.input_shape
        image = self.buffer("x", (channels, height + 2 * self.padding, width + 2 * self.padding, len(x)), x.dtype)
        inner = slice(self.padding, -self.padding)
        image[...] = 0
        image[:, inner, inner] = first_axis_last(x)
        return image

    def _examples_last(self, name: str, array: Array) -> Array:
        """Return an array (N, C, H, W) as (C, H, W, N): a view if it lies so, else a copy, which is faster to read."""
        last = first_axis_last(array)
        if last.flags.c_contiguous:
            return last
        copy = self.buffer(name, last.shape, last.dtype)
        copy[...] = last
        return copy
