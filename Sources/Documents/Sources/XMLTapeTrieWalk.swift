internal import ColumnStore

/// One walk over a tape for all paths of a trie: finds for each the node that following it by itself finds first, and counts what that would have
/// been charged.
///
/// Charges stay those of each path by itself, so that documents are refused for what they were refused for: a step that many paths take together counts
/// for each of them. What they come to is charged at the end; before, a walk makes sure that there is so much left in any case.
struct XMLTapeTrieWalk {
    private let nodes: UnsafePointer<XMLNode>
    private let names: XMLTapeNames
    private let tape: XMLTape
    private let steps: UnsafePointer<XMLTapePaths.Step>
    private let branches: UnsafePointer<XMLTapeTrie.Branch>
    private let groups: UnsafePointer<XMLTapeTrie.Group>
    private let edges: UnsafePointer<XMLTapeTrie.Edge>
    private let ends: UnsafePointer<XMLTapeTrie.End>
    /// Of each group how many paths through it still look for nodes.
    private let open: UnsafeMutablePointer<Int32>
    /// Of each slot how many nodes were found for it; -1 for one that is not looked for.
    private let counts: UnsafeMutablePointer<Int32>
    private let slots: UnsafeMutablePointer<Int>
    private var stepCount = 0

    /// Sets the slots of a trie's paths. Nothing is done where the work might end on the way: then each path is to be followed by itself.
    ///
    /// - Parameter slots: of all of the scope's paths; those of `trie.others` stay as they are.
    static func resolve(
        _ trie: XMLTapeTrie, in tape: XMLTape, _ names: XMLTapeNames, _ steps: UnsafePointer<XMLTapePaths.Step>, from node: Int,
        into slots: UnsafeMutablePointer<Int>, _ work: WorkBudget
    ) -> Bool {
        // From the document relative paths may be followed twice.
        let nodeCount = (Int(tape.nodes[node].end) &- node &+ 1) &* (node == 0 ? 2 : 1)
        let most = trie.weights.relative.multipliedSaturating(by: nodeCount).addingSaturating(trie.weights.absolute.multipliedSaturating(by: tape.count &+ 1))
        guard most <= work.left else { return false }
        let stepCount = withUnsafeTemporaryAllocation(of: Int32.self, capacity: trie.groupCount &+ trie.slotCount) { room -> Int in
            guard let base = room.baseAddress else { return 0 }
            var walk = XMLTapeTrieWalk(trie, tape, names, steps, base, slots)
            walk.run(trie, from: node)
            return walk.stepCount
        }
        return work.charge(stepCount, .paths)
    }

    private init(
        _ trie: XMLTapeTrie, _ tape: XMLTape, _ names: XMLTapeNames, _ steps: UnsafePointer<XMLTapePaths.Step>, _ room: UnsafeMutablePointer<Int32>,
        _ slots: UnsafeMutablePointer<Int>
    ) {
        (self.tape, self.names, self.steps, self.slots) = (tape, names, steps, slots)
        nodes = tape.nodes
        // Each has room for one in any case.
        branches = UnsafePointer(trie.branches.address)
        groups = UnsafePointer(trie.groups.address)
        edges = UnsafePointer(trie.edges.address)
        ends = UnsafePointer(trie.ends.address)
        open = room
        counts = room + trie.groupCount
        open.initialize(from: UnsafePointer(trie.pathCounts.address), count: trie.groupCount)
        counts.initialize(repeating: 0, count: trie.slotCount)
    }

    private mutating func run(_ trie: XMLTapeTrie, from node: Int) {
        for end in 0..<trie.endCount { slots[Int(ends[end].slot)] = none }
        reach(XMLTapeTrie.relativeRoot, node)
        reach(XMLTapeTrie.absoluteRoot, 0)
        settle(trie.endCount)
        // As following a path by itself: what finds nothing from the document starts at its root element.
        guard node == 0 else { return }
        open.update(repeating: 0, count: trie.groupCount)
        var isAny = false
        for number in 0..<trie.relativeEndCount {
            let end = ends[number]
            counts[Int(end.slot)] = slots[Int(end.slot)] == none ? 0 : -1
            if slots[Int(end.slot)] != none { continue }
            isAny = true
            add(1, to: end.group)
        }
        guard isAny else { return }
        reach(XMLTapeTrie.relativeRoot, tape.rootElement)
        settle(trie.relativeEndCount)
    }

