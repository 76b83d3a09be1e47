"""The convolutional layer: the same small weighted sums at every place of an image, as one matrix product an image."""

import numpy as np

from mnist_bp.nn.buffers import Array
from mnist_bp.nn.layers import Linear, Shape


def im2col(x: Array, kernel: int, stride: int = 1, out: Array | None = None) -> Array:
    """Return as columns what a square kernel sees at each of its places in images.

    Shapes: x (N, C, H, W); the result (N, C·K², OH·OW), in `out` if given, else a new array.

        out[n, (c, i, j), (p, q)] = x[n, c, p·stride + i, q·stride + j]

    Source: Chellapilla, Puri & Simard, High performance convolutional neural networks for document processing (2006).
    """
    windows = np.lib.stride_tricks.sliding_window_view(x, (kernel, kernel), axis=(2, 3))[:, :, ::stride, ::stride]
    examples, channels, rows, columns = windows.shape[:4]
    if out is None:
        out = np.empty((examples, channels * kernel**2, rows * columns), x.dtype)
    out.reshape(examples, channels, kernel, kernel, rows, columns)[...] = windows.transpose(0, 1, 4, 5, 2, 3)
    return out


def col2im(columns: Array, kernel: int, stride: int, out: Array) -> Array:
    """Write into images the sum of all columns, each at its place: the adjoint of `im2col`.

    Shapes: columns (N, C·K², OH·OW); out (N, C, H, W), overwritten and returned.
    """
    examples, channels, height, width = out.shape
    rows, places = (height - kernel) // stride + 1, (width - kernel) // stride + 1
    seen = columns.reshape(examples, channels, kernel, kernel, rows, places)
    out[...] = 0
    for i in range(kernel):
        for j in range(kernel):
            out[:, :, i : i + rows * stride : stride, j : j + places * stride : stride] += seen[:, :, i, j]
    return out


class Conv2D(Linear):
    """Compute out[n, f, p, q] = Σ_cij W[f, c, i, j] · x[n, c, p·stride + i, q·stride + j] + b[f].

    (A cross-correlation, as everywhere in this field.) `padding` zeros are put around x first.
    Shapes: x (N, C, H, W), W (F, C, K, K), b (F,), out (N, F, OH, OW) with OH = ⌊(H + 2·padding − K) / stride⌋ + 1.
    Source: LeCun, Bottou, Bengio & Haffner, Proceedings of the IEEE 86 (1998), section II.
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
        filters, rows, columns = self._output_shape
        seen = self.buffer("columns", (len(x), self.fan_in, rows * columns), x.dtype)
        self._columns = im2col(self._padded(x), self.kernel, self.stride, seen)
        out = self.buffer("out", (len(x), filters, rows * columns), self.W.dtype)
        np.matmul(self.matrix(self.W).T, self._columns, out=out)
        if self.bias:
            out += self.b[:, None]
        return out.reshape(len(x), *self._output_shape)

    def backward(self, dout: Array) -> Array:
        """Propagate the loss gradient through out = W ∗ x + b.

        Shapes: dout (N, F, OH, OW); the result (N, C, H, W); dW (F, C, K, K); db (F,). With W as (F, C·K²), the columns
        of x and dout as (N, F, S), S = OH·OW:

            dW = Σ_n dout[n] columns[n]ᵀ      db[f] = Σ_ns dout[n, f, s]      dx = col2im(Wᵀ dout)

        No 1/N here: the loss has already divided.
        """
        self.parameter_gradients(dout)
        examples, filters, rows, columns = dout.shape
        channels, height, width = self.input_shape
        padding = self.padding
        # With the examples along the last axis of memory, Wᵀ dout is one product and col2im adds long runs of numbers.
        last = self.buffer("dout, examples last", (filters, rows * columns, examples), dout.dtype)
        last[...] = dout.reshape(examples, filters, -1).transpose(1, 2, 0)
        seen = self.buffer("dcolumns", (self.fan_in, rows * columns, examples), dout.dtype)
        np.matmul(self.matrix(self.W), last.reshape(filters, -1), out=seen.reshape(self.fan_in, -1))
        image = self.buffer(
            "dx, examples last", (channels, height + 2 * padding, width + 2 * padding, examples), dout.dtype
        )
        padded = col2im(seen.transpose(2, 0, 1), self.kernel, self.stride, image.transpose(3, 0, 1, 2))
        dx = self.buffer("dx", (examples, *self.input_shape), dout.dtype)
        dx[...] = padded[:, :, padding : padding + height, padding : padding + width]
        return dx

    def parameter_gradients(self, dout: Array) -> None:
        """Overwrite dW and db as `backward` does."""
        examples, filters = dout.shape[:2]
        # Copied in the order of memory that the product reads, which is twice as fast as leaving that to the product.
        transposed = self.buffer("doutᵀ", (examples, self._columns.shape[2], filters), dout.dtype)
        transposed[...] = dout.reshape(examples, filters, -1).transpose(0, 2, 1)
        products = self.buffer("products", (examples, self.fan_in, filters), dout.dtype)
        np.matmul(self._columns, transposed, out=products)
        self.matrix(self.dW)[...] = np.sum(products, axis=0, out=self.buffer("dWᵀ", products.shape[1:], dout.dtype))
        if self.bias:
            np.sum(dout, axis=(0, 2, 3), out=self.db)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return (F, OH, OW) for (C, H, W); raises ValueError for another shape."""
        if input_shape != self.input_shape:
            raise ValueError(f"Conv2D expects images of shape {self.input_shape}; got {input_shape}")
        return self._output_shape

    def columns(self, x: Array) -> Array:
        """Return the columns (N, C·K², OH·OW) of `im2col`, as a new array."""
        return im2col(self._padded(x), self.kernel, self.stride)

    def matrix(self, W: Array) -> Array:
        """Return W as a view (C·K², F)."""
        return W.reshape(len(W), -1).T

    def _padded(self, x: Array) -> Array:
        """Return x with `padding` zeros around each image."""
        if not self.padding:
            return x
        around = slice(self.padding, -self.padding)
        examples, channels, height, width = x.shape
        padded = self.buffer(
            "padded", (examples, channels, height + 2 * self.padding, width + 2 * self.padding), x.dtype
        )
        padded[...] = 0
        padded[:, :, around, around] = x
        return padded
