"""Neural networks and their gradients, on NumPy alone."""
