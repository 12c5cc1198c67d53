"""Pipelines as they are written: jobs, what starts them, under which conditions, what they run and are given.

The readers of single products stand here; the formats that use them are in `sources/formats`.
"""
