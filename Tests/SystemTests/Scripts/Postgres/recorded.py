"""Every statement that was recorded of real clients, sent as they send it: by the simple protocol, or with its parameters as texts.

Usage: recorded.py PORT URL ADMIN_KEY RECORDED_LOG
"""
import re
import sys
from pathlib import Path

import rig

# A fault of none of these: nothing of what clients send is unknown here.
REFUSED = {
    "42601": "syntax error", "42883": "undefined function", "0A000": "feature not supported", "42P01": "undefined table", "42703": "undefined column", "42704": "undefined object",
    "42804": "types that do not go together", "42846": "a cast that is not", "42P18": "a parameter's type is not known", "42725": "ambiguous function", "42803": "grouping", "XX000": "a fault of the server's",
}
# What may be answered otherwise, by the beginning of its text: its code, and why.
OTHERWISE = [
    ("create ", "25006", "the one who recorded made tables to look at: nobody writes here by SQL"),
]
# The table that was recorded had other columns; statements about its rows are asked of a view of those names.
VIEWS = {
    "recorded": "SELECT receipt_id AS id, issued_at AS at, total, ARRAY[receipt_id, type] AS tags, document AS doc, lines FROM receipts",
    "receipt_lines": "SELECT ordinal AS id, name, quantity AS qty, unit_price AS price FROM receipts_lines",
}


def recorded(path):
    """(who, text, parameters) of each statement; parameters None where it came by the simple protocol."""
    found, held = [], None
    for line in path.read_text().split("\n"):
        said = re.match(r"\[(.*?)\] (?:LOG:  )?(statement|execute [^:]*): (.*)$", line)
        if said:
            held = [said[1], said[3], None if said[2] == "statement" else []]
            found.append(held)
        elif (values := re.match(r"\[.*?\] DETAIL:  parameters: (.*)$", line)) and held:
            held[2] = [None if value == "NULL" else value[1:-1].replace("''", "'") for value in re.findall(r"\$\d+ = (NULL|'(?:[^']|'')*')", values[1])]
            held = None
        elif line.startswith("\t") and held:
            held[1] += "\n" + line[1:]
        elif not line.startswith("\t"):
            held = None
    return found


def here(text, number):
    """Of our tables: their rows by the view, their number as it is here."""
    text = re.sub(r"(?i)\b(from\s+)(?:\"public\"\.)?\"?receipts\"?(?=\s|$|\))", r"\1recorded", text) if not re.search("pg_catalog|pg_", text) else text
    return re.sub(r"\b(?:629|163\d\d|16[4-9]\d\d)\b", str(number), text)


def asked(connection, text, parameters):
    """The code of a statement's fault, and its words; None of one that is answered."""
    from psycopg import pq

    if parameters is None:
        connection.pgconn.send_query(text.encode())
    else:
        connection.pgconn.send_query_params(text.encode(), [value if value is None else value.encode() for value in parameters])
    fault = None
    while (result := connection.pgconn.get_result()) is not None:
        if result.status == pq.ExecStatus.FATAL_ERROR:
            fault = (result.error_field(pq.DiagnosticField.SQLSTATE) or b"").decode(), (result.error_field(pq.DiagnosticField.MESSAGE_PRIMARY) or b"").decode()
        if result.status == pq.ExecStatus.COPY_OUT:
            while connection.pgconn.get_copy_data(0)[0] > 0:
                pass
    return fault


def main():
    from psycopg import pq

    till = rig.Till(*sys.argv[1:4])
    for name, query in VIEWS.items():
        till.call("PUT", f"/v1/views/{name}", {"query": query})
    statements = recorded(Path(sys.argv[4]))
    with till.connect() as connection:
        number = connection.execute("SELECT 'receipts'::regclass::oid").fetchone()[0]
    wrong, used, sessions = [], set(), {}
    for who, text, parameters in statements:
        connection = sessions.setdefault(who, None) or till.connect()
        sessions[who] = connection
        said = here(text, number)
        fault = asked(connection, said, parameters and [value and here(value, number) for value in parameters])
        if connection.pgconn.transaction_status == pq.TransactionStatus.INERROR:
            asked(connection, "ROLLBACK", None)
        reason = next((each for each in OTHERWISE if text.strip().lower().startswith(each[0])), None)
        if reason:
            used.add(reason)
            if (fault or ("",))[0] != reason[1]:
                wrong.append(f"{who}: {fault}, and not {reason[1]} ({reason[2]}): {said}")
        elif fault and fault[0] in REFUSED:
            wrong.append(f"{who}: {REFUSED[fault[0]]}: {fault[1]}\n  {said}\n  {parameters}")
        elif fault:
            wrong.append(f"{who}: {fault}: {said}")
    wrong += [f"nothing that was recorded begins with {each[0]!r} any more" for each in OTHERWISE if each not in used]
    if wrong:
        raise AssertionError("\n".join(wrong))
    assert len(statements) > 200, len(statements)
    print(f"{len(statements)} statements of {len(sessions)} sessions are answered")


if __name__ == "__main__":
    import importlib.util

    if not importlib.util.find_spec("psycopg"):
        rig.skip("psycopg")
    main()
