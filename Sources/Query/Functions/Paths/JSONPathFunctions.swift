import ColumnStore

/// What SQL asks by paths: `jsonb_path_exists`, `jsonb_path_match`, `jsonb_path_query` and its kin, `@?` and `@@`. Those whose names end with `_tz` compare
/// times that have a zone with times that have none, by the session's clock.
///
/// PostgreSQL 15's documentation, section 9.16.1; the paths are in 9.16.2.
extension SQLFunction {
    static let jsonbPathExists = asking("jsonb_path_exists", summary: "whether a path of SQL/JSON selects anything, as `@?`", .jsonPathExists, .boolean)
    static let jsonbPathMatch = asking("jsonb_path_match", summary: "what a path's condition says, as `@@`", .jsonPathMatches, .boolean)
    static let jsonbPathQueryArray = asking("jsonb_path_query_array", summary: "what a path of SQL/JSON selects, as an array", .jsonPathArray, .jsonb)
    static let jsonbPathQueryFirst = asking("jsonb_path_query_first", summary: "the first that a path of SQL/JSON selects", .jsonPathFirst, .jsonb)
    static let jsonbPathExistsZoned = asking(
        "jsonb_path_exists_tz", summary: "as `jsonb_path_exists`, where a time with a zone compares with one that has none, by the session's clock",
 .jsonPathExistsZoned, .boolean, isZoned: true)
    static let jsonbPathMatchZoned = asking("jsonb_path_match_tz", summary: "as `jsonb_path_match`, where a time with a zone compares with one that has none, by the session's clock", .jsonPathMatchesZoned, .boolean, isZoned: true)
    static let jsonbPathQueryArrayZoned = asking("jsonb_path_query_array_tz", summary: "as `jsonb_path_query_array`, where a time with a zone compares with one that has none, by the session's clock", .jsonPathArrayZoned, .jsonb, isZoned: true)
    static let jsonbPathQueryFirstZoned = asking("jsonb_path_query_first_tz", summary: "as `jsonb_path_query_first`, where a time with a zone compares with one that has none, by the session's clock", .jsonPathFirstZoned, .jsonb, isZoned: true)

    /// A document, a path, an object of the path's variables, and whether faults of the data are not told.
    private static let types: [ColumnType] = [.jsonb, .string, .jsonb, .boolean]

    private static func asking(_ name: String, summary: String, _ function: ScalarFunction, _ type: ColumnType, isZoned: Bool = false) -> SQLFunction {
        SQLFunction(name, summary: summary, forms: (2...4).map { Array(types.prefix($0)) }, volatility: isZoned ? .stable : .immutable) { (call, typing) throws(QueryError) in
            call.make(function, isZoned ? try call.zonedPathArguments(typing) : try call.pathArguments(typing), type)
        }
    }
}

extension FunctionCall {
    /// - Throws: the fault of a constant that is no path, before anything runs; but for patterns that RE2 alone has, which whoever follows the path refuses.
    func pathArguments(_ typing: any CallTyping) throws(QueryError) -> [Expression] {
        try count(2...4)
        var result = [try document(0, typing, as: .jsonb), try path(1, typing)]
        if arguments.count > 2 { result.append(try document(2, typing, as: .jsonb)) }
        if arguments.count > 3 { result.append(try typing.implicit(arguments[3], to: .boolean, name)) }
        return result
    }

    /// All four of them, with the session's zone and the moment of the statement behind them.
    func zonedPathArguments(_ typing: any CallTyping) throws(QueryError) -> [Expression] {
        var result = try pathArguments(typing)
        if result.count < 3 { result.append(.literal(.bytes(Array("{}".utf8)), .jsonb)) }
        if result.count < 4 { result.append(.literal(.boolean(false), .boolean)) }
        return result + [typing.zone, .literal(.integer(typing.now), .timestampTZ)]
    }

