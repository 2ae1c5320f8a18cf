/// The values of an `enum`, found by hash: there may be thousands, and a value of the document may be of any kind and size.
final class ConstantSet: Sendable {
    private let document: OwnedTape
    /// A few are compared sooner than a hash is made.
    private let few: [Int]
    private static let fewMax = 8
    /// Nodes by the hash of their value.
    private let nodes: [UInt64: [Int]]
    let count: Int

    init(document: OwnedTape, nodes: [Int]) {
        self.document = document
        count = nodes.count
        few = nodes.count <= Self.fewMax ? nodes : []
        self.nodes = nodes.count <= Self.fewMax ? [:] : Swift.Dictionary(grouping: nodes) { JSONEquality.hash(document.tape, $0) }
    }

    /// Whether the value at `node` is one of them.
    func contains(_ tape: JSONTape, _ node: Int, _ work: WorkBudget) -> Bool {
        if count <= Self.fewMax { return few.contains { JSONEquality.areEqual(tape, node, document.tape, $0, work) } }
        guard JSONEquality.charge(tape, node, work) else { return false }
        guard let candidates = nodes[JSONEquality.hash(tape, node)] else { return false }
        return candidates.contains { JSONEquality.areEqual(tape, node, document.tape, $0, work) }
    }
}
