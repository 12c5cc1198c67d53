"""envfence's rules and provider catalogue: data, read through importlib.resources."""