    /// An argument as a path; a constant one is read here once, so that its fault is reported before any row is read: all but for patterns that RE2 alone has, which whoever follows the
    /// path refuses.
    func path(_ index: Int, _ typing: any CallTyping) throws(QueryError) -> Expression {
        let value = arguments[index]
        let path = try typing.implicit(value, to: .string, name)
        if case .literal(.bytes(let text), _) = path {
            do throws(KernelError) { _ = try JSONPathParser.parse(text) } catch { throw error.queryError(position: value.position) }
        }
        return path
    }
}

extension ScalarFunction {
    static let jsonPathExists = truth("jsonb_path_exists") { (walk) throws(KernelError) in try walk.exists() }
    static let jsonPathMatches = truth("jsonb_path_match") { (walk) throws(KernelError) in try walk.matches() }
    static let jsonPathExistsZoned = truth("jsonb_path_exists_tz") { (walk) throws(KernelError) in try walk.exists() }
    static let jsonPathMatchesZoned = truth("jsonb_path_match_tz") { (walk) throws(KernelError) in try walk.matches() }
    /// `@?` and `@@`, to which faults of the data are NULL.
    static let jsonPathIsThere = truth("@?", .infix) { (walk) throws(KernelError) in try walk.exists() }
    static let jsonPathHolds = truth("@@", .infix) { (walk) throws(KernelError) in try walk.matches() }

    static let jsonPathArray = text("jsonb_path_query_array") { (walk) throws(KernelError) in try array(walk) }
    static let jsonPathArrayZoned = text("jsonb_path_query_array_tz") { (walk) throws(KernelError) in try array(walk) }

    /// The values as JSONB writes an array.
    private static func array(_ walk: JSONPathWalk) throws(KernelError) -> [UInt8] {
        let values = try walk.values()
        try walk.meter.charge(values.reduce(2 * values.count + 2) { $0 + $1.byteCount })
        var text: [UInt8] = [UInt8(ascii: "[")]
        for (index, value) in values.enumerated() {
            if index > 0 { text += ", ".utf8 }
            text += value.text
        }
        return text + [UInt8(ascii: "]")]
    }

    static let jsonPathFirst = text("jsonb_path_query_first") { (walk) throws(KernelError) in try walk.values().first.map { Array($0.text) } }
    static let jsonPathFirstZoned = text("jsonb_path_query_first_tz") { (walk) throws(KernelError) in try walk.values().first.map { Array($0.text) } }

    static let jsonPathValues = values("jsonb_path_query")
    static let jsonPathValuesZoned = values("jsonb_path_query_tz")

    /// What each row's path selects, as a list.
    private static func values(_ symbol: String) -> ScalarFunction {
        ScalarFunction(
            symbol, nulls: .strict, cost: .heavy, failure: .possible, traits: Traits(isExpanding: true),
            kernel: .remembering {
                let memory = JSONPathMemory()
                return { (call) throws(KernelError) in
                    let rows = try JSONPathRows(call, isOperator: false)
                    return try call.writtenLists { (row, list) throws(KernelError) in
                        for value in try rows.walk(row, memory).values() { try list.append(value.text) }
                        return true
                    }
                }
            })
    }

