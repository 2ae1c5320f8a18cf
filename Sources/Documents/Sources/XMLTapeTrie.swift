/// The plain paths of one scope, laid together so that one walk finds the first node of each: paths that begin alike share their beginnings.
///
/// `a/b/@x`, `a/b/c` and `//d` are a branch with two groups, {a} by child and {d} by descendant; a's has {b}; b's has {@x} by attribute and {c} by child.
///
/// Two roots: of paths from the scope's node, and of those from the document. Paths with predicates, unions, and those that rise or may meet nodes
/// twice are left out (`others`).
///
/// Safe to share: built by one thread, then only read.
final class XMLTapeTrie: @unchecked Sendable {
    /// Where paths have come to by the same steps.
    struct Branch: BitwiseCopyable {
        /// Paths that end here.
        var firstEnd: Int32 = 0
        var endCount: Int32 = 0
        /// Groups of those that go on, by axis; -1 for none.
        var child: Int32 = -1
        var attribute: Int32 = -1
        var descendant: Int32 = -1
    }

    /// Next steps of one axis.
    struct Group: BitwiseCopyable {
        var firstEdge: Int32 = 0
        var edgeCount: Int32 = 0
        /// The group of the step that leads here; -1 for none.
        var above: Int32 = -1
        /// A bit for each name that an edge asks for, by `nameHash & 63`; all of them where one takes any.
        var names: UInt64 = 0
    }

    struct Edge: BitwiseCopyable {
        /// In the table of the type's steps.
        var step: Int32
        var target: Int32
        var nameHash: UInt32
        var hasName: Bool
    }

    /// A path's end.
    struct End: BitwiseCopyable {
        var slot: Int32
        /// Of its last step; -1 for a path without one.
        var group: Int32
        /// Its nodes come in no order: all are looked at for the first.
        var isUnordered: Bool
    }

    let branches: LaidRecords<Branch>
    let groups: LaidRecords<Group>
    let edges: LaidRecords<Edge>
    let ends: LaidRecords<End>
    /// How many paths go through each group.
    let pathCounts: LaidRecords<Int32>
    let groupCount: Int
    let endCount: Int
    /// Ends of the paths from the scope's node are the first ones.
    let relativeEndCount: Int
    let slotCount: Int
    /// Slots of paths that are followed by themselves.
    let others: [Int]
    /// What a walk costs at most, for each node that it may come to: of the paths from the scope's node, and from the document.
    let weights: (relative: Int, absolute: Int)
    /// The branch where paths from the scope's node begin, and where those from the document do.
    static let relativeRoot = 0
    static let absoluteRoot = 1

    /// - Parameter scope: its paths are numbers in `paths`.
    init(_ scope: SlotScope, _ paths: XMLTapePaths) {
        var draft = Draft(paths)
        var others: [Int] = []
        for isAbsolute in [false, true] {
            for (slot, number) in scope.paths.enumerated() where paths.paths[number].isAbsolute == isAbsolute {
                if let steps = Self.steps(of: paths.paths[number], in: paths) {
                    draft.add(steps, to: isAbsolute ? Self.absoluteRoot : Self.relativeRoot, slot: slot, isUnordered: paths.paths[number].kind == .unordered)
                } else {
                    others.append(slot)
                }
            }
            if !isAbsolute { draft.relativeEndCount = draft.endCount }
        }
        self.others = others
        slotCount = scope.paths.count
        weights = draft.weights
        relativeEndCount = draft.relativeEndCount
        let laid = draft.laid()
        (groupCount, endCount) = (laid.groups.count, laid.ends.count)
        branches = LaidRecords(laid.branches)
        groups = LaidRecords(laid.groups)
        edges = LaidRecords(laid.edges)
        ends = LaidRecords(laid.ends)
        pathCounts = LaidRecords(laid.pathCounts)
    }

    /// The steps that lead on; nil for a path that a trie cannot have.
    private static func steps(of path: XMLTapePaths.Path, in paths: XMLTapePaths) -> [Int]? {
        guard path.kind == .direct || path.kind == .unordered, path.far < 0, path.isPlain else { return nil }
        var steps: [Int] = []
        for step in Int(path.first)..<Int(path.first + path.count) {
            switch paths.steps[step].axis {
            case .child, .attribute, .descendant: steps.append(step)
            // `.` stays where it is.
            case .self: guard paths.steps[step].isAnyNode else { return nil }
            case .parent: return nil
            }
        }
        return steps
    }
}

