/// A tape of XML seen by a type's paths. Nodes are the tape's own.
///
/// It answers as `XMLSource` does for the same document and paths.
struct XMLTapeSource: DocumentSource {
    private let walk: XMLTapeWalk
    private let paths: [XMLPath]

    /// - Parameters:
    ///   - paths: of the type, for messages.
    ///   - compiled: the same.
    init(tape: XMLTape, paths: [XMLPath], compiled: XMLTapePaths, arena: Arena, work: WorkBudget) {
        walk = XMLTapeWalk(tape: tape, paths: compiled, arena: arena, work: work)
        self.paths = paths
    }

    /// The document node, above the root element.
    var root: Int { 0 }

    func resolve(_ scope: SlotScope, from node: Int, into slots: UnsafeMutablePointer<Int>) {
        scope.paths.withUnsafeBufferPointer { paths in
            for slot in paths.indices {
                var found = none
                forEach(paths[slot], from: node) { candidate in
                    found = candidate
                    return false
                }
                slots[slot] = found
            }
        }
    }

    /// A relative path that finds nothing from the document starts at its root element instead, as `XMLSource` has it.
    @inline(__always)
    func forEach(_ path: Int, from node: Int, _ body: (Int) -> Bool) {
        guard node == 0, !walk.isAbsolute(path) else { return walk.forEach(path, from: node, body) }
        var isFound = false
        walk.forEach(path, from: node) { found in
            isFound = true
            return body(found)
        }
        if !isFound { walk.forEach(path, from: walk.tape.rootElement, body) }
    }

    func forEachElement(of node: Int, _ body: (Int) -> Bool) -> Void? { nil }

    func text(_ node: Int) -> ScalarText {
        guard let content = walk.stringValue(node) else { return .absent }
        let trimmed = ScalarText(kind: .string, isWithoutNUL: true, bytes: content.baseAddress ?? ScalarText.noBytes, count: content.count).trimmed()
        return trimmed.count == 0 ? .null : trimmed
    }

    func exists(_ node: Int) -> Bool { true }

    func location(of node: Int, within element: Int) -> String { walk.tape.path(to: node, from: element) }

    func location(ofMissing path: Int, from node: Int, within element: Int) -> String {
        let text = paths[path].text
        if paths[path].isAbsolute { return text }
        let holder = location(of: node, within: element)
        return holder.isEmpty || holder == "/" ? "/" + text : holder + "/" + text
    }
}
