/// A type of `pg_type`.
struct SystemType: Sendable {
    let number: Int64
    let name: String
    let length: Int64
    let isByValue: Bool
    let kind: String
    let category: String
    let isPreferred: Bool
    let delimiter: String
    let element: Int64
    let array: Int64
    /// input, output, receive, send
    let functions: [String]
    let align: String
    let storage: String
    let collation: Int64
    /// As SQL writes it.
    let shown: String

    static let all: [SystemType] = SystemTypeText.all.split(separator: "\n").compactMap { line in
        let words = line.split(separator: " ").map(String.init)
        guard words.count >= 18, let number = Int64(words[0]), let length = Int64(words[2]), let element = Int64(words[8]), let array = Int64(words[9]),
            let collation = Int64(words[16])
        else { return nil }
        return SystemType(
            number: number, name: words[1], length: length, isByValue: words[3] == "t", kind: words[4], category: words[5], isPreferred: words[6] == "t",
            delimiter: words[7], element: element, array: array, functions: Array(words[10...13]), align: words[14], storage: words[15], collation: collation,
            shown: words[17...].joined(separator: " "))
    }

    static let byNumber = Dictionary(uniqueKeysWithValues: all.map { ($0.number, $0) })

    /// By the names that `pg_type` has.
    static let byName = Dictionary(all.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })

    /// As SQL writes it, where `char` is not the type of that name, or by its own name, with or without lengths: `int`, `varchar(10)`, `timestamp(3) with time zone`, `text[]`.
    static func number(named name: String) -> Int64? {
        var text = name.contains("\"") ? name : name.lowercased()
        text = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        if text.hasPrefix("pg_catalog.") { text.removeFirst("pg_catalog.".count) }
        var isList = false
        while text.hasSuffix("]"), let open = text.lastIndex(of: "[") {
            isList = true
            text = String(text[..<open])
        }
        if let open = text.firstIndex(of: "("), let close = text.lastIndex(of: ")"), open < close {
            text = String(text[..<open]).trimmingSuffix(" ") + text[text.index(after: close)...]
        }
        text = others[text] ?? text
        // In quotes it is the catalog's own name.
        let quoted = text.hasPrefix("\"") && text.hasSuffix("\"") ? String(text.dropFirst().dropLast()) : text
        guard let found = all.first(where: { $0.name == text || $0.shown == text || $0.name == quoted }) else { return nil }
        return !isList ? found.number : found.array == 0 ? nil : found.array
    }

    private static let others = [
        "int": "int4", "decimal": "numeric", "dec": "numeric", "float": "float8", "double": "float8", "char": "bpchar", "nchar": "bpchar", "string": "text", "blob": "bytea",
        "timestamp with time zone": "timestamptz", "time with time zone": "timetz",
    ]
}

extension String {
    fileprivate func trimmingSuffix(_ letter: Character) -> String { last == letter ? String(dropLast()) : self }
}
