"""Prints the data files of an Iceberg table's current snapshot as JSON; runs where pyiceberg is installed (.venv).

iceberg_files.py TABLE-FOLDER
"""

import json
import sys

from pyiceberg.table import StaticTable

table = StaticTable.from_metadata(sys.argv[1])
print(json.dumps([
    {"path": task.file.file_path.removeprefix("file://"), "bytes": task.file.file_size_in_bytes, "rows": task.file.record_count}
    for task in table.scan().plan_files()]))
