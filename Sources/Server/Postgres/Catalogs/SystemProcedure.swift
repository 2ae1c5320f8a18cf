internal import ColumnStore
internal import Query

/// A function of `pg_proc`.
struct SystemProcedure: Sendable {
    let number: Int64
    let name: String
    let result: Int64
    let arguments: [Int64]
    /// f, a for an aggregate, w for a window's function.
    var kind = "f"
    var volatility = "i"
    var givesRows = false
    var isStrict = true

    static let all = ofPostgres + ofRegistry

    static let ofPostgres = SystemProcedureText.all.split(separator: "\n").compactMap(procedure) + ofLanguage

    private static let ofLanguage = (SystemFunctionText.all + "\n" + SystemTypeFunctionText.all).split { $0 == "\n" || $0 == ";" }.compactMap(procedure)

    private static func procedure(_ line: Substring) -> SystemProcedure? {
        let words = line.split(separator: " ")
        guard words.count >= 4, let number = Int64(words[0]), let result = Int64(words[2]) else { return nil }
        var made = SystemProcedure(number: number, name: String(words[1]), result: result, arguments: words[3].split(separator: ",").compactMap { Int64($0) })
        guard words.count > 4 else { return made }
        let marks = Array(words[4])
        (made.kind, made.volatility, made.givesRows) = (String(marks[0]), marks.count > 1 ? String(marks[1]) : "i", marks.count > 2)
        made.isStrict = made.kind == "f"
        return made
    }

    /// Words of PostgreSQL's grammar, which are no functions to it.
    private static let ofGrammar: Set<String> = [
        "coalesce", "current_date", "current_timestamp", "greatest", "grouping", "least", "localtime", "localtimestamp", "nullif", "trim",
    ]

    /// What this language has and PostgreSQL 15 does not, as the language's own registry tells it.
    static let ofRegistry: [SystemProcedure] = {
        let known = Set(ofPostgres.map(\.name)).union(ofGrammar)
        return FunctionRegistry.signatures.filter { !known.contains($0.function.name) }.map { signature in
            let name = signature.function.name, arguments = signature.arguments.map { Int64(AnswerColumns.type($0).number) }
            return SystemProcedure(
                number: SystemNumber.procedure(name, arguments), name: name, result: signature.result.map { Int64(AnswerColumns.type($0).number) } ?? any,
                arguments: arguments, kind: signature.function.kind == .aggregate ? "a" : "f", volatility: signature.function.volatility.rawValue,
                isStrict: signature.isStrict)
        }
    }()

    /// The pseudo-type of what may be anything.
    private static let any: Int64 = 2_276

    private static let byName = Dictionary(all.map { ($0.name, $0.number) }, uniquingKeysWith: { first, _ in first })
    private static let byNumber = Dictionary(uniqueKeysWithValues: all.map { ($0.number, $0.name) })

    /// `array_in` or `pg_catalog.array_in`; 0 is none, which is written `-`.
    static func number(named name: String) -> Int64? {
        if name == "-" { return 0 }
        return byName[name.hasPrefix("pg_catalog.") ? String(name.dropFirst(11)) : name]
    }

    /// `lower(text)`: by the types of its arguments; without brackets by its name alone.
    static func number(signed text: String) -> Int64? {
        guard let open = text.firstIndex(of: "("), text.hasSuffix(")") else { return nil }
        let name = text[..<open].trimmingPrefix("pg_catalog.")
        let types = text[text.index(after: open)...].dropLast().split(separator: ",").map { SystemType.number(named: String($0)) }
        return all.first { $0.name == name && $0.arguments.map(Optional.some) == types }?.number
    }

    /// With the types of its arguments.
    static func signature(of number: Int64) -> String {
        guard let found = all.first(where: { $0.number == number }) else { return name(of: number) }
        return "\(found.name)(\(found.arguments.map { SystemType.byNumber[$0]?.shown ?? "\($0)" }.joined(separator: ",")))"
    }

    /// As PostgreSQL writes one; of one that is not there its number.
    static func name(of number: Int64) -> String { number == 0 ? "-" : byNumber[number] ?? "\(number)" }
}
