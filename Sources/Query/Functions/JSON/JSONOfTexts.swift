import ColumnStore

/// json_object and jsonb_object: a document of a list of names and values in turn, of a list of pairs, or of a list of each.
/// PostgreSQL 15's documentation, section 9.16.1.
extension SQLFunction {
    static let jsonObjectOfTexts = ofTexts("json_object", summary: "an object of a list of names and values in turn, or a list of each", .json(isBinary: false))
    static let jsonbObjectOfTexts = ofTexts("jsonb_object", summary: "an object of a list of names and values in turn, or a list of each", .jsonb)

    private static func ofTexts(_ name: String, summary: String, _ type: ColumnType) -> SQLFunction {
        SQLFunction(name, summary: summary, forms: [[.listOf(.string)], [.listOf(.string), .listOf(.string)]]) { (call, typing) throws(QueryError) in
            try call.count(1...2)
            var lists: [Expression] = []
            for (index, value) in call.arguments.enumerated() {
                if call.arguments.count == 1, let pairs = try pairs(value) { return call.make(.jsonOfTexts, [pairs], type) }
                if index == 0, call.arguments.count == 1, value.type.dimensionCount > 1 {
                    throw .unsupported("\(name) takes a list of names and values in turn here", at: value.position)
                }
                lists.append(try call.textList(index, typing))
            }
            return call.make(.jsonOfTexts, lists, type)
        }
    }

    /// The literal `{{a,1},{b,2}}` as names and values in turn.
    private static func pairs(_ value: TypedExpression) throws(QueryError) -> Expression? {
        guard value.isUntyped, case .literal(.bytes(let bytes), _) = value.expression, let lists = ArrayText.lists(bytes) else { return nil }
        var items: [Value] = []
        for list in lists {
            guard let pair = ArrayText.elements(list), pair.count == 2 else {
                throw .data("an array of pairs has two columns", at: value.position).because(.badSubscript)
            }
            items += pair.map { $0.map { .string($0) } ?? .null }
        }
        return .literal(.list(items), .listOf(.string))
    }
}

extension ScalarFunction {
    /// One list of names and values in turn, or one of each. The last of each name counts in JSONB.
    static let jsonOfTexts = ScalarFunction(
        "json_object of texts", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            let names = ListValues(call[0]), values = call.optional(1).map { ListValues($0) }
            return try call.texts { (row) throws(KernelError) in
                let places = names[row]
                if let values, values[row].count != places.count { throw .outside(.badSubscript, "there are not as many values as names") }
                guard values != nil || places.count.isMultiple(of: 2) else { throw .outside(.badSubscript, "names and values come in pairs") }
                var text: [UInt8] = [UInt8(ascii: "{")]
                for index in stride(from: 0, to: places.count, by: values == nil ? 2 : 1) {
                    try call.meter.step(8)
                    guard case .bytes(let name) = names.value(places.lowerBound + index) else { throw .outside(.nullName, "a name in an object cannot be NULL") }
                    let value = values.map { $0.value($0[row].lowerBound + index) } ?? names.value(places.lowerBound + index + 1)
                    if index > 0 { text += ", ".utf8 }
                    JSONString.append(name, to: &text)
                    text += " : ".utf8
                    if case .bytes(let bytes) = value { JSONString.append(bytes, to: &text) } else { text += "null".utf8 }
                }
                text.append(UInt8(ascii: "}"))
                try call.meter.charge(text.count)
                guard call.type == .jsonb else { return text }
                var canonical: [UInt8] = []
                let mark = call.meter.mark
                try JSONDocument.append(try JSONDocument.tree(text[...], call.meter), to: &canonical)
                call.meter.settle(since: mark)
                return canonical
            }
        })
}
