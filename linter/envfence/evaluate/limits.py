"""The limits of evaluation: what one expression, one value and one deployment may cost.

Comes in: nothing. Goes out: constants. Past a limit a value is unknown with a reason, never wrong or cut short.
They are far above what real code needs (measured over 15,000 files) and low enough that hostile code costs seconds.
"""

from __future__ import annotations

#: Most holes of a string that a function treats part by part, and most pairs of strings with holes compared for a set.
HOLES = 1_000
PAIRS = 200_000
#: Longest string that a function or template may build, in characters.
STRING = 1_000_000
#: Most items of a collection that a function or `for` expression may build.
COLLECTION = 10_000
#: Terraform's own limit of `range`.
RANGE = 1_024
#: Nesting of values (decoded JSON and YAML, conversions) and of expressions.
DEPTH = 100
#: Most digits of a number; Terraform would go on with a big float.
DIGITS = 4_000
#: Bits of a number in Terraform; larger integers would be rounded there.
NUMBER_BITS = 512
#: Decimal digits that hold a number of `NUMBER_BITS` bits.
PRECISION = 155
#: Most aliases that a YAML document may expand to.
YAML_ALIASES = 1_000
#: Largest file that `file()` and its relatives read, in bytes.
FILE = 1_000_000
#: Most directory entries that one `fileset()` looks at.
FILESET = 20_000
#: Evaluation steps of one deployment (nearly ten times what the largest real one takes), and nodes of one value.
STEPS = 400_000
STEPS_PER_VALUE = 200_000
#: Steps that one block of a `dynamic` counts as. An argument of over `HEAVY` nodes counts as its nodes, where a
#: function looks at all of them; a text as one step for so many characters.
STEPS_PER_BLOCK = 10
HEAVY = 100
CHARACTERS_PER_STEP = 500
#: Instances of one block, and of one deployment.
INSTANCES = 2_000
INSTANCES_PER_DEPLOYMENT = 10_000
#: Module calls on the way from the root module, and templates within templates.
MODULE_DEPTH = 20
#: References within references (locals, variables, outputs) while one value is computed.
REFERENCE_DEPTH = 400
TEMPLATE_DEPTH = 10
#: Characters that the strings of one deployment may take together.
CHARACTERS = 64_000_000
