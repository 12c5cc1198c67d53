"""What is known about providers: the catalogue (data), and per provider what data cannot say (`PREFIX/*.py`).

In: evaluated resources. Out: facts. A provider file declares `TYPES` and `extract(resource, builder)`, may declare
`COMPUTED` (type → function from values to further values) and `finish(builder)`, which runs once per deployment.
Must not know environments or rules.
"""
