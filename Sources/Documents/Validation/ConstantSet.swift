/// The values of an `enum`, found by hash: there may be thousands, and a value of the document may be of any kind and size.
///
/// Made by the compiler of a schema, asked by `SchemaValidator` for each value that the keyword applies to. By JSON Schema's equality (core,
/// section 4.2.2) numbers are the same by their value, and objects whatever the order of their members (`JSONEquality`).
final class ConstantSet: Sendable {
    private let document: OwnedTape
    /// A few are compared sooner than a hash is made.
    private let few: [Int]
    private static let fewMax = 8
    /// Nodes by the hash of their value.
    ///
    /// Empty where `few` holds them all. Equal values have equal hashes; values of one hash may still differ, and are compared.
    private let nodes: [UInt64: [Int]]
    /// Of the values as the schema lists them, repeated ones counted.
    let count: Int

    /// - Parameter nodes: the elements of the `enum`, in `document`'s tape.
    init(document: OwnedTape, nodes: [Int]) {
        self.document = document
        count = nodes.count
        few = nodes.count <= Self.fewMax ? nodes : []
        self.nodes = nodes.count <= Self.fewMax ? [:] : Swift.Dictionary(grouping: nodes) { JSONEquality.hash(document.tape, $0) }
    }

    /// Whether the value at `node` is one of them.
    ///
    /// - Parameter work: charged with the value's size before it is hashed, and by each comparison.
    /// - Returns: false, too, when there is no work left: the document is refused for that, whatever the verdict.
    /// - Complexity: O(size of the value) and a comparison for each value of its hash; for up to `fewMax` values a comparison each.
    func contains(_ tape: JSONTape, _ node: Int, _ work: WorkBudget) -> Bool {
        if count <= Self.fewMax { return few.contains { JSONEquality.areEqual(tape, node, document.tape, $0, work) } }
        guard JSONEquality.charge(tape, node, work) else { return false }
        guard let candidates = nodes[JSONEquality.hash(tape, node)] else { return false }
        return candidates.contains { JSONEquality.areEqual(tape, node, document.tape, $0, work) }
    }
}
