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

    /// By its own name or as SQL writes it.
    static func number(named name: String) -> Int64? {
        let name = name.hasPrefix("pg_catalog.") ? String(name.dropFirst(11)) : name
        return all.first { $0.name == name || $0.shown == name }?.number
    }
}
