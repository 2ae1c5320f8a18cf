import ColumnStore

/// A node of a plan as EXPLAIN shows it: in lines, or as PostgreSQL's documents of plans have it.
struct ExplainedNode {
    let depth: Int
    /// The operator's name alone.
    let kind: String
    /// What it does, in a line.
    let title: String
    /// Of a scan.
    let table: String?
    let details: [String]
    let estimate: PlanEstimate?
    let remarks: Explain.Remarks?

    /// A line for the node, and one for each thing more to say of it.
    var lines: [String] {
        let indent = String(repeating: "  ", count: depth)
        return [indent + title + (estimate.map { "  (\($0.text))" } ?? "") + (remarks.map { "  (\($0.beside))" } ?? "")] + (details + (remarks?.below ?? [])).map { indent + "    " + $0 }
    }

    /// - Parameter nodes: of one plan, each before those below it.
    static func document(_ nodes: [ExplainedNode]) -> JSONValue {
        var rest = nodes[...]
        return document(&rest)
    }

    /// Takes the first node and all that are deeper behind it from the front of `rest`.
    private static func document(_ rest: inout ArraySlice<ExplainedNode>) -> JSONValue {
        guard let node = rest.popFirst() else { return .null }
        var below: [JSONValue] = []
        while let next = rest.first, next.depth > node.depth { below.append(document(&rest)) }
        return .object(node.members + (below.isEmpty ? [] : [.init("Plans", .array(below))]))
    }

    /// By the names that PostgreSQL's `EXPLAIN (FORMAT JSON)` has; `Actual Self Time` is in milliseconds, without the inputs'.
    private var members: [JSONValue.Member] {
        var members: [JSONValue.Member] = [.init("Node Type", .string(kind)), .init("Description", .string(title))]
        if let table { members.append(.init("Relation Name", .string(table))) }
        if let estimate { members += estimate.members }
        if let remarks {
            members.append(.init("Actual Rows", .integer(Int64(remarks.rowCount))))
            members.append(.init("Actual Self Time", Self.milliseconds(remarks.nanoseconds)))
        }
        let details = details + (remarks?.below ?? [])
        if !details.isEmpty { members.append(.init("Details", .array(details.map { .string($0) }))) }
        return members
    }

    /// As a number of JSON.
    ///
    /// Three digits behind the point; what is left of a microsecond is dropped.
    static func milliseconds(_ nanoseconds: Int) -> JSONValue { .number("\(nanoseconds / 1_000_000).\(String(1_000 + nanoseconds / 1_000 % 1_000).dropFirst())") }
}
