/// Finds which JSON types match a document, all of them in one walk: their paths share a trie.
///
/// Built anew whenever a type comes or goes.
///
/// For each document: one walk fills a slot for each path that some type's `match` has, then each type's tests look at slots. A path that several
/// types test is walked once.
final class JSONRecognizer: Sendable {
    /// A type with its tests; types without `match` are none, as only `?type=` finds them.
    private struct Candidate: Sendable {
        let type: DocumentType
        /// Of paths without stars: at most one node each.
        let tests: [(slot: Int, condition: TestPlan.Condition)]
        /// With stars: followed one by one.
        let slowTests: [TestPlan]
    }

    private let candidates: [Candidate]
    /// By candidate, the slot of its first test, where that fails if there is nothing; else -1. Most types are not meant by a document, and this tells without counting the
    /// references to their tests.
    private let neededSlots: [Int]
    /// Of the shared paths; types' own tables are for tests with stars.
    private let table: JSONPathTable
    private let scope: SlotScope
    var slotCount: Int { scope.paths.count }

    /// - Complexity: O(tests of all types); done when a type comes or goes, never for a document.
    init(types: [DocumentType]) {
        var paths: [JSONPath] = []
        var numbers: [String: Int] = [:]
        var scope = SlotScope()
        var candidates: [Candidate] = []
        for type in types where type.format == .json && type.file.hasMatch {
            var tests: [(slot: Int, condition: TestPlan.Condition)] = []
            var slowTests: [TestPlan] = []
            for test in type.match {
                let path = type.jsonPaths.paths[test.path]
                guard !path.tokens.contains(where: \.isStar) else {
                    slowTests.append(test)
                    continue
                }
                // Paths of one text are one path.
                let number = numbers[path.text] ?? paths.count
                if number == paths.count {
                    paths.append(path)
                    numbers[path.text] = number
                }
                tests.append((scope.slot(of: number), test.condition))
            }
            candidates.append(Candidate(type: type, tests: tests, slowTests: slowTests))
        }
        neededSlots = candidates.map { candidate in
            guard let first = candidate.tests.first else { return -1 }
            if case .exists(false) = first.condition { return -1 }
            return first.slot
        }
        table = JSONPathTable(paths: paths)
        table.addTrie(for: &scope)
        table.freeze()
        self.scope = scope
        self.candidates = candidates
    }

    /// The types whose `match` the value at `node` meets, envelopes only if `envelopesOnly`.
    ///
    /// - Parameters:
    ///   - node: of the document in `tape`; its slots are the context's, and are free again when this returns.
    /// - Returns: in the order of the types' names; none where none matches.
    func matches(_ tape: JSONTape, _ node: Int, _ context: ExtractionContext, envelopesOnly: Bool = false) -> [DocumentType] {
        let source = JSONSource(tape: tape, table: table, arena: context.arena, work: context.work)
        context.buffers.pointee.slots.reserve(slotCount)
        let slots = context.buffers.pointee.slots.base
        source.resolve(trieRoot: scope.trieRoot, slotCount: slotCount, from: node, into: slots)
        var found: [DocumentType] = []
        for index in candidates.indices {
            let needed = neededSlots[index]
            guard needed < 0 || slots[needed] != none, passes(index, source, slots, node) else { continue }
            let type = candidates[index].type
            if !envelopesOnly || type.each != nil { found.append(type) }
        }
        return found
    }

    /// Cheap tests first.
    private func passes(_ index: Int, _ source: JSONSource, _ slots: UnsafeMutablePointer<Int>, _ node: Int) -> Bool {
        for (slot, condition) in candidates[index].tests {
            let place = slots[slot]
            switch condition {
            case .exists(let isWanted):
                if (place != none && source.exists(place)) != isWanted { return false }
            case .anyOf(let constants):
                guard place != none else { return false }
                let text = source.text(place)
                guard constants.contains(where: { $0.matches(text, isTyped: true) }) else { return false }
            }
        }
        let slow = candidates[index].slowTests
        if slow.isEmpty { return true }
        // By the type's own table: these paths have no slots here.
        let own = JSONSource(tape: source.tape, table: candidates[index].type.jsonPaths, arena: source.arena, work: source.work)
        return PathMatcher(source: own, isTyped: true).passes(slow, from: node)
    }
}
