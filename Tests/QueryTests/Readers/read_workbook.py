"""Compares a workbook with the rows that it was made of: openpyxl reads it, the rows come as NDJSON (the first line names the types).

usage: read_workbook.py BOOK ROWS…   (a file of rows for each query; the sheets of one that goes on follow each other)
"""
import datetime
import json
import re
import sys
from decimal import Decimal

import openpyxl

EPOCH = datetime.datetime(1970, 1, 1)


def unescaped(text):
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found.group(1), 16)), text)


def units(text):
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def same_text(cell, text):
    if cell.value is None:
        return text == ""
    if not isinstance(cell.value, str):
        return False
    if units(text) <= 32767 and " … [cut: " not in cell.value:
        # openpyxl may or may not undo escapes.
        return text in (cell.value, unescaped(cell.value))
    kept, _, rest = cell.value.rpartition(" … [cut: ")
    return units(cell.value) <= 32767 and text.startswith(unescaped(kept)) and rest.endswith(" characters]") and units(kept) > 4000


def same_moment(cell, text, kind):
    if kind == "DATE":
        wanted = datetime.datetime.strptime(text, "%Y-%m-%d") if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else None
    else:
        wanted = None
        if re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z?", text):
            wanted = datetime.datetime.strptime(text.rstrip("Z"), "%Y-%m-%dT%H:%M:%S.%f")
    if wanted is None or wanted < datetime.datetime(1900, 1, 1):
        return cell.value == text
    return isinstance(cell.value, datetime.datetime) and abs(cell.value - wanted) <= datetime.timedelta(milliseconds=1)


def digits(number):
    return len(format(abs(number).normalize(), "f").replace(".", "").lstrip("0"))


def same(cell, value, kind):
    if cell.data_type == "f":
        return False
    if value is None:
        return cell.value is None
    if kind == "VARCHAR":
        return same_text(cell, value)
    if kind in ("INTEGER", "BIGINT"):
        return cell.value == value if abs(value) < 10**15 and not isinstance(cell.value, str) else cell.value == str(value)
    if kind.startswith("DECIMAL"):
        number = Decimal(value)
        if digits(number) > 15:
            return cell.value == value
        return not isinstance(cell.value, str) and Decimal(repr(cell.value)) == number
    if kind == "DOUBLE":
        if isinstance(value, str):
            return cell.value == value
        if abs(value) > 9.99999999999999e307:
            # Excel has no such number.
            return cell.data_type == "s" and float(cell.value) == value
        return isinstance(cell.value, (int, float)) and abs(cell.value - value) <= abs(value) * 1e-15
    if kind == "BOOLEAN":
        return cell.value is value
    if kind == "DATE" or kind.startswith("TIMESTAMP"):
        return same_moment(cell, value, kind)
    if kind == "TIME":
        if not isinstance(cell.value, datetime.time):
            return False
        wanted = datetime.time.fromisoformat(value)
        found = cell.value
        return abs((found.hour * 3600 + found.minute * 60 + found.second) * 10**6 + found.microsecond
                   - (wanted.hour * 3600 + wanted.minute * 60 + wanted.second) * 10**6 - wanted.microsecond) <= 1000
    text = value if isinstance(value, str) else None
    if text == "":
        return cell.value is None
    if text is not None and units(text) > 32767:
        return same_text(cell, text)
    return cell.value == text if text is not None else json.loads(unescaped(cell.value)) == value


def main():
    # Streamed reading leaves out filters and panes; they are asked for in a second look.
    book = openpyxl.load_workbook(sys.argv[1])
    sheets = iter(book.worksheets)
    faults = 0
    for path in sys.argv[2:]:
        with open(path, encoding="utf-8") as file:
            kinds = json.loads(file.readline())
            rows = [json.loads(line) for line in file]
        place = 0
        while True:
            sheet = next(sheets)
            header = [cell.value for cell in sheet[1]]
            if header != list(kinds):
                print(f"{sheet.title}: the header is {header}, not {list(kinds)}")
                return 1
            if sheet.freeze_panes != "A2" or sheet.auto_filter.ref is None:
                print(f"{sheet.title}: panes {sheet.freeze_panes}, filter {sheet.auto_filter.ref}")
                return 1
            for cells in sheet.iter_rows(min_row=2, max_col=len(kinds)):
                if place == len(rows):
                    print(f"{sheet.title}: more rows than {len(rows)}")
                    return 1
                for cell, (name, kind) in zip(cells, kinds.items()):
                    value = rows[place][name]
                    if not same(cell, value, kind):
                        faults += 1
                        if faults <= 20:
                            print(f"{sheet.title}!{cell.coordinate} ({kind}): {str(cell.value)[:200]!r} ({cell.data_type}), not {str(value)[:200]!r}")
                place += 1
            if place >= len(rows):
                break
    if next(sheets, None) is not None:
        print("more sheets than there should be")
        return 1
    print("; ".join(book.sheetnames))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
