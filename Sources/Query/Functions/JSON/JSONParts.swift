import ColumnStore

/// Documents that give rows: each is a list here, whose elements FROM and SELECT make rows of.
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
            try parts(call) { (scan, root) throws(KernelError) in
                guard scan.kind(of: root) == .object else { throw .invalidArgument("jsonb_object_keys takes an object") }
                return scan.members(of: root).map { .bytes(scan.string($0.name)) }
            }
        })

    private static func elements(_ symbol: String, isText: Bool) -> ScalarFunction {
        ScalarFunction(
            symbol, nulls: .strict, cost: .heavy, failure: .possible, traits: Traits(isExpanding: true),
            kernel: .plain { (call) throws(KernelError) in
                try parts(call) { (scan, root) throws(KernelError) in
                    guard scan.kind(of: root) == .array else { throw .invalidArgument("cannot take elements of what is no array") }
                    return scan.elements(of: root).map { value(of: $0, in: scan, isText: isText) }
                }
            })
    }

    private static func members(_ symbol: String, isText: Bool) -> ScalarFunction {
        ScalarFunction(
            symbol, nulls: .strict, cost: .heavy, failure: .possible, traits: Traits(isExpanding: true),
            kernel: .plain { (call) throws(KernelError) in
                try parts(call) { (scan, root) throws(KernelError) in
                    guard scan.kind(of: root) == .object else { throw .invalidArgument("cannot take members of what is no object") }
                    return scan.members(of: root).map { .structure([.bytes(scan.string($0.name)), value(of: $0.value, in: scan, isText: isText)]) }
                }
            })
    }

    private static func value(of range: Range<Int>, in scan: JSONScan, isText: Bool) -> Value {
        isText ? scan.shown(range).map { .bytes($0) } ?? .null : .bytes(Array(scan.text[range]))
    }

    private static func parts(_ call: KernelCall, _ parts: (JSONScan, Range<Int>) throws(KernelError) -> [Value]) throws(KernelError) -> Column {
        let documents = TextRows(call[0])
        return try call.lists { (row) throws(KernelError) in
            try call.meter.step(2 * documents.range(at: row).count)
            try call.meter.charge(4 * documents.range(at: row).count)
            let scan = JSONScan(documents[row])
            return try parts(scan, scan.root)
        }
    }
}
