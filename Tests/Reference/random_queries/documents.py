"""Random paths of SQL/JSON over documents that are made of the columns in sight."""
from syntax import Node

STEPS = [".a", ".b", ".c", ".c[*]", ".c[0]", ".c[last]", ".c[0 to 1]", ".c[1, last]", ".d", ".d.e", ".d.*", ".*", ".**", ".**.e", ".**{1 to 2}", ".**{last}", ".none", "[*]", "[0]", ".d.f"]
METHODS = [".size()", ".type()", ".keyvalue()", ".keyvalue().value", ".abs()", ".double()", ".datetime()", ".keyvalue().id"]
TESTS = ["@ > 1", "@ == $x", "@ != null", "@ <> $y", "@.e >= 0 || exists(@.f)", '@ like_regex "i" flag "i"', '@ starts with "m"', "!(@ < 3)", "(@ > 1) is unknown", '@.type() == "string"',
         "@ == $.a", "@.e > $.c[0]", "@ + 1 > $x", "exists(@[*] ? (@ == true))"]
SIGNS = [" + 1", " * 2", " % 3", " - $x", " / 2"]


class Documents:
    """Of the expressions' class: `one`, `rng` and `make` are there."""

    def document(self, scope, depth):
        def of(kind):
            return self.make(kind, scope, min(depth, 1))
        return Node("jsonb_build_object('a', ", of("int"), ", 'b', ", of("text"), ", 'c', jsonb_build_array(", of("int"), ", ", of("bool"), ", ", of("text"), "), 'd', jsonb_build_object('e', ",
                    of("int"), ", 'f', ", of("date"), "))")

    def path(self):
        text = "$" + "".join(self.one(*STEPS) for _ in range(self.rng.randint(0, 2)))
        if self.rng.random() < 0.5:
            text += f" ? ({self.one(*TESTS)})"
        if self.rng.random() < 0.3:
            text += self.one(*METHODS)
        if self.rng.random() < 0.2:
            text = self.one("-", "") + text + self.one(*SIGNS)
        return text

    def path_condition(self):
        form = self.rng.randint(0, 4)
        if form == 0:
            return f"exists({self.path()})"
        if form == 1:
            return f"!({self.path()} > {self.path()})"
        if form == 2:
            return f"{self.path()} == {self.path()} && {self.path()} < $y"
        if form == 3:
            return f"({self.path()} >= 2) is unknown"
        return self.path() + self.one(" > 1", " == $x", ' like_regex "^m"', ' starts with "i"', " != null")

    def asked(self, function, path, scope, depth, kind=None):
        """Silent: whether a row is looked at that no answer needs is each engine's own."""
        mode = self.one("", "", "strict ", "lax ")
        return Node(f"{function}(", self.document(scope, depth), ", '", mode, path, "', '{\"x\": 2, \"y\": 5}', true)", kind=kind)

    def path_int(self, scope, depth):
        return Node("jsonb_array_length(", self.asked("jsonb_path_query_array", self.path(), scope, depth), ")", kind="int")

    def path_text(self, scope, depth):
        return Node("(", self.asked(self.one("jsonb_path_query_array", "jsonb_path_query_first"), self.path(), scope, depth), ")::text", kind="text")

    def path_bool(self, scope, depth):
        form = self.rng.randint(0, 3)
        if form == 0:
            return self.asked("jsonb_path_exists", self.path(), scope, depth, "bool")
        if form == 1:
            return self.asked("jsonb_path_match", self.path_condition(), scope, depth, "bool")
        text = self.path() if form == 2 else self.path_condition()
        return Node("(", self.document(scope, depth), " @? " if form == 2 else " @@ ", "'", text.replace("$x", "2").replace("$y", "5"), "')", kind="bool")
