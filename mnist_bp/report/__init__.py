"""Pictures and pages out of run directories and data sets."""
