"""Many runs: their plan as command lines, and their results as a table."""
