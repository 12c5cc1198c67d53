"""Tables made by the scripts in `tools/`; README.md says from what, and under which licence."""