/// A trie as it grows.
private struct Draft {
    /// What makes two steps the same.
    private struct Key: Hashable {
        let axis: UInt8
        let name: [UInt8]?
        let uris: [[UInt8]]?
    }

    private final class Place {
        /// In the order in which they came.
        var next: [(key: Key, step: Int, place: Place)] = []
        var ends: [(slot: Int, isUnordered: Bool)] = []
    }

    private let paths: XMLTapePaths
    private let roots = [Place(), Place()]
    private(set) var endCount = 0
    var relativeEndCount = 0
    private(set) var weights = (relative: 0, absolute: 0)

    init(_ paths: XMLTapePaths) { self.paths = paths }

    /// - Parameter steps: numbers in the table of steps.
    mutating func add(_ steps: [Int], to root: Int, slot: Int, isUnordered: Bool) {
        var place = roots[root]
        for step in steps {
            let key = key(of: step)
            if let known = place.next.first(where: { $0.key == key }) {
                place = known.place
            } else {
                let next = Place()
                place.next.append((key, step, next))
                place = next
            }
        }
        place.ends.append((slot, isUnordered))
        endCount += 1
        // No step looks at a node twice, and nodes that were found are counted once more where they are put in order.
        if root == XMLTapeTrie.absoluteRoot { weights.absolute += steps.count + 1 } else { weights.relative += steps.count + 1 }
    }

    private func key(of number: Int) -> Key {
        let step = paths.steps[number]
        func bytes(_ text: XMLTapePaths.Text) -> [UInt8] { Array(paths.bytes(text)) }
        let uris = step.namespaceCount < 0 ? nil : (0..<Int(step.namespaceCount)).map { bytes(paths.namespaces[Int(step.firstNamespace) + $0].uri) }
        return Key(axis: step.axis.rawValue, name: step.hasName ? bytes(step.name) : nil, uris: uris)
    }

    typealias Laid = (
        branches: [XMLTapeTrie.Branch], groups: [XMLTapeTrie.Group], edges: [XMLTapeTrie.Edge], ends: [XMLTapeTrie.End], pathCounts: [Int32]
    )

    /// Breadth first: the roots are the first branches, and a branch's ends and a group's edges lie side by side.
    func laid() -> Laid {
        var laid: Laid = ([], [], [], [], [])
        // Ends of the first root come first, whatever their depth.
        for root in roots { lay(root, &laid) }
        return laid
    }

    private func lay(_ root: Place, _ laid: inout Laid) {
        // Both roots have their places before anything else has one.
        if laid.branches.isEmpty { laid.branches = [XMLTapeTrie.Branch(), XMLTapeTrie.Branch()] }
        var open: [(place: Place, number: Int, group: Int32)] = [(root, root === roots[0] ? XMLTapeTrie.relativeRoot : XMLTapeTrie.absoluteRoot, -1)]
        var next = 0
        while next < open.count {
            let (place, number, above) = open[next]
            next += 1
            var branch = XMLTapeTrie.Branch(firstEnd: Int32(laid.ends.count), endCount: Int32(place.ends.count))
            for end in place.ends {
                laid.ends.append(XMLTapeTrie.End(slot: Int32(end.slot), group: above, isUnordered: end.isUnordered))
                var group = above
                while group >= 0 {
                    laid.pathCounts[Int(group)] += 1
                    group = laid.groups[Int(group)].above
                }
            }
            for axis in [XMLTapePaths.Axis.child, .attribute, .descendant] {
                let steps = place.next.filter { paths.steps[$0.step].axis == axis }
                if steps.isEmpty { continue }
                let group = Int32(laid.groups.count)
                var record = XMLTapeTrie.Group(firstEdge: Int32(laid.edges.count), edgeCount: Int32(steps.count), above: above)
                for step in steps {
                    let wanted = paths.steps[step.step]
                    record.names |= wanted.hasName ? 1 << UInt64(wanted.nameHash & 63) : UInt64.max
                    laid.edges.append(XMLTapeTrie.Edge(step: Int32(step.step), target: Int32(laid.branches.count), nameHash: wanted.nameHash, hasName: wanted.hasName))
                    open.append((step.place, laid.branches.count, group))
                    laid.branches.append(XMLTapeTrie.Branch())
                }
                laid.groups.append(record)
                laid.pathCounts.append(0)
                switch axis {
                case .child: branch.child = group
                case .attribute: branch.attribute = group
                default: branch.descendant = group
                }
            }
            laid.branches[number] = branch
        }
    }
}