    /// Several nodes that come in no order are put into one.
    private mutating func settle(_ endCount: Int) {
        for number in 0..<endCount where ends[number].isUnordered {
            let count = counts[Int(ends[number].slot)]
            if count > 1 { stepCount &+= Int(count) }
        }
    }

    /// To a group and all above it.
    private func add(_ difference: Int32, to group: Int32) {
        var group = group
        while group >= 0 {
            open[Int(group)] &+= difference
            group = groups[Int(group)].above
        }
    }

    /// The steps that lead to a branch have led to a node.
    private mutating func reach(_ place: Int, _ node: Int) {
        let branch = branches[place]
        for number in Int(branch.firstEnd)..<Int(branch.firstEnd &+ branch.endCount) {
            let end = ends[number]
            let slot = Int(end.slot)
            guard counts[slot] >= 0 else { continue }
            if end.isUnordered {
                counts[slot] &+= 1
                if slots[slot] == none || node < slots[slot] { slots[slot] = node }
            } else if slots[slot] == none {
                slots[slot] = node
                add(-1, to: end.group)
            }
        }
        let present = nodes + node
        guard present.pointee.kind.rawValue <= XMLNode.Kind.element.rawValue else { return }
        if branch.attribute >= 0 { followAttributes(Int(branch.attribute), node) }
        if branch.child >= 0 { followChildren(Int(branch.child), node) }
        if branch.descendant >= 0 { followDescendants(Int(branch.descendant), node) }
    }

    private mutating func followAttributes(_ group: Int, _ node: Int) {
        guard open[group] > 0, nodes[node].kind == .element else { return }
        let stop = Int(nodes[node].offset)
        stepCount &+= Int(open[group]) &* (stop &- node)
        var attribute = node &+ 1
        while attribute < stop, open[group] > 0 {
            take(group, attribute)
            attribute &+= 1
        }
    }

    private mutating func followChildren(_ group: Int, _ node: Int) {
        guard open[group] > 0 else { return }
        // `byteCount` of an element is the number of its children.
        stepCount &+= Int(open[group]) &* Int(nodes[node].byteCount)
        let stop = Int(nodes[node].end)
        var child = Int(nodes[node].offset)
        while child < stop, open[group] > 0 {
            if nodes[child].kind == .element { take(group, child) }
            child = Int(nodes[child].end)
        }
    }

    private mutating func followDescendants(_ group: Int, _ node: Int) {
        guard open[group] > 0 else { return }
        let stop = Int(nodes[node].end)
        stepCount &+= Int(open[group]) &* (stop &- node)
        let record = groups[group]
        let first = Int(record.firstEdge)
        let isThere = (first..<first &+ Int(record.edgeCount)).contains { !edges[$0].hasName || tape.mayHaveElement(edges[$0].nameHash) }
        guard isThere else { return }
        var inner = Int(nodes[node].offset)
        while inner < stop, open[group] > 0 {
            if nodes[inner].kind == .element { take(group, inner) }
            inner &+= 1
        }
    }

    /// Goes on from a node by each edge of a group that takes it.
    @inline(__always)
    private mutating func take(_ group: Int, _ node: Int) {
        let present = nodes + node
        let record = groups + group
        guard record.pointee.names & (1 << UInt64(present.pointee.nameHash & 63)) != 0 else { return }
        for number in Int(record.pointee.firstEdge)..<Int(record.pointee.firstEdge &+ record.pointee.edgeCount) {
            let edge = edges + number
            guard !edge.pointee.hasName || edge.pointee.nameHash == present.pointee.nameHash, names.isNamed(steps + Int(edge.pointee.step), present) else { continue }
            reach(Int(edge.pointee.target), node)
        }
    }
}
