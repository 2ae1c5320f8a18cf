import ColumnStore

/// Every SQL function there is, by its names: the one list. A new one is a file in `Functions/` and a word here.
package enum FunctionRegistry {
    static let scalars: [SQLFunction] = [
        // Text
        .lower, .upper, .length, .substring, .trim, .trimLeading, .trimTrailing, .replace, .concat, .concatSeparated, .position, .splitPart,
        .left, .right, .padLeft, .padRight, .startsWith, .regexpReplace, .reverse, .repeatText, .overlay,
        // Choices
        .coalesce, .nullIf, .greatest, .least,
        // Time
        .extract, .datePart, .dateTrunc, .makeDate, .toChar, .age, .timezone, .now, .currentDate, .localTimestamp,
        // Numbers
        .abs, .round, .floor, .ceil, .modulo, .power, .sqrt, .sign,
        // Lists
        .listSum, .listMin, .listMax, .listAvg, .listCount,
    ]

    static let scalarsByName = Dictionary(scalars.flatMap { function in function.names.map { ($0, function) } }, uniquingKeysWith: { first, _ in first })

    static let aggregates = Dictionary(
        uniqueKeysWithValues: AggregateFunction.allCases.flatMap { function in function.definition.names.map { ($0, function) } })

    static let windows = Dictionary(uniqueKeysWithValues: WindowFunction.own.map { ($0.definition.name, $0) })

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

    package static var scalarNames: [String] { scalars.flatMap(\.names) }
    package static var aggregateNames: [String] { Array(aggregates.keys) }
    package static var windowNames: [String] { Array(windows.keys) }
    package static var names: [String] { scalarNames + aggregateNames + windowNames + ["grouping"] }
}
