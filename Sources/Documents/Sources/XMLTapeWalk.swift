internal import CXML2
internal import Glibc

/// Follows the paths of one type through one tape. What it looks at is charged before.
///
/// A class, so that closures on the way hold one reference and not a copy of all that it needs.
///
/// One document on one thread. A tape's nodes are numbers in document order, so that sorting numbers sorts nodes, and an element's attributes, children and
/// all below it are the numbers from its own up to its `end`: attributes first, up to `offset`.
final class XMLTapeWalk {
    typealias Path = XMLTapePaths.Path
    typealias Step = XMLTapePaths.Step

    let tape: XMLTape
    private let paths: XMLTapePaths
    private let nodes: UnsafePointer<XMLNode>
    private let names: XMLTapeNames
    // The type's, by the pointers themselves, so that none is counted on the way.
    private let steps: UnsafeMutablePointer<Step>
    private let table: UnsafeMutablePointer<Path>
    private let members: UnsafeMutablePointer<Int32>
    private let predicates: UnsafeMutablePointer<Int32>
    private let operations: UnsafeMutablePointer<XMLTapePaths.Operation>
    private let texts: UnsafeMutablePointer<UInt8>
    /// For texts that are put together; they live until the document is done with.
    private let arena: Arena
    let work: WorkBudget
    private let counter: UnsafeMutablePointer<WorkBudget.Counter>
    /// Nodes that the far end of a path selects from an ancestor of many elements: the same for each of them.
    private var farNodes: [FarPlace: [Int]] = [:]
    /// Those since the last `resolve`.
    private var newFarPlaces: [FarPlace] = []
    /// The path of the far end, and the node that it starts from.
    private struct FarPlace: Hashable {
        let path: Int
        let start: Int
    }

    init(tape: XMLTape, paths: XMLTapePaths, arena: Arena, work: WorkBudget) {
        self.tape = tape
        self.paths = paths
        self.arena = arena
        self.work = work
        nodes = tape.nodes
        names = XMLTapeNames(tape, paths)
        // Neither is empty: room for one is there in any case.
        steps = paths.steps.address
        table = paths.paths.address
        members = paths.members.address
        predicates = paths.predicates.address
        operations = paths.operations.address
        texts = paths.texts.address
        counter = work.counter
    }

