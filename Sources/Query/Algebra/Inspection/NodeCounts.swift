/// How many nodes the expressions have that a statement's calls are made of, so that a call around a long one need not walk it again: of calls within each other each would.
///
/// Known by where operands lie in memory: an expression that stands within another one brings its list of operands along, and no copy of it.
///
/// Of one binder, on its thread.
final class NodeCounts {
    /// By the place of the operands. They are held, so that no others come to lie there.
    private var known: [UnsafeRawPointer: (operands: [Expression], count: Int)] = [:]

    /// What has fewer is walked again.
    private static let notedCountMin = 64

    /// Nodes of an expression, as `PlanSize` counts them in a plan that was bound. The walk is charged as planning's work.
    func count(of expression: Expression) -> Int {
        let size = PlanSize.nodeCount(of: expression, known: self)
        PlanningWork.charge(size.visited)
        if size.isWhole, size.all >= Self.notedCountMin, let operands = Self.operands(of: expression), let place = Self.place(of: operands) {
            known[place] = (operands, size.all)
        }
        return size.all
    }

    /// Nodes of what has been counted before; nil of all else.
    subscript(expression: Expression) -> Int? {
        guard !known.isEmpty, let operands = Self.operands(of: expression), let place = Self.place(of: operands) else { return nil }
        return known[place]?.count
    }

    /// Of a node that has nothing but one list of them; nil of all others.
    private static func operands(of expression: Expression) -> [Expression]? {
        switch expression {
        case .call(_, let items, _, _), .and(let items), .or(let items), .coalesce(let items, _): items
        default: nil
        }
    }

    private static func place(of operands: [Expression]) -> UnsafeRawPointer? {
        // Safe: it is told apart from others, and nothing is read through it.
        operands.withUnsafeBufferPointer { $0.baseAddress.map { UnsafeRawPointer($0) } }
    }
}
