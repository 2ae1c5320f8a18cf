"""Where Till differs from PostgreSQL for a reason. Each is a function of the query, our answer and PostgreSQL's: true where it explains them."""

import re


def more_digits_than_a_decimal_has(query, answer, reference):
    """A DECIMAL has at most 38 digits: more is an error, never another number."""
    if answer[0] != "error" or "numeric-overflow" not in answer[1] or reference[0] != "rows":
        return False
    return any(len(re.sub(r"\D", "", cell or "")) > 38 for row in reference[1] for cell in row)


def no_polymorphic_types(query, answer, reference):
    """A bare text literal is a VARCHAR here where PostgreSQL asks for a cast."""
    return reference[0] == "error" and "could not determine polymorphic type" in reference[1]


def constants_first(query, answer, reference):
    """PostgreSQL evaluates an expression of constants for no row too."""
    return reference[0] == "error" and re.search("division by zero|out of range|cannot take|invalid input syntax|must not be zero|negative substring", reference[1]) and answer == ("rows", [])


def refused_correlation(query, answer, reference):
    """A function in a join after a comma that looks past the comma: refused with a clear error."""
    return answer[0] == "error" and "where its table cannot be seen" in answer[1]


def underflow(query, answer, reference):
    """A DOUBLE too near to zero is zero."""
    return reference[0] == "error" and "underflow" in reference[1] and answer[0] == "rows"


def digits_of_a_type(query, answer, reference):
    """A text of a decimal has the digits of its type, as DuckDB has it; in PostgreSQL each value has its own, as 0.125 beside a numeric(8,4) has in CASE."""
    def shortened(rows):
        return sorted(
            [re.sub(r"(\.\d*?)0+(?!\d)", lambda match: match[1].rstrip("."), ("t" if cell else "f") if isinstance(cell, bool) else str(cell)) for cell in row]
            for row in rows)

    return answer[0] == reference[0] == "rows" and "::text" in query and shortened(answer[1]) == shortened(reference[1])


REASONS = [digits_of_a_type, more_digits_than_a_decimal_has, no_polymorphic_types, constants_first, refused_correlation, underflow]