    @inline(__always)
    private func bytes(_ text: XMLTapePaths.Text) -> UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: texts + Int(text.offset), count: Int(text.count)) }

    @inline(__always)
    func isAbsolute(_ path: Int) -> Bool { table[path].isAbsolute }

    /// Calls `body` with each node that the path selects, in document order, until it returns false.
    ///
    /// - Parameter number: of the path: below the type's count, of one of its paths; above, of a part of one.
    func forEach(_ number: Int, from node: Int, _ body: (Int) -> Bool) {
        let path = table[number]
        if path.kind == .union {
            for found in union(path, from: node) { guard body(found) else { return } }
        } else if path.far >= 0 {
            split(path, from: node, body)
        } else {
            whole(path, from: node, body)
        }
    }

    /// What its work counts as: that of following paths, or of XPath expressions.
    private func part(_ path: Path) -> WorkBudget.Part { path.isPlain ? .paths : .xpath }

    /// Follows a path that is no union, without regard to its two ends.
    private func whole(_ path: Path, from node: Int, _ body: (Int) -> Bool) {
        let start = path.isAbsolute ? 0 : node
        switch path.kind {
        case .direct, .union: _ = visit(Int(path.first), Int(path.first + path.count), start, part(path), body)
        // `//a/b`: an outer `a` brings all its `b` first, though an inner one's may stand before the last of them. One node needs no order.
        case .unordered:
            var first = none
            var several: [Int] = []
            _ = visit(Int(path.first), Int(path.first + path.count), start, part(path)) { found in
                if first == none {
                    first = found
                } else {
                    several.append(found)
                }
                return true
            }
            guard first != none else { return }
            guard !several.isEmpty else {
                _ = body(first)
                return
            }
            several.append(first)
            for found in sorted(&several, part(path)) { guard body(found) else { return } }
        // `a//b/..` and the like may meet a node twice, or one before another that stands earlier: every step's nodes are put in order before the next.
        case .stepwise:
            var present = [start]
            for step in Int(path.first)..<Int(path.first + path.count) {
                var next: [Int] = []
                for node in present {
                    _ = visit(step, step + 1, node, part(path)) { found in
                        next.append(found)
                        return true
                    }
                }
                present = sorted(&next, part(path))
            }
            for found in present { guard body(found) else { return } }
        }
    }

    /// Each once, in document order.
    private func sorted(_ found: inout [Int], _ part: WorkBudget.Part) -> [Int] {
        guard found.count > 1 else { return found }
        guard counter.pointee.charge(found.count, part) else { return [] }
        found.sort()
        var count = 1
        for index in 1..<found.count where found[index] != found[count - 1] {
            found[count] = found[index]
            count += 1
        }
        found.removeLast(found.count - count)
        return found
    }

    /// The nodes of all members, each once, in document order.
    private func union(_ path: Path, from node: Int) -> [Int] {
        var all: [Int] = []
        for member in 0..<Int(path.count) {
            forEach(Int(members[Int(path.first) + member]), from: node) { found in
                all.append(found)
                return true
            }
        }
        return sorted(&all, .xpath)
    }

    /// The near end from this node; the far end once for all nodes that lead to one ancestor.
    ///
    /// A path that begins at the document, asked from each of a million lines, is followed once, and its nodes are kept.
    private func split(_ path: Path, from node: Int, _ body: (Int) -> Bool) {
        var start = path.isAbsolute ? 0 : node
        if path.near >= 0 {
            var count = 0
            whole(table[Int(path.near)], from: node) { found in
                start = found
                count += 1
                return count < 2
            }
            // Several near nodes may lead to one far node, which must come once: then the path is followed whole.
            guard count == 1 else {
                if count > 1 { whole(path, from: node, body) }
                return
            }
        }
        for _ in 0..<path.parentCount {
            guard start != 0 else { return }
            start = Int(nodes[start].parent)
        }
        let place = FarPlace(path: Int(path.far), start: start)
        let found: [Int]
        if let known = farNodes[place] {
            found = known
        } else {
            var nodes: [Int] = []
            whole(table[Int(path.far)], from: start) { node in
                nodes.append(node)
                return true
            }
            farNodes[place] = nodes
            newFarPlaces.append(place)
            found = nodes
        }
        for node in found { guard counter.pointee.charge(1, .xpath), body(node) else { return } }
    }

    /// The first node that the path selects, or `none`; charged as `forEach` that ends with it.
    func first(_ number: Int, from node: Int) -> Int {
        let path = table[number]
        var first = none
        guard path.kind == .union || path.kind == .unordered && path.far < 0 else {
            forEach(number, from: node) { found in
                first = found
                return false
            }
            return first
        }
        // All have to be seen, but not to be kept.
        var count = 0
        func note(_ found: Int) -> Bool {
            if first == none || found < first { first = found }
            count &+= 1
            return true
        }
        if path.kind == .union {
            for member in 0..<Int(path.count) { forEach(Int(members[Int(path.first) + member]), from: node, note) }
        } else {
            _ = visit(Int(path.first), Int(path.first + path.count), path.isAbsolute ? 0 : node, part(path), note)
        }
        guard count < 2 || counter.pointee.charge(count, path.kind == .union ? .xpath : part(path)) else { return none }
        return first
    }

    /// Of the scope's paths.
    func trie(of scope: SlotScope) -> XMLTapeTrie? {
        guard scope.trieRoot < paths.tries.count else { return nil }
        let trie = paths.tries[scope.trieRoot]
        return trie.slotCount == scope.paths.count ? trie : nil
    }

    /// Sets the slots of a trie's own paths; false where the work might end meanwhile. `isResolved` comes when the other slots are set.
    func resolve(_ trie: XMLTapeTrie, from node: Int, into slots: UnsafeMutablePointer<Int>) -> Bool {
        guard !work.isExhausted else { return false }
        work.setMark()
        newFarPlaces.removeAll(keepingCapacity: true)
        return XMLTapeTrieWalk.resolve(trie, in: tape, names, steps, from: node, into: slots, work)
    }

    /// Whether the work has not ended since `resolve`; if it has, all since then is undone.
    func isResolved() -> Bool {
        guard work.isExhausted else { return true }
        work.goBack()
        // What is known costs less to find.
        for place in newFarPlaces { farNodes[place] = nil }
        return false
    }

    // MARK: Steps

    /// False once `body` has had enough, or the work ends. Depth is that of the path.
    ///
    /// - Parameters:
    ///   - index: of the step, in the table of all paths' steps.
    ///   - end: behind the path's last one.
    private func visit(_ index: Int, _ end: Int, _ node: Int, _ part: WorkBudget.Part, _ body: (Int) -> Bool) -> Bool {
        guard index < end else { return body(node) }
        let step = steps + index
        switch step.pointee.axis {
        case .self: return !matches(step, node, nodes[node].kind == .attribute ? .document : .element) || visit(index &+ 1, end, node, part, body)
        case .parent: return node == 0 || visit(index &+ 1, end, Int(nodes[node].parent), part, body)
        case .attribute:
            guard nodes[node].kind == .element else { return true }
            let stop = Int(nodes[node].offset)
            guard counter.pointee.charge(stop &- node, part) else { return false }
            var attribute = node &+ 1
            while attribute < stop {
                if matches(step, attribute, .attribute), !visit(index &+ 1, end, attribute, part, body) { return false }
                attribute &+= 1
            }
            return true
        // `byteCount` of an element is the number of its children: what a step looks at is charged before it does.
        case .child:
            guard nodes[node].kind.rawValue <= XMLNode.Kind.element.rawValue else { return true }
            guard counter.pointee.charge(Int(nodes[node].byteCount), part) else { return false }
            if step.pointee.hasName, !tape.mayHaveElement(step.pointee.nameHash) { return true }
            let stop = Int(nodes[node].end)
            var child = Int(nodes[node].offset)
            while child < stop {
                if matches(step, child, .element), !visit(index &+ 1, end, child, part, body) { return false }
                child = Int(nodes[child].end)
            }
            return true
        case .descendant:
            guard nodes[node].kind.rawValue <= XMLNode.Kind.element.rawValue else { return true }
            let stop = Int(nodes[node].end)
            guard counter.pointee.charge(stop &- node, part) else { return false }
            if step.pointee.hasName, !tape.mayHaveElement(step.pointee.nameHash) { return true }
            var inner = Int(nodes[node].offset)
            while inner < stop {
                if matches(step, inner, .element), !visit(index &+ 1, end, inner, part, body) { return false }
                inner &+= 1
            }
            return true
        }
    }

    /// Whether a step takes a node of its axis. `.` takes any.
    @inline(__always)
    private func matches(_ step: UnsafeMutablePointer<Step>, _ node: Int, _ kind: XMLNode.Kind) -> Bool {
        let present = nodes + node
        if step.pointee.hasName {
            guard present.pointee.nameHash == step.pointee.nameHash, present.pointee.kind == kind else { return false }
            return names.isNamed(step, present) && passes(step, node)
        }
        if step.pointee.isAnyNode { return true }
        return present.pointee.kind == kind && names.isNamed(step, present) && passes(step, node)
    }

    /// Whether all predicates of a step hold.
    private func passes(_ step: UnsafeMutablePointer<Step>, _ node: Int) -> Bool {
        for index in 0..<Int(step.pointee.predicateCount) {
            guard isTrue(predicates[Int(step.pointee.firstPredicate) + index], node) else { return false }
        }
        return true
    }

    // MARK: Texts

    /// XPath's string-value (section 5): of an element all text in it, in document order. Nil when the work ends.
    func stringValue(_ node: Int) -> UnsafeBufferPointer<UInt8>? {
        let present = nodes[node]
        if present.kind.rawValue >= XMLNode.Kind.attribute.rawValue { return tape.value(present) }
        let first = Int(present.offset)
        let stop = Int(present.end)
        if first == stop { return UnsafeBufferPointer(start: ScalarText.noBytes, count: 0) }
        // Nearly every element that is read holds one text: it is given where it stands.
        if first &+ 1 == stop, nodes[first].kind == .text { return tape.value(nodes[first]) }
        guard counter.pointee.charge(stop &- first, .paths) else { return nil }
        var byteCount = 0
        var textCount = 0
        var last = first
        for inner in first..<stop where nodes[inner].kind == .text {
            byteCount &+= Int(nodes[inner].byteCount)
            textCount &+= 1
            last = inner
        }
        if textCount == 1 { return tape.value(nodes[last]) }
        // Joined texts take room of their own until the document is done with, and each reading anew.
        guard counter.pointee.charge(byteCount, .paths) else { return nil }
        let target = arena.allocate(byteCount)
        var written = 0
        for inner in first..<stop where nodes[inner].kind == .text {
            let piece = tape.value(nodes[inner])
            if let base = piece.baseAddress { (target + written).update(from: base, count: piece.count) }
            written &+= piece.count
        }
        return UnsafeBufferPointer(start: target, count: written)
    }

    /// An empty text may have no place.
    private static func areEqual(_ one: UnsafeBufferPointer<UInt8>, _ other: UnsafeBufferPointer<UInt8>) -> Bool {
        guard one.count == other.count else { return false }
        guard let left = one.baseAddress, let right = other.baseAddress else { return true }
        return memcmp(left, right, one.count) == 0
    }

    // MARK: Predicates

    /// An operation that is a truth, or nodes of which there is one.
    ///
    /// - Parameter number: of the operation; its tree is as deep as the expression nests.
    private func isTrue(_ number: Int32, _ node: Int) -> Bool {
        let operation = operations[Int(number)]
        switch operation.kind {
        case .or: return isTrue(operation.left, node) || isTrue(operation.right, node)
        case .and: return isTrue(operation.left, node) && isTrue(operation.right, node)
        case .not: return !isTrue(operation.left, node)
        case .equal, .unequal: return compares(operation, node)
        case .contains, .startsWith:
            guard let text = text(operation.left, node), let part = self.text(operation.right, node) else { return false }
            guard let base = text.baseAddress, let partBase = part.baseAddress, part.count > 0 else { return true }
            guard part.count <= text.count else { return false }
            if operation.kind == .startsWith { return memcmp(base, partBase, part.count) == 0 }
            guard work.charge(text.count >> 4, times: part.count, .xpath) else { return false }
            return Self.contains(base, text.count, partBase, part.count)
        case .isNumber: return isNumber(node)
        case .path: return first(Int(operation.path), from: node) != none
        case .literal, .localName, .translated: return false
        }
    }

    /// An operation's text: of nodes that of the first, none of none.
    private func text(_ number: Int32, _ node: Int) -> UnsafeBufferPointer<UInt8>? {
        let operation = operations[Int(number)]
        switch operation.kind {
        case .literal: return bytes(operation.text)
        case .localName:
            return tape.localName(nodes[node])
        case .path:
            let first = first(Int(operation.path), from: node)
            return first == none ? UnsafeBufferPointer(start: ScalarText.noBytes, count: 0) : stringValue(first)
        case .translated:
            guard let text = text(operation.left, node), counter.pointee.charge(text.count, .xpath) else { return nil }
            return translated(text, bytes(operation.text), bytes(operation.other))
        case .or, .and, .not, .equal, .unequal, .contains, .startsWith, .isNumber: return nil
        }
    }

    /// The first byte is looked for, then the rest compared.
    private static func contains(_ text: UnsafePointer<UInt8>, _ count: Int, _ part: UnsafePointer<UInt8>, _ partCount: Int) -> Bool {
        var start = 0
        while start &+ partCount <= count, let found = memchr(text + start, Int32(part[0]), count &- start &- partCount &+ 1) {
            let place = UnsafePointer(found.assumingMemoryBound(to: UInt8.self))
            if memcmp(place, part, partCount) == 0 { return true }
            start = place - text + 1
        }
        return false
    }

    /// XPath's translate of ASCII letters, byte for byte: bytes of longer characters are above 0x7F and stay.
    private func translated(
        _ text: UnsafeBufferPointer<UInt8>, _ wanted: UnsafeBufferPointer<UInt8>, _ replacements: UnsafeBufferPointer<UInt8>
    ) -> UnsafeBufferPointer<UInt8> {
        let target = arena.allocate(text.count)
        for index in 0..<text.count {
            // The first of several counts.
            let place = wanted.firstIndex(of: text[index])
            target[index] = place.map { replacements[$0] } ?? text[index]
        }
        return UnsafeBufferPointer(start: target, count: text.count)
    }

    /// Nodes are equal to a text when one of them is, unequal when one of them is.
    ///
    /// - Complexity: O(n × m) comparisons of two node-sets, charged for each left one.
    private func compares(_ operation: XMLTapePaths.Operation, _ node: Int) -> Bool {
        let isEqual = operation.kind == .equal
        // XPath 1.0, section 3.4: of two node-sets some pair decides, of a node-set and a text some node, of two texts they themselves.
        guard operations[Int(operation.left)].kind == .path else {
            guard let left = text(operation.left, node), let right = text(operation.right, node) else { return false }
            return Self.areEqual(left, right) == isEqual
        }
        guard operations[Int(operation.right)].kind == .path else {
            guard let right = text(operation.right, node) else { return false }
            let path = table + Int(operations[Int(operation.left)].path)
            if path.pointee.isAttribute { return isAttribute(path, of: node, right, isEqual) }
            return isAny(of: operation.left, node) { Self.areEqual($0, right) == isEqual }
        }
        var others: [UnsafeBufferPointer<UInt8>] = []
        _ = isAny(of: operation.right, node) { text in
            others.append(text)
            return false
        }
        return isAny(of: operation.left, node) { text in
            guard counter.pointee.charge(others.count, .xpath) else { return false }
            return others.contains { Self.areEqual(text, $0) == isEqual }
        }
    }

    /// Whether an attribute of the node that a path of one step selects is equal to a text, or unequal: as `isAny` would find it.
    private func isAttribute(_ path: UnsafeMutablePointer<Path>, of node: Int, _ text: UnsafeBufferPointer<UInt8>, _ isEqual: Bool) -> Bool {
        guard nodes[node].kind == .element else { return false }
        let stop = Int(nodes[node].offset)
        guard counter.pointee.charge(stop &- node, .paths) else { return false }
        let step = steps + Int(path.pointee.first)
        var attribute = node &+ 1
        while attribute < stop {
            if matches(step, attribute, .attribute) {
                let value = tape.value(nodes[attribute])
                guard counter.pointee.charge(1 &+ (value.count >> 6), .xpath) else { return false }
                if Self.areEqual(value, text) == isEqual { return true }
            }
            attribute &+= 1
        }
        return false
    }

    /// Whether one of the nodes that a path selects has a text like that.
    private func isAny(of number: Int32, _ node: Int, _ test: (UnsafeBufferPointer<UInt8>) -> Bool) -> Bool {
        var isFound = false
        forEach(Int(operations[Int(number)].path), from: node) { found in
            guard let text = stringValue(found), counter.pointee.charge(1 + (text.count >> 6), .xpath) else { return false }
            isFound = test(text)
            return !isFound
        }
        return isFound
    }

    /// Whether XPath's `number()` of the node is one: as libxml2 reads it.
    private func isNumber(_ node: Int) -> Bool {
        guard let text = stringValue(node), counter.pointee.charge(text.count, .xpath) else { return false }
        // Digits alone are a number, as most are, and need no NUL behind them.
        if text.count > 0, text.count < 16, text.allSatisfy({ $0 &- 0x30 < 10 }) { return true }
        let terminated = arena.allocate(text.count + 1)
        if let base = text.baseAddress { terminated.update(from: base, count: text.count) }
        terminated[text.count] = 0
        return !xmlXPathStringEvalNumber(terminated).isNaN
    }
}
