"""Measuring programs; README.md tells what each measures and found."""
