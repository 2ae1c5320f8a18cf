/// One CSV record seen by a type's paths, which are header names. Nodes are numbers of fields.
struct CSVSource: DocumentSource {
    let names: [[UInt8]]
    /// The fields' texts; nil where the field is empty and not quoted, which is NULL.
    let fields: [[UInt8]?]
    let paths: [String]
    /// The record's number, from 1, for locations.
    let record: Int
    let arena: Arena

    init(names: [[UInt8]], fields: [[UInt8]?], paths: [String], record: Int, arena: Arena) {
        self.names = names
        self.fields = fields
        self.paths = paths
        self.record = record
        self.arena = arena
    }

    var root: Int { fields.count }

    func resolve(_ scope: SlotScope, from node: Int, into slots: UnsafeMutablePointer<Int>) {
        for slot in scope.paths.indices { slots[slot] = column(scope.paths[slot]) }
    }

    private func column(_ path: Int) -> Int {
        let name = Array(paths[path].utf8)
        return names.firstIndex(of: name) ?? none
    }

    func forEach(_ path: Int, from node: Int, _ body: (Int) -> Bool) {
        let column = column(path)
        if column != none { _ = body(column) }
    }

    func forEachElement(of node: Int, _ body: (Int) -> Bool) -> Void? { nil }

    func text(_ node: Int) -> ScalarText {
        guard fields.indices.contains(node) else { return .absent }
        guard let field = fields[node] else { return .null }
        let copy = field.withUnsafeBufferPointer { arena.copy($0) }
        return ScalarText(kind: .string, bytes: copy, count: field.count)
    }

    func exists(_ node: Int) -> Bool { fields.indices.contains(node) && fields[node] != nil }

    func location(of node: Int, within element: Int) -> String {
        guard names.indices.contains(node) else { return "/\(record)" }
        return "/\(record)/" + JSONTape.escaped(String(decoding: names[node], as: UTF8.self))
    }

    func location(ofMissing path: Int, from node: Int, within element: Int) -> String { "/\(record)/" + JSONTape.escaped(paths[path]) }
}
