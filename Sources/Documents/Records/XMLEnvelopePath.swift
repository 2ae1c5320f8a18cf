/// The plain path that leads to an envelope's records, followed from an open element to those in it.
///
/// A relative path starts at the document, and where it finds nothing from there at the document's element, as in a document that is read whole (`XMLTapeSource.forEach`). Here both ways are followed at
/// once: which of them counts is known with the first record.
///
/// A state is how many steps may have led to an element: those from the document are `0...steps.count`, those from its element as many numbers behind these.
///
/// ```
/// path a/r (relative)      <x><a><r/></a></x>      of x the state 3, of a 4, of r 5: a record from the document's element
/// ```
struct XMLEnvelopePath: Sendable {
    private let steps: [XMLPath.Step]
    private var isAbsolute: Bool
    /// What the type's documents begin with, as it says.
    private let roots: [XMLPath.Step]
    /// Any element may be on the way to records.
    let isOfAnyDepth: Bool
    /// It starts at the document, or at its element, of which the type says one name that the path does not begin with.
    let isStartKnown: Bool
    /// It begins with the document's element: only where that stands in itself would it lead on from there.
    private let beginsWithRoot: Bool

    /// Nil for what cannot be followed in one pass down the tree, which sees names only.
    init?(_ path: XMLPath, roots: [(namespace: String, name: String)]) {
        guard let steps = path.steps, !steps.isEmpty, steps.allSatisfy({ $0.axis == .child || $0.axis == .descendant }) else { return nil }
        self.steps = steps
        self.roots = roots.map { XMLPath.Step(axis: .child, localName: Array($0.name.utf8) + [0], namespaces: [Array($0.namespace.utf8) + [0]]) }
        isOfAnyDepth = steps.contains { $0.axis == .descendant }
        let (names, first) = (Set(roots.map { $0.name }), steps[0].localName.dropLast())
        let isOneRoot = names.count == 1 && !names.contains("*"), isRootFirst = names.contains { $0.utf8.elementsEqual(first) }
        isAbsolute = path.isAbsolute
        isStartKnown = isAbsolute || isOneRoot && !isRootFirst && !first.isEmpty
        beginsWithRoot = isOneRoot && isRootFirst && steps[0].axis == .child
    }

    /// The path where what stands around its records is asked for, too: followed from one start alone, or nil.
    var fromOneStart: XMLEnvelopePath? {
        if isStartKnown { return self }
        guard beginsWithRoot else { return nil }
        var own = self
        own.isAbsolute = true
        return own
    }

    /// How many states each of the two ways has.
    private var stateCount: Int { steps.count + 1 }

    /// - Parameter outer: the states of the element around it; nil for the document's own.
    func states(of local: [UInt8], _ uri: [UInt8], in outer: [Int]?) -> [Int] {
        var found: [Int] = []
        for state in outer ?? [0] where state % stateCount < steps.count {
            let step = steps[state % stateCount]
            if step.axis == .descendant, !found.contains(state) { found.append(state) }
            if Self.takes(step, local, uri), !found.contains(state + 1) { found.append(state + 1) }
        }
        if outer == nil, !isAbsolute { found.append(stateCount) }
        return found
    }

    private static func takes(_ step: XMLPath.Step, _ local: [UInt8], _ uri: [UInt8]) -> Bool {
        guard step.localName.isEmpty || step.localName.dropLast().elementsEqual(local) else { return false }
        return step.namespaces?.contains { $0.dropLast().elementsEqual(uri) } ?? true
    }

    func isRecord(_ states: [Int], isFromRoot: Bool) -> Bool { states.contains(steps.count + (isFromRoot ? stateCount : 0)) }

    /// Whether an element is the one that would have records, by the path's last step.
    ///
    /// Of a relative path of one step that is the document's element, which the path does not name: it is if the type does.
    func wouldHold(_ states: [Int], _ local: [UInt8], _ uri: [UInt8]) -> Bool {
        guard steps.last?.axis == .child else { return false }
        if states.contains(steps.count - 1) { return true }
        guard states.contains(stateCount + steps.count - 1) else { return false }
        return steps.count > 1 || roots.contains { Self.takes($0, local, uri) }
    }
}
