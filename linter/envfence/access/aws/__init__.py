"""The policy language of AWS: who may do what, in three values."""
