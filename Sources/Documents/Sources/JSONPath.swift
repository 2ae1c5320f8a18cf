/// A JSON Pointer (RFC 6901) with `/*` for every element of an array, compiled.
///
/// `/lines/*/amount` selects the amounts of all lines, `/lines/0` one of them; a token of digits is an index in an array and a name in an object. `*` is a
/// star only where it stands unescaped and alone. The hash is seeded by the process.
struct JSONPath: Sendable {
    struct Token: Sendable, Equatable {
        let name: [UInt8]
        let hash: UInt32
        let isStar: Bool
        /// As an array's index: digits without leading zeros; else -1.
        let index: Int
    }

    let text: String
    let tokens: [Token]

    /// - Throws: what is wrong with the pointer: its first byte, an escape, more than 4,096 bytes or deeper than a document may be.
    init(_ text: String) throws(TypeFileFault) {
        self.text = text
        guard text.isEmpty || text.utf8.first == UInt8(ascii: "/") else { throw TypeFileFault("a JSON Pointer begins with /") }
        guard text.utf8.count <= 4_096 else { throw TypeFileFault("a JSON Pointer of more than 4,096 bytes") }
        var tokens: [Token] = []
        for part in text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).dropFirst() {
            var name: [UInt8] = []
            var isEscape = false
            for byte in part {
                if isEscape {
                    guard byte == UInt8(ascii: "0") || byte == UInt8(ascii: "1") else { throw TypeFileFault("~ in a JSON Pointer is ~0 or ~1") }
                    name.append(byte == UInt8(ascii: "0") ? UInt8(ascii: "~") : UInt8(ascii: "/"))
                    isEscape = false
                } else if byte == UInt8(ascii: "~") {
                    isEscape = true
                } else {
                    name.append(byte)
                }
            }
            guard !isEscape else { throw TypeFileFault("~ in a JSON Pointer is ~0 or ~1") }
            // `01` and `-1` are names and no indices (RFC 6901, section 4).
            let digits = String(decoding: name, as: UTF8.self)
            let index = name.allSatisfy { $0 &- 0x30 < 10 } && (name.count == 1 || name.first != 0x30) ? Int(digits) ?? -1 : -1
            tokens.append(Token(name: name, hash: NameHash.hash(name), isStar: Array(part) == [UInt8(ascii: "*")], index: index))
        }
        guard tokens.count <= JSONReader.depthMax else { throw TypeFileFault("a JSON Pointer deeper than a document can be") }
        self.tokens = tokens
    }
}

/// All paths of a JSON type, and for those that start alike at a kind of node one trie, so that a walk over the members that matter finds
/// them all.
///
/// Safe to share: built by one thread, then only read.
///
/// ```
/// /id, /lines/*/name, /lines/*/amount     root ─ id (slot 0)
///                                              └ lines ─ * ─ name (slot 1)
///                                                          └ amount (slot 2)
/// ```
/// The edges of a trie node lie together, in the order in which the paths first named them.
final class JSONPathTable: @unchecked Sendable {
    /// Where some paths have led to. A node with a slot ends a path, and may lead on for others.
    struct TrieNode: Sendable, BitwiseCopyable {
        var firstEdge: Int32 = 0
        var edgeCount: Int32 = 0
        /// The trie node of `/*`, or -1.
        var star: Int32 = -1
        var slot: Int32 = -1
    }

    /// A member's name, or an element's index, that leads to another node.
    struct Edge: Sendable, BitwiseCopyable {
        var hash: UInt32
        var nameOffset: Int32
        var nameCount: Int32
        var index: Int32
        var target: Int32
    }

    let paths: [JSONPath]
    private var trie: [TrieNode] = []
    private var edges: [Edge] = []
    private var names: [UInt8] = [0]
    /// The same once `freeze` has laid them down: read on the way without counting references.
    private(set) var trieBase: UnsafeMutablePointer<TrieNode>
    private(set) var edgeBase: UnsafeMutablePointer<Edge>
    private(set) var nameBase: UnsafeMutablePointer<UInt8>

    init(paths: [JSONPath]) {
        self.paths = paths
        (trieBase, edgeBase, nameBase) = (.allocate(capacity: 1), .allocate(capacity: 1), .allocate(capacity: 1))
    }

    deinit {
        trieBase.deallocate()
        edgeBase.deallocate()
        nameBase.deallocate()
    }

    /// Ends building.
    /// After it nothing may be added: sources hold the places of what is laid down.
    func freeze() {
        func laid<Element: BitwiseCopyable>(_ array: [Element], over old: UnsafeMutablePointer<Element>) -> UnsafeMutablePointer<Element> {
            old.deallocate()
            let base = UnsafeMutablePointer<Element>.allocate(capacity: max(array.count, 1))
            for (index, element) in array.enumerated() { (base + index).initialize(to: element) }
            return base
        }
        trieBase = laid(trie, over: trieBase)
        edgeBase = laid(edges, over: edgeBase)
        nameBase = laid(names, over: nameBase)
    }

