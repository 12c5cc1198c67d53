"""Ways of finding deployments: one file each, found by listing this folder.

A finder declares `RANK` (the lower, the more it knows: what it finds for a root wins over what a later finder guesses
for the same root) and `find(survey, roots, earlier) -> Found`, where `earlier` holds what finders of lower rank
found, by root."""
