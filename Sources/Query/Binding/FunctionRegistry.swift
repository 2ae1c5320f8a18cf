import ColumnStore

/// Every SQL function there is, by its names: the one list. A new one is a file in `Functions/` and a word here.
package enum FunctionRegistry {
    static let scalars: [SQLFunction] = [
        // Text
        .lower, .upper, .length, .substring, .trim, .trimLeading, .trimTrailing, .replace, .concat, .concatSeparated, .position, .splitPart,
        .left, .right, .padLeft, .padRight, .startsWith, .regexpReplace, .reverse, .repeatText, .overlay, .ascii, .chr, .initcap, .translate,
        .encode, .decode, .toHex, .bitCount, .octetLength, .bitLength, .md5, .sha224, .sha256, .sha384, .sha512, .normalize, .isNormalized, .convertFrom, .convertTo, .quoteIdent, .quoteLiteral, .quoteNullable, .format, .unistr, .parseIdent,
        .regexpLike, .regexpCount, .regexpSubstr, .regexpInstr, .regexpMatch, .regexpSplitToArray, .similarToEscape,
        // Documents
        .toJSON, .rowToJSON, .toJSONB, .jsonBuildObject, .jsonbBuildObject, .jsonBuildArray, .jsonbBuildArray, .jsonObjectOfTexts, .jsonbObjectOfTexts, .jsonTypeof, .jsonArrayLength, .jsonbPretty,
        .jsonStripNulls, .jsonbSet, .jsonbInsert, .jsonbExtractPath, .jsonbExtractPathText, .jsonExtractPath, .jsonExtractPathText,
        .jsonbPathExists, .jsonbPathMatch, .jsonbPathQueryArray, .jsonbPathQueryFirst,
        .jsonbPathExistsZoned, .jsonbPathMatchZoned, .jsonbPathQueryArrayZoned, .jsonbPathQueryFirstZoned,
        .jsonbContains, .jsonbContained, .jsonbExists, .jsonbExistsAny, .jsonbExistsAll, .jsonbConcat, .jsonbDelete, .jsonbDeletePath, .jsonbSetLax,
        .xpath, .xpathExists,
        // Choices
        .coalesce, .nullIf, .greatest, .least, .nullCount, .valueCount,
        // Time
        .extract, .datePart, .dateTrunc, .makeDate, .toChar, .age, .timezone, .timestampTZ, .date, .now, .currentDate, .localTimestamp, .localTime,
        .makeTime, .makeTimestamp, .makeTimestampTZ, .makeInterval, .justifyDays, .justifyHours, .justifyInterval, .dateBin, .finiteTime, .overlaps, .toDate, .toTimestamp,
        // Numbers
        .abs, .round, .floor, .ceil, .modulo, .power, .sqrt, .sign, .exp, .ln, .log, .log10, .cbrt, .sin, .cos, .tan, .cot, .asin, .acos,
        .atan, .atan2, .sinh, .cosh, .tanh, .asinh, .acosh, .atanh, .degrees, .radians, .sind, .cosd, .tand, .cotd, .asind, .acosd, .atand, .atan2d, .pi, .trunc, .gcd, .lcm, .factorial, .div, .widthBucket, .toNumber, .scale, .minScale, .trimScale, .getByte, .setByte, .getBit, .setBit, .sizeBytes,
        .random, .setSeed, .randomUUID,
        // Lists
        .listSum, .listMin, .listMax, .listAvg, .listCount, .cardinality, .arrayLength, .arrayLower, .arrayDimensions, .arrayDims, .arrayAppend, .arrayPrepend, .arrayCat,
        .arrayRemove, .arrayReplace, .arrayPosition, .arrayPositions, .stringToArray, .arrayToString, .trimArray, .arrayFill,
    ]

    static let scalarsByName = Dictionary(scalars.flatMap { function in function.names.map { ($0, function) } }, uniquingKeysWith: { first, _ in first })

    static let aggregates = Dictionary(
        uniqueKeysWithValues: AggregateFunction.allCases.flatMap { function in function.definition.names.map { ($0, function) } })

    static let windows = Dictionary(uniqueKeysWithValues: WindowFunction.own.map { ($0.definition.name, $0) })

    /// Functions of PostgreSQL's that are not here: their names are no misspellings.
    static let absent: Set<String> = [
        "crypt", "clock_timestamp", "timeofday", "xmlparse",
        "jsonb_populate_record", "median", "version", "current_database",
        "pg_typeof", "make_timestamptz_at", "erf",
    ]

    package static var scalarNames: [String] { scalars.flatMap(\.names) }
    package static var aggregateNames: [String] { Array(aggregates.keys) }
    package static var rowFunctionNames: [String] { RowFunction.all.map(\.name) }
    package static var gatheredNames: [String] { GatheredAggregate.all.map(\.name) }
    package static var windowNames: [String] { Array(windows.keys) }
    package static var names: [String] { scalarNames + aggregateNames + gatheredNames + rowFunctionNames + windowNames + ["grouping"] }
}
