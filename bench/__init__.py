"""Benchmarks: real parts, a stated machine, and a comparison within the same run."""
