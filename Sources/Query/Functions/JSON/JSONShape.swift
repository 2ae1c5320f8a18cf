import ColumnStore

/// What a document is: its kind, how long it is, and itself without null members or with line breaks.
/// PostgreSQL 15's documentation, section 9.16.1.
extension SQLFunction {
    static let jsonTypeof = of(["jsonb_typeof", "json_typeof"], summary: "what a document is: `object`, `array`, `string`, `number`, `boolean` or `null`", .jsonTypeof, .string)
    static let jsonArrayLength = of(["jsonb_array_length", "json_array_length"], summary: "how many elements an array has", .jsonArrayLength, .int32)
    static let jsonbPretty = of(["jsonb_pretty"], summary: "a document with line breaks", .jsonPretty, .string)
    static let jsonStripNulls = of(["jsonb_strip_nulls", "json_strip_nulls"], summary: "a document without its members that are null", .jsonStripNulls, nil)

    /// - Parameter type: of the answer; nil for the document's own.
    private static func of(_ names: [String], summary: String, _ function: ScalarFunction, _ type: ColumnType?) -> SQLFunction {
        SQLFunction(names: names, summary: summary, forms: [[.jsonb]]) { (call, typing) throws(QueryError) in
            try call.count(1...1)
            // Of a text JSON stays as it is written, and JSONB does not.
            let keepsForm = type == nil && call.name.hasPrefix("json_")
            let document = try call.document(0, typing, as: keepsForm ? .json(isBinary: false) : nil)
            return call.make(function, [document], type ?? document.type)
        }
    }
}

extension ScalarFunction {
    static let jsonTypeof = ScalarFunction(
        "jsonb_typeof", nulls: .strict, cost: .heavy, failure: .never,
        kernel: .plain { (call) throws(KernelError) in
            let documents = TextRows(call[0])
            return try call.texts { (row) throws(KernelError) in
                // Its first byte says it.
                let scan = JSONScan(documents[row].drop { NumberText.isBlank($0) }.prefix(1))
                return Array("\(scan.kind(of: 0..<scan.text.count))".utf8)
            }
        })

    static let jsonArrayLength = ScalarFunction(
        "jsonb_array_length", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            let documents = TextRows(call[0])
            return try call.numbers { (row) throws(KernelError) in
                try call.meter.step(documents.range(at: row).count)
                let scan = JSONScan(documents[row])
                guard scan.kind(of: scan.root) == .array else { throw .invalidArgument("cannot get the length of what is no array") }
                return Int64(scan.elementCount(of: scan.root))
            }
        })

    static let jsonPretty = ScalarFunction(
        "jsonb_pretty", nulls: .strict, cost: .heavy, failure: .never,
        kernel: .plain { (call) throws(KernelError) in
            let documents = TextRows(call[0])
            return try call.texts { (row) throws(KernelError) in
                var text: [UInt8] = []
                let mark = call.meter.mark
                try appendPretty(try JSONDocument.tree(documents[row], call.meter), depth: 0, to: &text, call.meter)
                call.meter.settle(since: mark)
                return text
            }
        })

    static let jsonStripNulls = ScalarFunction(
        "jsonb_strip_nulls", nulls: .strict, cost: .heavy, failure: .never,
        kernel: .plain { (call) throws(KernelError) in
            let documents = TextRows(call[0])
            return try call.texts { (row) throws(KernelError) in
                let mark = call.meter.mark
                defer { call.meter.settle(since: mark) }
                let stripped = withoutNulls(try JSONDocument.tree(documents[row], call.meter))
                guard call.type == .jsonb else { return stripped.serialized }
                var text: [UInt8] = []
                try JSONDocument.append(stripped, to: &text)
                return text
            }
        })

    /// Four blanks a level, each member or element on a line of its own.
    private static func appendPretty(_ value: JSONValue, depth: Int, to text: inout [UInt8], _ meter: WorkMeter) throws(KernelError) {
        func newLine(_ depth: Int, _ text: inout [UInt8]) throws(KernelError) {
            try meter.charge(4 * depth + 1)
            text.append(UInt8(ascii: "\n"))
            text += [UInt8](repeating: 0x20, count: 4 * depth)
        }
        let members: [(name: String?, value: JSONValue)], marks: (String, String)
        switch value {
        case .object(let all): (members, marks) = (all.map { ($0.name, $0.value) }, ("{", "}"))
        case .array(let all): (members, marks) = (all.map { (nil, $0) }, ("[", "]"))
        default: return try JSONDocument.append(value, to: &text)
        }
        text += marks.0.utf8
        for (index, member) in members.enumerated() {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            try newLine(depth + 1, &text)
            if let name = member.name {
                JSONString.append(name.utf8, to: &text)
                text += ": ".utf8
            }
            try appendPretty(member.value, depth: depth + 1, to: &text, meter)
        }
        try newLine(depth, &text)
        text += marks.1.utf8
    }

    /// Null elements of arrays stay.
    private static func withoutNulls(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let members): .object(members.filter { $0.value != .null }.map { .init($0.name, withoutNulls($0.value)) })
        case .array(let elements): .array(elements.map(withoutNulls))
        default: value
        }
    }
}