    /// Builds the trie of a scope's paths and notes where it begins.
    ///
    /// - Complexity: O(the tokens of its paths × the children of each branch): types are compiled once.
    func addTrie(for scope: inout SlotScope) {
        final class Branch {
            var children: [(token: JSONPath.Token, branch: Branch)] = []
            var slot: Int32 = -1
        }
        // Paths that begin alike share the nodes of their beginnings.
        let root = Branch()
        for (slot, path) in scope.paths.enumerated() {
            var branch = root
            for token in paths[path].tokens {
                if let known = branch.children.first(where: { $0.token == token }) {
                    branch = known.branch
                } else {
                    let child = Branch()
                    branch.children.append((token, child))
                    branch = child
                }
            }
            branch.slot = Int32(slot)
        }
        func lay(_ branch: Branch) -> Int32 {
            let place = trie.count
            trie.append(TrieNode(slot: branch.slot))
            var laid: [(JSONPath.Token, Int32)] = []
            for child in branch.children { laid.append((child.token, lay(child.branch))) }
            trie[place].firstEdge = Int32(edges.count)
            trie[place].edgeCount = Int32(laid.count)
            for (token, target) in laid {
                if token.isStar { trie[place].star = target }
                edges.append(
                    Edge(
                        hash: token.hash, nameOffset: Int32(names.count), nameCount: Int32(token.name.count), index: Int32(clamping: token.index),
                        target: target))
                names += token.name
            }
            return Int32(place)
        }
        scope.trieRoot = Int(lay(root))
    }
}

/// A tape seen by a type's paths.
///
/// A value: it lives as long as the tape's reader, the text and the arena do.
struct JSONSource: DocumentSource {
    let tape: JSONTape
    let table: JSONPathTable
    let arena: Arena
    let work: WorkBudget
    private let trie: UnsafePointer<JSONPathTable.TrieNode>
    private let edges: UnsafePointer<JSONPathTable.Edge>
    private let names: UnsafePointer<UInt8>

    init(tape: JSONTape, table: JSONPathTable, arena: Arena, work: WorkBudget) {
        self.tape = tape
        self.table = table
        self.arena = arena
        self.work = work
        trie = UnsafePointer(table.trieBase)
        edges = UnsafePointer(table.edgeBase)
        names = UnsafePointer(table.nameBase)
    }

    var root: Int { 0 }

    func resolve(_ scope: SlotScope, from node: Int, into slots: UnsafeMutablePointer<Int>) {
        for slot in 0..<scope.paths.count { slots[slot] = none }
        visit(node, scope.trieRoot, slots)
    }

    @inline(__always)
    func resolve(trieRoot: Int, slotCount: Int, from node: Int, into slots: UnsafeMutablePointer<Int>) {
        for slot in 0..<slotCount { slots[slot] = none }
        visit(node, trieRoot, slots)
    }

    /// Goes down the trie and the document together, and notes for each slot the first node that comes: document order, since children are taken in it.
    ///
    /// Depth is bounded by that of the document, 128.
    private func visit(_ node: Int, _ place: Int, _ slots: UnsafeMutablePointer<Int>) {
        let branch = trie[place]
        if branch.slot >= 0, slots[Int(branch.slot)] == none { slots[Int(branch.slot)] = node }
        guard branch.edgeCount > 0 else { return }
        let nodes = tape.nodes
        let parent = nodes[node]
        guard work.charge(Int(parent.childCount), .paths) else { return }
        let end = Int(parent.end)
        let first = edges + Int(branch.firstEdge)
        let edgeCount = Int(branch.edgeCount)
        var child = node &+ 1
        if parent.kind == .object {
            // Documents mostly keep one order of members, and type files follow it: the search goes on from the last hit.
            var hint = 0
            while child < end {
                let hash = nodes[child].nameHash
                var tried = 0
                var edge = hint
                while tried < edgeCount {
                    if first[edge].hash == hash, tape.isNamed(child, names + Int(first[edge].nameOffset), Int(first[edge].nameCount), hash: hash) {
                        let target = Int(first[edge].target)
                        // A leaf, as nearly all are: noted without another call.
                        if trie[target].edgeCount == 0 {
                            let slot = Int(trie[target].slot)
                            if slots[slot] == none { slots[slot] = child }
                        } else {
                            visit(child, target, slots)
                        }
                        hint = edge &+ 1 == edgeCount ? 0 : edge &+ 1
                        break
                    }
                    edge = edge &+ 1 == edgeCount ? 0 : edge &+ 1
                    tried &+= 1
                }
                child = Int(nodes[child].end)
            }
        } else if parent.kind == .array {
            var position: Int32 = 0
            while child < end {
                // An index and a star may both take an element.
                for edge in 0..<edgeCount where first[edge].index == position { visit(child, Int(first[edge].target), slots) }
                if branch.star >= 0 { visit(child, Int(branch.star), slots) }
                position &+= 1
                child = Int(nodes[child].end)
            }
        }
    }

