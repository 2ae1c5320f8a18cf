import ColumnStore

/// Every SQL function there is, by its names: the one list, since Swift has no way for a file to add itself to one. A new function is a file in `Functions/`
/// and a word here; documents, completion, `information_schema.routines` and `pg_proc` are made of this list (`docs/contributing.md`).
///
/// Made once when it is first asked for, and constant from then on: any thread may read it.
package enum FunctionRegistry {
    /// What stands under one heading of docs/sql-functions.md.
    struct Topic: Sendable {
        let title: String
        let functions: [SQLFunction]

        init(_ title: String, _ functions: [SQLFunction]) { (self.title, self.functions) = (title, functions) }
    }

    /// In the order of the documents.
    static let topics: [Topic] = [
        Topic("Text", [
            .lower, .upper, .length, .substring, .trim, .trimLeading, .trimTrailing, .replace, .concat, .concatSeparated, .position, .splitPart,
            .left, .right, .padLeft, .padRight, .startsWith, .like, .notLike, .regexpReplace, .reverse, .repeatText, .overlay, .ascii, .chr, .initcap, .translate,
            .encode, .decode, .toHex, .bitCount, .octetLength, .bitLength, .md5, .sha224, .sha256, .sha384, .sha512, .normalize, .isNormalized, .convertFrom, .convertTo, .quoteIdent, .quoteLiteral, .quoteNullable, .format, .unistr, .parseIdent,
            .regexpLike, .regexpCount, .regexpSubstr, .regexpInstr, .regexpMatch, .regexpSplitToArray, .similarToEscape,
            .xmlComment, .xmlConcat, .xmlElement, .xmlForest, .xmlInstruction, .xmlRoot,
        ]),
        Topic("Documents", [
            .toJSON, .rowToJSON, .toJSONB, .jsonBuildObject, .jsonbBuildObject, .jsonBuildArray, .jsonbBuildArray, .jsonObjectOfTexts, .jsonbObjectOfTexts, .jsonTypeof, .jsonArrayLength, .jsonbPretty,
            .jsonStripNulls, .jsonbSet, .jsonbInsert, .jsonbExtractPath, .jsonbExtractPathText, .jsonExtractPath, .jsonExtractPathText,
            .jsonbPathExists, .jsonbPathMatch, .jsonbPathQueryArray, .jsonbPathQueryFirst,
            .jsonbPathExistsZoned, .jsonbPathMatchZoned, .jsonbPathQueryArrayZoned, .jsonbPathQueryFirstZoned,
            .jsonbContains, .jsonbContained, .jsonbExists, .jsonbExistsAny, .jsonbExistsAll, .jsonbConcat, .jsonbDelete, .jsonbDeletePath, .jsonbSetLax,
            .xpath, .xpathExists,
        ]),
        Topic("Choices", [
            .coalesce, .nullIf, .greatest, .least, .nullCount, .valueCount,
        ]),
        Topic("Time", [
            .extract, .datePart, .dateTrunc, .makeDate, .toChar, .age, .timezone, .timestampTZ, .date, .now, .statementTimestamp, .currentDate, .localTimestamp, .localTime,
            .makeTime, .makeTimestamp, .makeTimestampTZ, .makeInterval, .justifyDays, .justifyHours, .justifyInterval, .dateBin, .finiteTime, .overlaps, .toDate, .toTimestamp,
        ]),
        Topic("Numbers", [
            .abs, .round, .floor, .ceil, .modulo, .power, .sqrt, .sign, .exp, .ln, .log, .log10, .cbrt, .sin, .cos, .tan, .cot, .asin, .acos,
            .atan, .atan2, .sinh, .cosh, .tanh, .asinh, .acosh, .atanh, .degrees, .radians, .sind, .cosd, .tand, .cotd, .asind, .acosd, .atand, .atan2d, .pi, .trunc, .gcd, .lcm, .factorial, .div, .widthBucket, .toNumber, .scale, .minScale, .trimScale, .getByte, .setByte, .getBit, .setBit, .realBytes, .doubleBytes, .sizeBytes,
            .random, .setSeed, .randomUUID,
        ]),
        Topic("Lists", [
            .listSum, .listMin, .listMax, .listAvg, .listCount, .cardinality, .arrayLength, .arrayLower, .arrayDimensions, .arrayDims, .arrayAppend, .arrayPrepend, .arrayCat,
            .arrayRemove, .arrayReplace, .arrayPosition, .arrayPositions, .stringToArray, .arrayToString, .trimArray, .arrayFill,
        ]),
    ]

    static let scalars = topics.flatMap(\.functions)

    /// Each name of each function, as a query calls it.
    static let scalarsByName = Dictionary(scalars.flatMap { function in function.names.map { ($0, function) } }, uniquingKeysWith: { first, _ in first })

    /// Those that only the parser calls, and no page lists.
    static let unlisted = [FunctionSyntax.recordOf: SQLFunction.recordOf, FunctionSyntax.recordsOf: SQLFunction.recordsOf]

    /// Without those that only rewrites make.
    static let aggregates = Dictionary(
        uniqueKeysWithValues: AggregateFunction.allCases.flatMap { function in function.definition.names.map { ($0, function) } })

    static let windows = Dictionary(uniqueKeysWithValues: WindowFunction.own.map { ($0.definition.name, $0) })

    /// Functions of PostgreSQL's that are not here: their names are no misspellings.
    static let absent = Set([
        "crypt", "clock_timestamp", "timeofday", "xmlparse",
        "jsonb_populate_record", "median", "version", "current_database",
        "pg_typeof", "make_timestamptz_at", "erf",
    ]).subtracting(names)

    package static let shownScalars = scalars.flatMap(\.shown)
    package static let shownAggregates =
        AggregateFunction.allCases.flatMap { function in
            function.definition.names.map { ShownFunction(name: $0, kind: .aggregate, summary: function.definition.summary) }
        } + GatheredAggregate.all.map { ShownFunction(name: $0.name, kind: .aggregate, summary: $0.summary) }
        + [ShownFunction(name: "grouping", kind: .aggregate, summary: "which keys a row of ROLLUP, CUBE or GROUPING SETS leaves out")]
    package static let shownRowFunctions = RowFunction.bound + RowFunction.all.map { ShownFunction(name: $0.name, kind: .rows, summary: $0.summary) }
    package static let shownWindows = WindowFunction.own.map { ShownFunction(name: $0.definition.name, kind: .window, summary: $0.definition.summary) }
    /// All of them, for code that lists functions.
    package static let shown = shownScalars + shownAggregates + shownRowFunctions + shownWindows
    /// All names, for suggestions and completion.
    package static let names = shown.map(\.name)

    package static var scalarNames: [String] { scalars.flatMap(\.names) }
    package static var aggregateNames: [String] { Array(aggregates.keys) }
    package static var windowNames: [String] { Array(windows.keys) }
}

