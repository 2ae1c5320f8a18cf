import ColumnStore

/// Names that values are declared by where the types here do not tell what PostgreSQL calls them: `oid`, `varchar(5)`, `regclass[]`.
package enum DeclaredType {
    private static let listSuffix = "[]"
    private static let registries: Set<String> = ["regclass", "regtype", "regnamespace", "regrole", "regproc", "regprocedure", "regoper", "regoperator", "regcollation"]
    private static let withLists = registries.union(["int2", "float4", "name", "char", "varchar", "bpchar", "oid", "xid", "record", "xml", "jsonpath", "bit", "varbit"]).union(times)
    private static let times: Set<String> = ["timestamp", "timestamptz", "time", "interval"]

    /// `varchar(5)` without its length, in lists too.
    package static func withoutLength(_ name: String) -> String {
        guard let open = name.firstIndex(of: "(") else { return name }
        return String(name[..<open]) + (name.hasSuffix(listSuffix) ? listSuffix : "")
    }

    /// What one of the values of many rows is called: without a length, but for a CHAR(n), which is shown with its blanks.
    static func ofOne(_ name: String) -> String { name.hasPrefix("bpchar(") && !name.hasSuffix(listSuffix) ? name : withoutLength(name) }

    /// The n of `varchar(n)`, in lists too; nil of names that say none.
    package static func length(_ name: String) -> Int? {
        guard let open = name.firstIndex(of: "("), let close = name.lastIndex(of: ")"), open < close else { return nil }
        return Int(name[name.index(after: open)..<close])
    }

    /// Whether what stands behind it in brackets is PostgreSQL's typmod as it is: digits of a second, of an interval its fields as well, and how many bits there are.
    package static func saysModifier(_ name: String) -> Bool { times.contains { name.hasPrefix($0 + "(") } || name.hasPrefix("bit(") || name.hasPrefix("varbit(") }

    /// Strings of bits, which are kept as texts of zeros and ones.
    static func isBits(_ name: String) -> Bool { ["bit", "varbit"].contains(withoutLength(name)) }

    /// `timestamp(3)`, `time(0)`, `interval(2147418114)`; nil of a type that says neither digits of a second nor fields.
    ///
    /// - Parameter fields: an interval's, as bits.
    static func time(_ type: ColumnType, digits: Int?, fields: Int?) -> String? {
        switch type {
        case .timestamp(let isUTC): return digits.map { isUTC ? "timestamptz(\($0))" : "timestamp(\($0))" }
        case .time: return digits.map { "time(\($0))" }
        case .interval where digits != nil || fields != nil: return "interval(\((fields ?? allFields) << 16 | (digits ?? allDigits)))"
        default: return nil
        }
    }

    /// What PostgreSQL has where nothing is said: src/include/utils/timestamp.h, INTERVAL_FULL_RANGE and INTERVAL_FULL_PRECISION.
    private static let allFields = 0x7FFF, allDigits = 0xFFFF

    /// An `oid`, or one that is written as a name.
    static func isNumber(_ name: String) -> Bool { name == "oid" || registries.contains(name) }

    /// Whether lists of what is called so have a name of their own.
    static func hasLists(_ name: String) -> Bool { withLists.contains(withoutLength(name)) }

    /// What comes out of values of one name by a choice among them is called as they are.
    static func isKept(_ name: String) -> Bool { name.hasSuffix(listSuffix) || hasLists(name) }

    /// What texts of several types are called, as PostgreSQL chooses among them: as the first one is, but a NAME takes CHARs and VARCHARs that stand before it.
    ///
    /// - Parameter names: nil of a TEXT.
    /// - Returns: nil where that is TEXT, or CHAR(n) beside texts that have no blanks to show.
    static func ofTexts(_ names: [String?]) -> String? {
        let plain = names.map { $0.map(withoutLength) ?? "text" }
        guard let first = plain.first, plain.allSatisfy(["text", "name", "varchar", "bpchar"].contains) else { return nil }
        if first == "name" || first != "text" && plain.contains("name") { return "name" }
        return first == "varchar" ? first : nil
    }

    /// What values are called in common; nil where one of them has no name, or another.
    static func common(_ names: [String?]) -> String? {
        guard let first = names.first, let first else { return nil }
        if names.allSatisfy({ $0 == first }) { return first }
        // Of numbers that are written as names, and those that are not, the first says it.
        if names.allSatisfy({ $0.map(isNumber) ?? false }) { return first }
        let plain = withoutLength(first)
        return names.allSatisfy { $0.map(withoutLength) == plain } ? plain : nil
    }
}