    func forEach(_ path: Int, from node: Int, _ body: (Int) -> Bool) { forEach(path, from: node, stray: { _ in }, body) }

    func forEach(_ path: Int, from node: Int, stray: (Int) -> Void, _ body: (Int) -> Bool) {
        _ = table.paths[path].tokens.withUnsafeBufferPointer { step($0, 0, node, stray, body) }
    }

    func hasList(_ path: Int, from node: Int) -> Bool {
        let tokens = table.paths[path].tokens
        let end = tokens.lastIndex { !$0.isStar }.map(tokens.index(after:)) ?? 0
        var isFound = false
        _ = tokens.withUnsafeBufferPointer { tokens in
            step(UnsafeBufferPointer(rebasing: tokens[..<end]), 0, node, { _ in }) { found in
                isFound = tape.nodes[found].kind == .array || tape.nodes[found].kind == .null
                return !isFound
            }
        }
        return isFound
    }

    /// Follows one path by itself, where all its nodes are wanted and not the first. False once `body` has had enough.
    private func step(
        _ tokens: UnsafeBufferPointer<JSONPath.Token>, _ index: Int, _ node: Int, _ stray: (Int) -> Void, _ body: (Int) -> Bool
    ) -> Bool {
        guard index < tokens.count else { return body(node) }
        let kind = tape.nodes[node].kind
        guard kind == .object || kind == .array else {
            // Some programs write an empty list as an empty text, or as an object without members: nothing of it is lost.
            if tokens[index].isStar, kind != .null, kind != .string || tape.nodes[node].byteCount > 0 { stray(node) }
            return true
        }
        var position = 0
        for child in tape.children(of: node) {
            guard work.charge(1, .paths) else { return false }
            let isMatch: Bool
            if kind == .object {
                isMatch = tokens[index].name.withUnsafeBufferPointer { name in
                    tape.isNamed(child, name.baseAddress ?? ScalarText.noBytes, name.count, hash: tokens[index].hash)
                }
            } else {
                isMatch = tokens[index].isStar || tokens[index].index == position
            }
            if isMatch {
                guard step(tokens, index + 1, child, stray, body) else { return false }
                // Names do not repeat in an object.
                if kind == .object { return true }
            }
            position += 1
        }
        // A member may be called `*`; an object without one has no elements.
        if kind == .object, tokens[index].isStar, position > 0 { stray(node) }
        return true
    }

    func forEachElement(of node: Int, _ body: (Int) -> Bool) -> Void? {
        guard tape.nodes[node].kind == .array else { return nil }
        for child in tape.children(of: node) {
            guard work.charge(1, .paths), body(child) else { break }
        }
        return ()
    }

    @inline(__always)
    func text(_ node: Int) -> ScalarText {
        let value = tape.nodes[node]
        let bytes = tape.bytes + Int(value.offset)
        let count = Int(value.byteCount)
        switch value.kind {
        case .string:
            guard value.isEscaped else { return ScalarText(kind: .string, isWithoutNUL: true, bytes: bytes, count: count) }
            // Each reading takes room of its own until the document is done with.
            guard work.charge(count, .paths) else { return .absent }
            let target = arena.allocate(count)
            return ScalarText(kind: .string, bytes: target, count: JSONGrammar.unescape(bytes, count, into: target))
        case .number: return ScalarText(kind: .number, bytes: bytes, count: count)
        case .true: return ScalarText(kind: .true, bytes: bytes, count: count)
        case .false: return ScalarText(kind: .false, bytes: bytes, count: count)
        case .null: return .null
        case .array, .object: return ScalarText(kind: .container, bytes: bytes, count: count)
        }
    }

    func exists(_ node: Int) -> Bool { tape.nodes[node].kind != .null }

    func form(ofElement node: Int) -> ElementForm? {
        switch tape.nodes[node].kind {
        case .null: nil
        case .object: .object
        case .array: .array
        case .string: .text
        case .number, .true, .false: .value
        }
    }

    /// From the receipt's element where the node lies in it, else from the document.
    func location(of node: Int, within element: Int) -> String {
        let holder = node >= element && node < Int(tape.nodes[element].end) ? element : 0
        return tape.pointer(to: node, from: holder, charging: work)
    }

    func location(ofMissing path: Int, from node: Int, within element: Int) -> String {
        location(of: node, within: element) + table.paths[path].text
    }
}
