"""The judges: other ways to a gradient, and the verdict on backprop by them."""
