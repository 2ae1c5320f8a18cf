import ColumnStore

/// Documents that give rows: each is a list here, whose elements FROM and SELECT make rows of.
///
/// A document is scanned as text, and its parts are ranges of it: none is read as a tree. Each fails for a document of another kind.
///
/// PostgreSQL 15's documentation, section 9.16.1.
extension ScalarFunction {
    /// The elements of an array as documents, or as their texts.
    static let jsonElements = elements("jsonb_array_elements", isText: false)
    static let jsonElementTexts = elements("jsonb_array_elements_text", isText: true)
    /// Structs of `key` and `value`.
    static let jsonEach = members("jsonb_each", isText: false)
    static let jsonEachText = members("jsonb_each_text", isText: true)

    static let jsonKeys = ScalarFunction(
        "jsonb_object_keys", nulls: .strict, cost: .heavy, failure: .possible, traits: Traits(isExpanding: true),
        kernel: .plain { (call) throws(KernelError) in
            try parts(call) { (scan, root, list) throws(KernelError) in
                guard scan.kind(of: root) == .object else { throw .invalidArgument("jsonb_object_keys takes an object") }
                try scan.eachMember(of: root) { (member) throws(KernelError) in try list.append(scan.string(member.name)[...]) }
            }
        })

    /// - Parameter isText: elements as `->>` shows them, NULL for JSON's null.
    private static func elements(_ symbol: String, isText: Bool) -> ScalarFunction {
        ScalarFunction(
            symbol, nulls: .strict, cost: .heavy, failure: .possible, traits: Traits(isExpanding: true),
            kernel: .plain { (call) throws(KernelError) in
                try parts(call) { (scan, root, list) throws(KernelError) in
                    guard scan.kind(of: root) == .array else { throw .invalidArgument("cannot take elements of what is no array") }
                    try scan.eachElement(of: root) { (element) throws(KernelError) in try list.append(value(of: element, in: scan, isText: isText)) }
                }
            })
    }

    private static func members(_ symbol: String, isText: Bool) -> ScalarFunction {
        ScalarFunction(
            symbol, nulls: .strict, cost: .heavy, failure: .possible, traits: Traits(isExpanding: true),
            kernel: .plain { (call) throws(KernelError) in
                try parts(call) { (scan, root, list) throws(KernelError) in
                    guard scan.kind(of: root) == .object else { throw .invalidArgument("cannot take members of what is no object") }
                    try scan.eachMember(of: root) { (member) throws(KernelError) in
                        try list.append(.structure([.bytes(scan.string(member.name)), value(of: member.value, in: scan, isText: isText)]))
                    }
                }
            })
    }

    private static func value(of range: Range<Int>, in scan: JSONScan, isText: Bool) -> Value {
        isText ? scan.shown(range).map { .bytes($0) } ?? .null : .bytes(Array(scan.text[range]))
    }

    /// A list for each row, written part by part, so that a large document is charged while its list grows.
    private static func parts(_ call: KernelCall, _ parts: (JSONScan, Range<Int>, inout ListWriter) throws(KernelError) -> Void) throws(KernelError) -> Column {
        let documents = TextRows(call[0])
        return try call.writtenLists { (row, list) throws(KernelError) in
            try call.meter.step(2 * documents.range(at: row).count)
            // The document as an array of its own.
            try call.meter.charge(documents.range(at: row).count)
            let scan = JSONScan(documents[row])
            try parts(scan, scan.root, &list)
            return true
        }
    }
}
