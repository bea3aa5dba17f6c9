"""Benchmarks: what the console costs, each beside the plainest thing that does the same, in one run.

    python -m tests.bench [--quick] [--json FILE] [NAME ...]

Times on a shared computer mean little; ratios of two things measured at the same moment mean more. Nothing
is asserted. docs/benchmarks.md says how each figure comes about.
"""
