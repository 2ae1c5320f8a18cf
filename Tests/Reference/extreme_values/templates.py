"""Templates of to_timestamp, to_date and to_number at random, and texts that fit them more or less."""

_FIELDS = {
    "YYYY": ["2024", "1999", "0044", "12345", "0", "24", "-44"], "YYY": ["024", "999", "519", "5"], "YY": ["24", "69", "70", "1", "00"], "Y": ["4", "0", "24"], "Y,YYY": ["2,024", "0,044", "-1,234", "2,4"],
    "IYYY": ["2024", "2005", "1"], "IYY": ["024", "5"], "IY": ["24"], "I": ["4"], "CC": ["21", "1", "-6", "20"], "MONTH": ["May", "january", "SEPTEMBER ", "Foo"], "Mon": ["Feb", "dec", "ma"],
    "MM": ["2", "12", "02", "13", "0"], "RM": ["xii", "VIII ", "iv"], "DD": ["29", "1", "31", "30", "05", "0"], "DDD": ["366", "60", "1", "001", "367"], "IDDD": ["371", "60", "1"],
    "DAY": ["Monday", "sunday   ", "x"], "Dy": ["Tue", "sun"], "D": ["1", "7", "8"], "ID": ["1", "7", "0"], "W": ["1", "5", "9"], "WW": ["53", "1", "60"], "IW": ["53", "1", "06"], "Q": ["1", "4", "x"],
    "J": ["2451187", "1", "-5", "9999999"], "HH24": ["23", "0", "24", "5"], "HH12": ["12", "1", "0", "13"], "HH": ["11", "12"], "MI": ["59", "0", "60", "7"], "SS": ["59", "00", "5"], "MS": ["25", "250", "5", "999", "1000"],
    "US": ["25", "123456", "999999", "1234567"], "FF1": ["1", "9", "123"], "FF3": ["123", "1235", "5"], "FF5": ["123455", "9"], "FF6": ["123456", "5"], "SSSS": ["86399", "86400", "0", "3661"], "AM": ["am", "PM"],
    "p.m.": ["A.M.", "p.m."], "BC": ["BC", "ad"], "a.d.": ["B.C.", "A.D."], "TZH": ["+02", "-05", "15", "16", " 3"], "TZM": ["30", "60", "5"], "TZ": ["EST"], "OF": ["+02"],
}
_USUAL = ["YYYY-MM-DD HH24:MI:SS", "YYYYMMDD", "YYYYMMDDHH24MISS", "DD Mon YYYY", "IYYY-IW-ID", "IYYYIDDD", "YYYY-DDD", "YYYY WW D", "CC YY MM", "HH12:MI AM", "YYYY-MM-DD HH24:MI:SS.US TZH:TZM", "DDth MONTH YYYY BC"]
_MARKS = [" ", "-", "/", ":", ".", ",", "  ", "--", "_"]
_NUMBERS = ["9", "9", "9", "99", "999", "0", "00", ".", ".", "D", ",", "G", "FM", "MI", "S", "SG", "PL", "PR", "TH", "th", "V", "L", "B", " ", "x", '"q"', "$", "C"]
_NUMBER_TEXTS = ["0", "1", "-1", "+7", "12", "-123", "1234567", "1,234", "1,234,567.89", "12.5", "-.5", ".25", "5.", "<12>", "<3.5>", "12-", "12.5-", "7+", " 5", "- 5", "1 2 3", "$12", "12th", "1e3", "", "abc", "--1",
                 "485", "0012", "x1", "1.2.3", "1,2,3", "їж1", "1234567890123456789012345678901234567890"]


def _fields(template):
    """The template cut up: names of fields, and what stands between them."""
    names, rest, parts = sorted(_FIELDS, key=len, reverse=True), template, []
    while rest:
        name = next((name for name in names if rest.startswith(name)), None)
        parts.append((name, name) if name else (None, rest[0]))
        rest = rest[len(parts[-1][1]):]
    return parts


class Templates:
    def __init__(self, rng):
        self.rng = rng

    def moment(self):
        """A call's text and its arguments, as literals."""
        if self.rng.random() < 0.5:
            parts = _fields(self.rng.choice(_USUAL))
        else:
            parts = []
            for _ in range(self.rng.randint(1, 5)):
                parts.append((self.rng.choice(list(_FIELDS)),) * 2)
                parts.append((None, self.rng.choice(_MARKS + ["", "", '"q"', "T", "7", "\\\\"])))
        template = text = ""
        if self.rng.random() < 0.1:
            template = "FX"
        for name, piece in parts:
            if not name:
                template += piece
                text += piece.strip('"') if self.rng.random() < 0.8 else self.rng.choice(_MARKS + ["", "x"])
                continue
            prefix, suffix = self.rng.choice(["", "", "", "", "FM", "TM", "fm"]), self.rng.choice(["", "", "", "", "", "TH", "th", "SP"])
            template += prefix + (piece.lower() if self.rng.random() < 0.1 else piece) + suffix
            text += self.rng.choice(["", "", "", "", " ", "-"]) + self.rng.choice(_FIELDS[name]) + ("th" if suffix.lower() == "th" and self.rng.random() < 0.8 else "")
        if self.rng.random() < 0.1:
            text = text[:self.rng.randint(0, len(text))]
        return self.rng.choice(["to_timestamp({}, '%s')", "to_date({}, '%s')"]) % _quoted(template), ["'" + _quoted(text) + "'"]

    def number(self):
        template = "".join(self.rng.choice(_NUMBERS) for _ in range(self.rng.randint(1, 7)))
        text = self.rng.choice(_NUMBER_TEXTS)
        if self.rng.random() < 0.3:
            text = "".join(self.rng.choice("0123456789  .,-+<>x") for _ in range(self.rng.randint(1, 9)))
        return "to_number({}, '%s')" % _quoted(template), ["'" + _quoted(text) + "'"]


def _quoted(text):
    return text.replace("'", "''").replace("{", "").replace("}", "")
