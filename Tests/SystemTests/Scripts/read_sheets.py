"""Prints the sheets of a workbook as JSON: {"name": [[cells of a row], …]}.

usage: read_sheets.py BOOK
"""
import datetime
import json
import sys

import openpyxl


def shown(value):
    return value.isoformat() if isinstance(value, (datetime.date, datetime.time)) else value


book = openpyxl.load_workbook(sys.argv[1])
assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row), "a formula"
print(json.dumps({sheet.title: [[shown(cell) for cell in row] for row in sheet.iter_rows(values_only=True)] for sheet in book}, ensure_ascii=False))
