import ColumnStore

/// A plan as a document of XML, as PostgreSQL's `EXPLAIN (FORMAT XML)` has it: DBeaver draws plans by it, and asks for no other.
///
/// Members of the document of JSON are elements, `-` in their names for blanks. What stands in a list is an element too: a `Plan` in `Plans`, an `Item` in others.
enum PlanXML {
    /// - Parameter query: the plan, and what EXPLAIN shows beside it.
    static func text(_ query: [JSONValue.Member]) -> String {
        let lines = ["<explain xmlns=\"http://www.postgresql.org/2009/explain\">"] + element("Query", .object(query), depth: 1) + ["</explain>"]
        return lines.joined(separator: "\n")
    }

    private static func element(_ name: String, _ value: JSONValue, depth: Int) -> [String] {
        let indent = String(repeating: "  ", count: depth), tag = name.replacing(" ", with: "-")
        func whole(_ text: String) -> [String] { ["\(indent)<\(tag)>\(escaped(text))</\(tag)>"] }
        func around(_ parts: [JSONValue.Member]) -> [String] {
            ["\(indent)<\(tag)>"] + parts.flatMap { element($0.name, $0.value, depth: depth + 1) } + ["\(indent)</\(tag)>"]
        }
        switch value {
        case .object(let members): return around(members)
        case .array(let items): return around(items.map { JSONValue.Member(name == "Plans" ? "Plan" : "Item", $0) })
        case .string(let text), .number(let text): return whole(text)
        case .boolean(let isTrue): return whole(isTrue ? "true" : "false")
        case .null: return whole("")
        }
    }

    private static func escaped(_ text: String) -> String { String(decoding: XMLText.escaped(Array(text.utf8)[...], inAttribute: false), as: UTF8.self) }
}
