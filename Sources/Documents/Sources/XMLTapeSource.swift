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
    var work: WorkBudget { walk.work }

    func resolve(_ scope: SlotScope, from node: Int, into slots: UnsafeMutablePointer<Int>) {
        if resolveTogether(scope, from: node, into: slots) { return }
        for slot in scope.paths.indices { slots[slot] = first(scope.paths[slot], from: node) }
    }

    /// Paths that have a trie in one walk, the others by themselves.
    ///
    /// - Returns: false, with nothing charged, where the work ends on the way: paths are then followed in their order, so that it ends where it always has.
    private func resolveTogether(_ scope: SlotScope, from node: Int, into slots: UnsafeMutablePointer<Int>) -> Bool {
        guard let trie = walk.trie(of: scope), walk.resolve(trie, from: node, into: slots) else { return false }
        for slot in trie.others { slots[slot] = first(scope.paths[slot], from: node) }
        return walk.isResolved()
    }

    @inline(__always)
    func first(_ path: Int, from node: Int) -> Int {
        let found = walk.first(path, from: node)
        guard found == none, node == 0, !walk.isAbsolute(path) else { return found }
        return walk.first(path, from: walk.tape.rootElement)
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
        // The blanks of a long text are gone through each time.
        guard let content = walk.stringValue(node), walk.work.charge(content.count >> 4, .paths) else { return .absent }
        let trimmed = ScalarText(kind: .string, isWithoutNUL: true, bytes: content.baseAddress ?? ScalarText.noBytes, count: content.count).trimmed()
        return trimmed.count == 0 ? .null : trimmed
    }

    func exists(_ node: Int) -> Bool { true }

    func location(of node: Int, within element: Int) -> String { walk.tape.path(to: node, from: element, charging: walk.work) }

    func location(ofMissing path: Int, from node: Int, within element: Int) -> String {
        let text = paths[path].text
        if paths[path].isAbsolute { return text }
        let holder = location(of: node, within: element)
        return holder.isEmpty || holder == "/" ? "/" + text : holder + "/" + text
    }
}
