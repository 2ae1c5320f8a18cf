import ColumnStore

/// Every function's name and what kind of call it is. `Expressions+Functions` gives the scalar ones their types,
/// `Expressions+Aggregates` the others.
package enum FunctionTable {
    enum Scalar {
        case lower, upper, length, substring, trim(ScalarFunction), replace, concat, concatSeparated, position, splitPart, side(ScalarFunction)
        case pad(ScalarFunction), startsWith, regexpReplace, reverse, repeatText, overlay
        case coalesce, nullIf, extreme(ScalarFunction)
        case extract, datePart, dateTrunc, makeDate, toChar, age, timezone, now, currentDate, localTimestamp
        case abs, round, floorOrCeil(ScalarFunction), mod, power, sqrt, sign
        case list(ScalarFunction)
    }

    static let scalars: [String: Scalar] = [
        "lower": .lower, "upper": .upper, "length": .length, "char_length": .length, "character_length": .length,
        "substring": .substring, "substr": .substring, "trim": .trim(.trim), "btrim": .trim(.trim), "ltrim": .trim(.trimLeading),
        "rtrim": .trim(.trimTrailing), "replace": .replace, "concat": .concat, "concat_ws": .concatSeparated, "strpos": .position,
        "split_part": .splitPart, "left": .side(.left), "right": .side(.right), "lpad": .pad(.padLeft), "rpad": .pad(.padRight),
        "starts_with": .startsWith, "regexp_replace": .regexpReplace, "reverse": .reverse, "repeat": .repeatText, "overlay": .overlay,
        "coalesce": .coalesce, "nullif": .nullIf, "greatest": .extreme(.greatest), "least": .extreme(.least),
        "extract": .extract, "date_part": .datePart, "date_trunc": .dateTrunc, "make_date": .makeDate, "to_char": .toChar, "age": .age,
        "timezone": .timezone, "now": .now, "current_timestamp": .now, "transaction_timestamp": .now, "statement_timestamp": .now,
        "current_date": .currentDate, "localtimestamp": .localTimestamp,
        "abs": .abs, "round": .round, "floor": .floorOrCeil(.floor), "ceil": .floorOrCeil(.ceil), "ceiling": .floorOrCeil(.ceil),
        "mod": .mod, "power": .power, "pow": .power, "sqrt": .sqrt, "sign": .sign,
        "list_sum": .list(.listSum), "list_min": .list(.listMin), "list_max": .list(.listMax), "list_avg": .list(.listAvg),
        "list_count": .list(.listCount),
    ]

    static let aggregates: [String: AggregateFunction] = [
        "count": .count, "sum": .sum, "avg": .avg, "min": .min, "max": .max, "stddev": .standardDeviation,
        "stddev_samp": .standardDeviation, "stddev_pop": .standardDeviationPopulation, "variance": .variance, "var_samp": .variance,
        "var_pop": .variancePopulation, "percentile_cont": .percentileContinuous, "percentile_disc": .percentileDiscrete, "mode": .mode,
        "approx_count_distinct": .approximateDistinct, "string_agg": .stringAggregate, "array_agg": .arrayAggregate,
        "bool_and": .boolAnd, "every": .boolAnd, "bool_or": .boolOr, "any_value": .anyValue,
    ]

    static let windows: [String: WindowFunction] = [
        "row_number": .rowNumber, "rank": .rank, "dense_rank": .denseRank, "percent_rank": .percentRank,
        "cume_dist": .cumulativeDistribution, "ntile": .ntile, "lag": .lag, "lead": .lead, "first_value": .firstValue,
        "last_value": .lastValue, "nth_value": .nthValue,
    ]

    /// Functions of PostgreSQL's that are not here: their names are no misspellings.
    static let absent: Set<String> = [
        "trunc", "ln", "log", "log10", "exp", "cbrt", "div", "gcd", "lcm", "pi", "random", "degrees", "radians", "sin", "cos", "tan", "asin", "acos",
        "atan", "atan2", "width_bucket", "factorial", "scale", "octet_length", "bit_length", "initcap", "ascii", "chr", "translate", "format", "md5",
        "sha256", "encode", "decode", "quote_literal", "quote_ident", "quote_nullable", "to_hex", "regexp_match", "regexp_matches", "regexp_count",
        "regexp_like", "regexp_substr", "regexp_instr", "regexp_split_to_array", "regexp_split_to_table", "string_to_array", "string_to_table",
        "array_to_string", "array_length", "cardinality", "array_position", "array_append", "array_cat", "array_remove", "array_upper", "array_lower",
        "to_date", "to_number", "to_timestamp", "make_timestamp", "make_timestamptz", "make_interval", "make_time", "date_bin", "justify_days",
        "justify_hours", "justify_interval", "clock_timestamp", "timeofday", "isfinite", "to_json", "to_jsonb", "row_to_json", "json_agg", "jsonb_agg",
        "json_build_object", "json_object_agg", "bit_and", "bit_or", "bit_xor", "corr", "covar_pop", "covar_samp", "regr_slope", "regr_intercept",
        "regr_count", "regr_r2", "median", "num_nulls", "num_nonnulls", "gen_random_uuid", "version", "current_database", "pg_typeof",
    ]

    package static var scalarNames: [String] { Array(scalars.keys) }
    package static var aggregateNames: [String] { Array(aggregates.keys) }
    package static var windowNames: [String] { Array(windows.keys) }
    package static var names: [String] { scalarNames + aggregateNames + windowNames + ["grouping"] }

    /// Fields of EXTRACT, date_part and date_trunc by every name that PostgreSQL takes for them.
    static let fields: [String: String] = [
        "microsecond": "microseconds", "microseconds": "microseconds", "us": "microseconds", "millisecond": "milliseconds",
        "milliseconds": "milliseconds", "ms": "milliseconds", "second": "second", "seconds": "second", "sec": "second",
        "minute": "minute", "minutes": "minute", "min": "minute", "hour": "hour", "hours": "hour", "day": "day", "days": "day",
        "week": "week", "weeks": "week", "month": "month", "months": "month", "mon": "month", "quarter": "quarter", "year": "year",
        "years": "year", "decade": "decade", "century": "century", "millennium": "millennium", "dow": "dow", "isodow": "isodow",
        "doy": "doy", "isoyear": "isoyear", "epoch": "epoch", "julian": "julian", "timezone": "timezone",
        "timezone_hour": "timezone_hour", "timezone_minute": "timezone_minute",
    ]

    static let truncationFields: Set<String> = [
        "microseconds", "milliseconds", "second", "minute", "hour", "day", "week", "month", "quarter", "year", "decade", "century",
        "millennium",
    ]
}
