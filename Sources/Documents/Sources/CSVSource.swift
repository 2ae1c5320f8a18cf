/// One CSV record seen by a type's paths, which are header names. Nodes are numbers of fields.
///
/// A record is flat: a path finds one field or none, whatever node it starts from, and blank fields are absent as JSON's null is.
struct CSVSource: DocumentSource {
    let reader: CSVReader
    let fields: [CSVReader.Field]
    let paths: [String]
    /// The column of each path; `none` where the header has no such name.
    let columns: [Int]
    /// The record's number, from 1, for locations.
    let record: Int
    let arena: Arena
    let work: WorkBudget

    /// Behind the last field: the record itself.
    var root: Int { fields.count }

    func resolve(_ scope: SlotScope, from node: Int, into slots: UnsafeMutablePointer<Int>) {
        for slot in scope.paths.indices { slots[slot] = columns[scope.paths[slot]] }
    }

    func forEach(_ path: Int, from node: Int, _ body: (Int) -> Bool) {
        guard work.charge(1, .paths) else { return }
        if columns[path] != none { _ = body(columns[path]) }
    }

    func forEachElement(of node: Int, _ body: (Int) -> Bool) -> Void? { nil }

    func text(_ node: Int) -> ScalarText {
        guard exists(node) else { return fields.indices.contains(node) ? .null : .absent }
        let field = fields[node]
        guard field.isEscaped else {
            let bytes = reader.plainText(of: field)
            return ScalarText(kind: .string, bytes: bytes.baseAddress ?? ScalarText.noBytes, count: bytes.count)
        }
        // Unescaped text takes room of its own until the document is done with.
        guard work.charge(field.byteCount, .paths) else { return .absent }
        let text = reader.text(of: field)
        return ScalarText(kind: .string, bytes: text.withUnsafeBufferPointer { arena.copy($0) }, count: text.count)
    }

    func exists(_ node: Int) -> Bool { fields.indices.contains(node) && !fields[node].isBlank }

    func location(of node: Int, within element: Int) -> String {
        guard reader.names.indices.contains(node) else { return "/\(record)" }
        return "/\(record)/" + JSONTape.escaped(String(decoding: reader.names[node], as: UTF8.self))
    }

    func location(ofMissing path: Int, from node: Int, within element: Int) -> String { "/\(record)/" + JSONTape.escaped(paths[path]) }
}
