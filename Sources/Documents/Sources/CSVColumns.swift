/// What is wrong with a CSV header that has columns which nobody knows: values under them would be lost without a word.
enum CSVColumns {
    /// - Parameter known: names that the types of the records know.
    /// - Returns: nil where the header has no others.
    static func fault(_ header: [[UInt8]], known: Set<[UInt8]>) -> Fault? {
        // A line that ends with the delimiter has a last name that is empty: a value below it is a fault of its record.
        let named = header.filter { !$0.isEmpty }
        let unknown = named.filter { !known.contains($0) }
        // A text without a header has values where names should be: those are not repeated.
        if unknown.count == named.count { return noHeader(known: known) }
        if unknown.isEmpty { return nil }
        let columns = unknown.count == 1 ? "a column" : "columns"
        return Fault(
            .invalidDocument, "the header has \(columns) that the type does not know: \(shown(unknown, countMax: 10)); it knows \(shown(known))",
            errors: unknown.prefix(100).map { name in
                .init(pointer: "/0/" + JSONTape.escaped(String(decoding: name, as: UTF8.self)), code: "unknown-column", message: "the type has no such column")
            })
    }

    /// Of a first row in which nothing is known.
    static func noHeader(known: Set<[UInt8]>) -> Fault {
        Fault(
            .invalidDocument, "the first row has none of the type's columns: is the header missing? They are \(shown(known))",
            errors: [.init(pointer: "/0", code: "unknown-column", message: "none of the type's columns")])
    }

    private static func shown(_ known: Set<[UInt8]>) -> String { shown(known.sorted { $0.lexicographicallyPrecedes($1) }, countMax: 20) }

    private static func shown(_ names: [[UInt8]], countMax: Int) -> String {
        names.prefix(countMax).map { JSONGrammar.shown($0) }.joined(separator: ", ") + (names.count > countMax ? " …" : "")
    }
}
