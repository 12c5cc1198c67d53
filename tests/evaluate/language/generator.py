"""Random expressions of the whole language, mostly of a fitting type, as text.

One generator serves the soundness property (names that are unknown) and the comparison with Terraform (names that it
knows too). It draws from a `random.Random`, so that hypothesis can give one of its own and shrink what it draws.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random

KINDS = ("string", "number", "bool", "list", "map", "set", "any")

#: What a function takes and gives. A name in capitals is a pool of texts below; "kind*" may come any number of times.
SHAPES: dict[str, tuple[str, tuple[str, ...]]] = {
    "abs": ("number", ("number",)),
    "alltrue": ("bool", ("bools",)),
    "anytrue": ("bool", ("bools",)),
    "base64decode": ("string", ("BASE64",)),
    "base64encode": ("string", ("string",)),
    "base64sha256": ("string", ("string",)),
    "base64sha512": ("string", ("string",)),
    "basename": ("string", ("PATH",)),
    "can": ("bool", ("any",)),
    "ceil": ("number", ("number",)),
    "chomp": ("string", ("string",)),
    "chunklist": ("list", ("list", "number")),
    "cidrhost": ("string", ("CIDR", "number")),
    "cidrnetmask": ("string", ("CIDR",)),
    "cidrsubnet": ("string", ("CIDR", "number", "number")),
    "cidrsubnets": ("list", ("CIDR", "number*")),
    "coalesce": ("any", ("string", "string*")),
    "coalescelist": ("list", ("list", "list*")),
    "compact": ("list", ("strings",)),
    "concat": ("list", ("list", "list*")),
    "contains": ("bool", ("strings", "string")),
    "csvdecode": ("list", ("CSV",)),
    "dirname": ("string", ("PATH",)),
    "distinct": ("list", ("list",)),
    "element": ("any", ("list", "number")),
    "endswith": ("bool", ("string", "string")),
    "flatten": ("list", ("list",)),
    "floor": ("number", ("number",)),
    "format": ("string", ("FORMAT", "any*")),
    "formatdate": ("string", ("DATEFORMAT", "DATE")),
    "formatlist": ("list", ("FORMAT", "any*")),
    "indent": ("string", ("number", "string")),
    "index": ("number", ("strings", "string")),
    "join": ("string", ("string", "strings", "strings*")),
    "jsondecode": ("any", ("JSON",)),
    "jsonencode": ("string", ("any",)),
    "keys": ("list", ("map",)),
    "length": ("number", ("any",)),
    "log": ("number", ("number", "number")),
    "lookup": ("any", ("map", "KEY", "any")),
    "lower": ("string", ("string",)),
    "matchkeys": ("list", ("list", "strings", "strings")),
    "max": ("number", ("number", "number*")),
    "md5": ("string", ("string",)),
    "merge": ("map", ("map", "map*")),
    "min": ("number", ("number", "number*")),
    "one": ("any", ("list",)),
    "parseint": ("number", ("DIGITS", "number")),
    "pow": ("number", ("number", "number")),
    "range": ("list", ("number", "number*")),
    "regex": ("any", ("REGEX", "string")),
    "regexall": ("list", ("REGEX", "string")),
    "replace": ("string", ("string", "PART", "string")),
    "reverse": ("list", ("list",)),
    "setintersection": ("set", ("set", "set*")),
    "setproduct": ("list", ("list", "list", "set*")),
    "setsubtract": ("set", ("set", "set")),
    "setunion": ("set", ("set", "set*")),
    "sha1": ("string", ("string",)),
    "sha256": ("string", ("string",)),
    "sha512": ("string", ("string",)),
    "signum": ("number", ("number",)),
    "slice": ("list", ("list", "number", "number")),
    "sort": ("list", ("strings",)),
    "split": ("list", ("PART", "string")),
    "startswith": ("bool", ("string", "string")),
    "strcontains": ("bool", ("string", "PART")),
    "strrev": ("string", ("string",)),
    "substr": ("string", ("string", "number", "number")),
    "sum": ("number", ("numbers",)),
    "templatestring": ("string", ("TEMPLATE", "map")),
    "textdecodebase64": ("string", ("BASE64", "CHARSET")),
    "textencodebase64": ("string", ("string", "CHARSET")),
    "timeadd": ("string", ("DATE", "DURATION")),
    "timecmp": ("number", ("DATE", "DATE")),
    "title": ("string", ("string",)),
    "tobool": ("bool", ("any",)),
    "tolist": ("list", ("list",)),
    "tomap": ("map", ("map",)),
    "tonumber": ("number", ("any",)),
    "toset": ("set", ("list",)),
    "tostring": ("string", ("any",)),
    "transpose": ("map", ("map",)),
    "trim": ("string", ("string", "PART")),
    "trimprefix": ("string", ("string", "PART")),
    "trimspace": ("string", ("string",)),
    "trimsuffix": ("string", ("string", "PART")),
    "try": ("any", ("any", "any", "any*")),
    "upper": ("string", ("string",)),
    "urlencode": ("string", ("string",)),
    "uuidv5": ("string", ("NAMESPACE", "string")),
    "values": ("list", ("map",)),
    "yamldecode": ("any", ("YAML",)),
    "yamlencode": ("string", ("any",)),
    "zipmap": ("map", ("strings", "list")),
    "sensitive": ("any", ("any",)),
    "nonsensitive": ("any", ("any",)),
    "issensitive": ("bool", ("any",)),
}

#: Texts for arguments that hardly any other text would fit; a text is written as a quoted string.
POOLS: dict[str, tuple[str, ...]] = {
    "BASE64": ("aGVsbG8=", "YQ==", "", "a", "4pyT"),
    "PATH": ("a/b.txt", "/a", "a/", "", "a//b/../c"),
    "CIDR": ("10.0.0.0/8", "192.168.1.0/24", "10.1.2.3/16", "fd00::/48", "x"),
    "CSV": ("a,b\\n1,2\\n3,4", "a\\n", "a,b\\n1"),
    "FORMAT": ("%s", "%d-%s", "a%v", "%5s|%-5s", "%05.1f", "%q", "%%", "%t", "x", "%#v", "%x", "%.2s", "%s%s"),
    "DATEFORMAT": ("YYYY-MM-DD", "hh:mm 'x'", "EEE, D MMM YY h AA ZZZ"),
    "DATE": ("2026-01-02T03:04:05Z", "2024-02-29T23:59:59+02:00", "x"),
    "DURATION": ("1h", "-90m", "1h30m", "1.5s", "x"),
    "JSON": ('{\\"a\\":[1,null,\\"x\\"]}', "[1,2.50]", "null", "1", '\\"a\\"', "{", '{\\"b\\":true}'),
    "KEY": ("a", "b", "k", "z"),
    "DIGITS": ("12", "ff", "0x1", "-7", "zz", ""),
    "REGEX": ("a", "^(a)(b)?$", "(?P<x>[a-z]+)-?", "[0-9]+", ".*", "("),
    "PART": ("a", "-", "", ",", "/a|b/", "ab", "/(b)/"),
    "TEMPLATE": ("x",),
    "CHARSET": ("UTF-8", "UTF-16LE", "x"),
    "NAMESPACE": ("dns", "url", "x"),
    "YAML": ("a: 1\\nb: [x, yes]", "- 1\\n- ~", "x", "1.0", "{a: {b: 2}}", "a: b: c"),
}

WORDS = ("", "a", "b", "ab", "A-b", "a/b", "x,y", "1", "01", "1.50", "true", " a ", "é", "prod-1", "k")
NUMBERS = ("0", "1", "2", "3", "10", "1.5", "-1", "0.1", "100000000000000000000", "1e3", "7.0")
LITERALS = {
    "string": tuple(f'"{word}"' for word in WORDS),
    "number": NUMBERS,
    "bool": ("true", "false"),
    "map": ('{ a = "x", b = "y" }', "{}", "{ a = 1 }", 'tomap({ k = "v" })', '{ a = 1, b = "2" }'),
    "list": ('["a", "b"]', "[]", "[1, 2, 3]", '[1, "a"]', "[true]", "[null]", '[["a"], ["b", "c"]]'),
}


class Generator:
    """Makes expressions; `names` are the references to draw from, by kind."""

    def __init__(self, random: Random, names: Mapping[str, tuple[str, ...]], functions: Mapping[str, object]) -> None:
        self.random = random
        self.names = {kind: list(given) for kind, given in names.items()}
        self.functions = {name: shape for name, shape in SHAPES.items() if name in functions}
        self.by_kind = {
            kind: sorted(name for name, (gives, _) in self.functions.items() if gives in (kind, "any") or kind == "any")
            for kind in KINDS
        }
        self.depth_of_names = 0
        self.inside_text = 0
        self.makers: dict[str, tuple[Callable[[int], str], ...]] = {
            "string": (self.template, self.template, self.heredoc),
            "number": (self.arithmetic, self.arithmetic, self.negative),
            "bool": (self.comparison, self.comparison, self.equality, self.equality, self.logic, self.negation),
            "list": (self.listing, self.listing, self.comprehension, self.splat),
            "map": (self.object, self.object, self.object_comprehension),
            "set": (self.as_set,),
        }

    def pick(self, options: tuple[str, ...] | list[str]) -> str:
        return options[self.random.randrange(len(options))]

    def expression(self, kind: str, depth: int) -> str:
        """An expression that mostly has the kind."""
        dice = self.random.randrange(100)
        if kind == "any" or dice < 4:
            kind = self.pick(KINDS[:-1]) if self.random.randrange(4) else "any"
        if depth <= 0 or dice < 18:
            return self.atom(kind)
        if dice < 48 and self.by_kind[kind]:
            return self.call(self.pick(self.by_kind[kind]), depth - 1)
        if dice < 60:
            return self.conditional(kind, depth - 1)
        if dice < 70:
            return self.access(depth - 1)
        if kind == "any":
            kind = self.pick(KINDS[:-1])
        makers = self.makers[kind]
        return makers[self.random.randrange(len(makers))](depth - 1)

    def atom(self, kind: str) -> str:
        """A literal, or a name."""
        named = self.names.get(kind, []) + (self.names.get("any", []) if self.random.randrange(4) == 0 else [])
        if named and self.random.randrange(3):
            return self.pick(named)
        if self.random.randrange(25) == 0:
            return "null"
        if kind == "any":
            kind = self.pick(KINDS[:-1])
        literal = self.pick(LITERALS.get(kind, LITERALS["list"]))
        return f"toset({literal})" if kind == "set" else literal

    # ------------------------------------------------------------ composed

    def call(self, name: str, depth: int) -> str:
        """A call with mostly fitting arguments."""
        arguments: list[str] = []
        for wanted in self.functions[name][1]:
            times = self.random.randrange(3) if wanted.endswith("*") else 1
            arguments += [self.argument(wanted.rstrip("*"), depth) for _ in range(times)]
        expand = "..." if self.random.randrange(30) == 0 else ""
        return f"{name}({', '.join(arguments)}{expand})"

    def argument(self, wanted: str, depth: int) -> str:
        if wanted in POOLS:
            if self.random.randrange(4):
                return f'"{self.pick(POOLS[wanted])}"'
            return self.expression("string", depth)
        if wanted in ("strings", "bools", "numbers"):
            kind = wanted[:-1]
            if self.random.randrange(2):
                return self.expression("list", depth)
            count = self.random.randrange(4)
            return "[" + ", ".join(self.expression(kind, depth) for _ in range(count)) + "]"
        if wanted == "list" and self.random.randrange(6) == 0:
            wanted = "set"
        return self.expression(wanted, depth)

    def conditional(self, kind: str, depth: int) -> str:
        other = kind if self.random.randrange(5) else "any"
        branches = f"{self.expression(kind, depth)} : {self.expression(other, depth)}"
        return f"({self.expression('bool', depth)} ? {branches})"

    def access(self, depth: int) -> str:
        """An attribute, an index, or a legacy index."""
        dice = self.random.randrange(6)
        if dice < 2:
            return f"({self.expression('map', depth)}).{self.pick(('a', 'b', 'k'))}"
        if dice == 2:
            return f"({self.expression('map', depth)})[{self.expression('string', depth)}]"
        if dice == 3:
            return f"({self.expression('list', depth)}).{self.pick(('0', '1'))}"
        return f"({self.expression('list', depth)})[{self.pick(('0', '1', self.expression('number', depth)))}]"

    def template(self, depth: int) -> str:
        parts = [self.part(depth) for _ in range(self.random.randrange(4))]
        return '"' + "".join(parts) + '"'

    def part(self, depth: int) -> str:
        self.inside_text += 1
        try:
            return self.literal_or_hole(depth)
        finally:
            self.inside_text -= 1

    def literal_or_hole(self, depth: int) -> str:
        dice = self.random.randrange(8)
        if dice < 3:
            return self.pick(WORDS)
        if dice < 6:
            return "${" + self.strip() + " " + self.expression("string", depth) + " " + self.strip() + "}"
        if dice == 6:
            then, otherwise = self.pick(WORDS), self.part(0)
            return f"%{{ if {self.expression('bool', depth)} }}{then}%{{ else }}{otherwise}%{{ endif }}"
        collection = self.expression(self.pick(("list", "map", "set")), depth)
        name = self.bind()
        body = self.part(depth)
        self.unbind()
        return f"%{{ for {name} in {collection} }}{body};%{{ endfor }}"

    def strip(self) -> str:
        return "~" if self.random.randrange(12) == 0 else ""

    def heredoc(self, depth: int) -> str:
        """A heredoc; in parentheses, which let it stand anywhere, but not within another text."""
        if self.inside_text:
            return self.template(depth)
        lines = [" " * self.random.randrange(3) + self.part(min(depth, 1)) for _ in range(2)]
        indented = "-" if self.random.randrange(2) else ""
        return f"(<<{indented}EOT\n" + "\n".join(lines) + "\nEOT\n)"

    def arithmetic(self, depth: int) -> str:
        sign = self.pick(("+", "-", "*", "/", "%"))
        return f"({self.expression('number', depth)} {sign} {self.expression('number', depth)})"

    def negative(self, depth: int) -> str:
        return f"-({self.expression('number', depth)})"

    def comparison(self, depth: int) -> str:
        sign = self.pick(("<", "<=", ">", ">="))
        return f"({self.expression('number', depth)} {sign} {self.expression('number', depth)})"

    def equality(self, depth: int) -> str:
        kind = self.pick(KINDS)
        other = kind if self.random.randrange(6) else "any"
        sign = self.pick(("==", "!="))
        left = self.expression(kind, depth)
        right = left if self.random.randrange(10) == 0 else self.expression(other, depth)
        return f"({left} {sign} {right})"

    def logic(self, depth: int) -> str:
        return f"({self.expression('bool', depth)} {self.pick(('&&', '||'))} {self.expression('bool', depth)})"

    def negation(self, depth: int) -> str:
        return f"!({self.expression('bool', depth)})"

    def listing(self, depth: int) -> str:
        kind = self.pick(KINDS)
        return "[" + ", ".join(self.expression(kind, depth) for _ in range(self.random.randrange(4))) + "]"

    def object(self, depth: int) -> str:
        pairs = []
        for name in ("a", "b", "k")[: self.random.randrange(4)]:
            key = name if self.random.randrange(5) else f"({self.expression('string', depth)})"
            pairs.append(f"{key} = {self.expression('any', depth)}")
        return "{ " + ", ".join(pairs) + " }"

    def as_set(self, depth: int) -> str:
        return f"toset({self.expression('list', depth)})"

    def comprehension(self, depth: int) -> str:
        collection = self.expression(self.pick(("list", "map", "set")), depth)
        names = self.binders()
        value = self.expression("any", depth)
        condition = f" if {self.expression('bool', depth)}" if self.random.randrange(3) == 0 else ""
        self.unbind(names.count(",") + 1)
        return f"[for {names} in {collection} : {value}{condition}]"

    def object_comprehension(self, depth: int) -> str:
        collection = self.expression(self.pick(("list", "map", "set")), depth)
        names = self.binders()
        key, value = self.expression("string", min(depth, 1)), self.expression("any", depth)
        group = "..." if self.random.randrange(3) == 0 else ""
        condition = f" if {self.expression('bool', depth)}" if self.random.randrange(4) == 0 else ""
        self.unbind(names.count(",") + 1)
        return f"{{ for {names} in {collection} : {key} => {value}{group}{condition} }}"

    def splat(self, depth: int) -> str:
        source = self.expression(self.pick(("list", "set", "map", "any")), depth)
        return (
            f"({source})[*]" + self.pick(("", ".a", ".b", "[0]", ".a.b"))
            if self.random.randrange(3)
            else (f"({source}).*" + self.pick((".a", ".b")))
        )

    # ------------------------------------------------------------ loop variables

    def binders(self) -> str:
        return f"{self.bind()}, {self.bind()}" if self.random.randrange(2) else self.bind()

    def bind(self) -> str:
        """A new loop variable; it may be drawn as a name of any kind until it is unbound."""
        name = f"x{self.depth_of_names}"
        self.depth_of_names += 1
        for kind in KINDS:
            self.names.setdefault(kind, []).append(name)
        return name

    def unbind(self, count: int = 1) -> None:
        for _ in range(count):
            self.depth_of_names -= 1
            for kind in KINDS:
                self.names[kind].pop()
