"""Prints random CSV files with what Python's csv reads in them, a JSON line each: {"file": base64, "delimiter", "rows": [[…]]}, the header first.

usage: csv_cases.py COUNT SEED
"""
import base64
import csv
import io
import json
import random
import sys

SCRAPS = ["", "a", "ї", "😀", " ", "  x ", "0", "-1.50", '"', '""', "'", ",", ";", "\t", "\n", "\r\n", "x\ny", "=1", "NULL", "\\", "e\u0301", "long" * 30]


def text(random_, delimiter):
    return "".join(random_.choice(SCRAPS) for _ in range(random_.choice([0, 1, 1, 2, 5])))


def field(random_, value, delimiter):
    must = any(sign in value for sign in (delimiter, '"', "\n", "\r"))
    if must or random_.random() < 0.2:
        return '"' + value.replace('"', '""') + '"'
    return value


def main():
    count, seed = int(sys.argv[1]), int(sys.argv[2])
    random_ = random.Random(seed)
    for _ in range(count):
        delimiter = random_.choice(",;\t|")
        ending = random_.choice(["\n", "\r\n"])
        width = random_.choice([1, 2, 3, 8])
        rows = [[f"c{index}" for index in range(width)]]
        for _ in range(random_.choice([0, 1, 2, 10, 40])):
            wrong = random_.random() < 0.1
            rows.append([text(random_, delimiter) for _ in range(max(1, width + (random_.choice([-1, 1]) if wrong else 0)))])
        lines = []
        for row in rows:
            line = delimiter.join(field(random_, value, delimiter) for value in row)
            # A row of one empty field is a blank line to everybody.
            lines.append(line if line or len(row) > 1 else '""')
        content = ""
        for line in lines:
            content += ending * random_.choice([0, 0, 0, 0, 1, 2]) + line + ending
        if random_.random() < 0.3:
            content = content[: -len(ending)]
        mark = "\ufeff" if random_.random() < 0.2 else ""
        read = [row for row in csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, strict=True) if row]
        assert read == rows, (content, read, rows)
        print(json.dumps({"file": base64.b64encode((mark + content).encode()).decode(), "delimiter": delimiter, "rows": read}))


if __name__ == "__main__":
    main()