/// What types functions take and give, for catalogs. A definition says what it takes; what it gives is found by binding a call of columns of those types, so that
/// catalogs cannot say another type than queries have.
extension FunctionRegistry {
    /// Each form of each function whose arguments are types: of those of rows and windows none.
    package static let signatures: [ShownFunction.Signature] = scalars.flatMap { function in
        function.shown.flatMap { shown in function.forms.map { signature(of: function, shown, $0) } }
    } + aggregates.keys.sorted().compactMap { name in aggregates[name].map { signature(of: $0, name) } }

    /// What a form gives is found by binding it; nil where it takes constants only. It is strict where a NULL argument makes it NULL.
    private static func signature(of function: SQLFunction, _ shown: ShownFunction, _ types: [ColumnType]) -> ShownFunction.Signature {
        let binder = Binder(context: context)
        let arguments = types.map { TypedExpression(.column(binder.newColumn("argument", $0)), at: 1) }
        // One that takes a constant, or what a store alone has, is not told of columns.
        let bound = try? function.bound(FunctionCall(name: shown.name, arguments: arguments, position: 1), binder)
        var isStrict = false
        if case .call(let scalar, let parts, _, _)? = bound, case .strict = scalar.nulls {
            // An argument that something else is made of first, as of those of concat, may be NULL.
            let direct = parts.reduce(into: Set<ColumnID>()) { found, part in
                var inner = part
                while case .cast(let operand, _, _) = inner { inner = operand }
                if case .column(let id, _) = inner { found.insert(id) }
            }
            isStrict = arguments.allSatisfy { $0.expression.columnIDs.isSubset(of: direct) }
        }
        return ShownFunction.Signature(function: shown, arguments: types, result: bound?.type, isStrict: isStrict)
    }

    /// Of the first type that it takes, whatever others there are.
    private static func signature(of aggregate: AggregateFunction, _ name: String) -> ShownFunction.Signature {
        let shown = ShownFunction(name: name, kind: .aggregate, summary: aggregate.definition.summary)
        let count = aggregate.definition.argumentCount
        for type in [ColumnType.double, .boolean, .string, .binary] {
            let arguments = [String](repeating: "NULL::\(type.sqlName)", count: count).joined(separator: ", ")
            guard case .query(let query)? = try? Binder.bind("SELECT \(name)(\(arguments))", in: context) else { continue }
            return ShownFunction.Signature(
                function: shown, arguments: [ColumnType](repeating: type, count: count), result: query.columns.first?.type, isStrict: false)
        }
        return ShownFunction.Signature(function: shown, arguments: [], result: nil, isStrict: false)
    }

    private static var context: QueryContext { QueryContext(catalog: FixedCatalog([]), now: 0) }
}
