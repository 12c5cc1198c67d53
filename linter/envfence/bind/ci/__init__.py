"""Readers of pipelines, one file for each kind.

Each gives `Script`s: what a job runs, with the process variables and the directory that it starts with, once for each
combination of a matrix, of the inputs of its callers, and of the environments that somebody may choose. What is not
written down is left as it is (`${{ secrets.X }}`), so that it is no literal.
"""