    /// The text of a path as PostgreSQL writes it.
    static let jsonPathWritten = ScalarFunction(
        "jsonpath", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            let paths = TextRows(call[0])
            return try call.texts { (row) throws(KernelError) in
                try call.meter.step(16 * paths.range(at: row).count)
                let mark = call.meter.mark
                let path = try JSONPathParser.parse(Array(paths[row]), call.meter)
                defer {
                    call.meter.forget(path.byteCount)
                    call.meter.settle(since: mark)
                }
                return path.text
            }
        })

    /// A kernel that asks one question of each row's walk; nil of `ask` is NULL.
    private static func truth(
        _ symbol: String, _ notation: Notation = .call, _ ask: @escaping @Sendable (JSONPathWalk) throws(KernelError) -> Bool?
    ) -> ScalarFunction {
        ScalarFunction(
            symbol, notation, nulls: .strict, cost: .heavy, failure: .possible,
            kernel: .remembering {
                let memory = JSONPathMemory()
                return { (call) throws(KernelError) in
                    let rows = try JSONPathRows(call, isOperator: notation == .infix)
                    let validity = call.strictValidity
                    var (bits, known) = (Bitmap(repeating: false, count: call.count), Bitmap(repeating: false, count: call.count))
                    for row in 0..<call.count where validity?[row] ?? true {
                        // What a row's walk took is given back before the next one's.
                        let mark = call.meter.mark
                        if let truth = try ask(try rows.walk(row, memory)) { (bits[row], known[row]) = (truth, true) }
                        call.meter.settle(since: mark)
                    }
                    return .boolean(bits, validity: known.isAllSet ? nil : known)
                }
            })
    }

    /// A kernel that makes a text of each row's walk; nil of `ask` is NULL.
    private static func text(_ symbol: String, _ ask: @escaping @Sendable (JSONPathWalk) throws(KernelError) -> [UInt8]?) -> ScalarFunction {
        ScalarFunction(
            symbol, nulls: .strict, cost: .heavy, failure: .possible,
            kernel: .remembering {
                let memory = JSONPathMemory()
                return { (call) throws(KernelError) in
                    let rows = try JSONPathRows(call, isOperator: false)
                    return try call.texts { (row) throws(KernelError) in
                        let mark = call.meter.mark
                        let text = try ask(try rows.walk(row, memory))
                        call.meter.settle(since: mark)
                        return text
                    }
                }
            })
    }
}

/// The path that was read last: of one place in a query, and of one worker.
private final class JSONPathMemory {
    private var last: (text: [UInt8], path: JSONPath)?

    /// - Throws: as `JSONPathParser.parse`.
    func path(_ text: ArraySlice<UInt8>, _ meter: WorkMeter) throws(KernelError) -> JSONPath {
        if let last, last.text.elementsEqual(text) { return last.path }
        if let last { meter.forget(last.path.byteCount) }
        last = nil
        try meter.step(16 * text.count)
        try meter.charge(64 * text.count)
        let path = try JSONPathParser.parse(Array(text), meter)
        last = (Array(text), path)
        return path
    }
}

/// The arguments of a batch.
private struct JSONPathRows {
    private let call: KernelCall
    private let documents: TextRows
    private let paths: TextRows
    private let variables: TextRows?
    private let silence: Bitmap?
    private let isOperator: Bool
    /// Of the functions that are given one.
    private let clock: JSONPathClock?

    init(_ call: KernelCall, isOperator: Bool) throws(KernelError) {
        (self.call, self.isOperator) = (call, isOperator)
        (documents, paths) = (TextRows(call[0]), TextRows(call[1]))
        (variables, silence) = (call.optional(2).map { TextRows($0) }, call.optional(3)?.bitmap())
        guard case .integer(let now)? = call.optional(5)?.constantValue else {
            clock = nil
            return
        }
        clock = JSONPathClock(zone: try call.zone(at: 4), now: now)
    }

    /// - Throws: `.badValue` where the variables are no object.
    func walk(_ row: Int, _ memory: JSONPathMemory) throws(KernelError) -> JSONPathWalk {
        let path = try memory.path(paths[row], call.meter)
        try call.meter.step(documents.range(at: row).count)
        try call.meter.charge(documents.range(at: row).count)
        var given: JSONPathValue?
        // Operators have no variables, not even an empty object of them.
        if !isOperator {
            given = JSONPathValue(variables.map { $0[row] } ?? [UInt8(ascii: "{"), UInt8(ascii: "}")][...], base: 1)
            guard given?.kind == .object else { throw .outside(.badValue, "the variables of a path are an object") }
        }
        return JSONPathWalk(path, JSONPathValue(documents[row]), variables: given, isSilent: isOperator || (silence?[row] ?? false), clock: clock, call.meter)
    }
}
