"""What data cannot say about AWS resources: policies, identities, trust, and values that only the provider computes.

Each file declares `TYPES` and `extract(resource, builder)`, and may declare `COMPUTED`.
"""
