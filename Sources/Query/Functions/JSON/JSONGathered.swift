import ColumnStore

/// What json_agg and json_object_agg make of gathered lists. The session's zone is the last argument.
/// PostgreSQL 15's documentation, section 9.21.
extension ScalarFunction {
    static let jsonOfList = gathered("json_agg", separator: ", ")
    /// Of rows and lists, each of which PostgreSQL begins on a line of its own.
    static let jsonOfRows = gathered("json_agg_of_rows", separator: ", \n ")

    /// A gathered list as an array of documents.
    private static func gathered(_ symbol: String, separator: String) -> ScalarFunction {
        ScalarFunction(
            symbol, nulls: .first, cost: .heavy, failure: .possible,
            kernel: .plain { (call) throws(KernelError) in
                let (offsets, element) = call[0].lists()
                let values = try JSONRows(element, as: call.type, zone: try call.zone(at: 1), forms: call.context.forms, call.meter)
                return try TextKernels.build(count: call.count, validity: call[0].rowValidity, type: call.type, call.meter) { (row, builder) throws(KernelError) in
                    try builder.append(UInt8(ascii: "["))
                    for place in Int(offsets[row])..<Int(offsets[row + 1]) {
                        if place > Int(offsets[row]) { try builder.append(Array(separator.utf8)) }
                        try values.text(place, to: &builder)
                    }
                    try builder.append(UInt8(ascii: "]"))
                }
            })
    }

    /// Names in the first list, texts or days, values beside them in the second.
    static let jsonOfLists = ScalarFunction(
        "json_object_agg", nulls: .first, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            let (offsets, given) = call[0].lists(), (others, element) = call[1].lists(), zone = try call.zone(at: 2)
            let names = JSONRows.hasNames(of: given.type) ? try JSONRows.names(given, zone: zone, call.meter) : given
            let values = try JSONRows(element, as: call.type, zone: zone, forms: call.context.forms, call.meter)
            let texts = names.count == 0 ? nil : TextRows(names.flattened()), known = names.rowValidity
            return try TextKernels.build(count: call.count, validity: call[0].rowValidity, type: call.type, call.meter) { (row, builder) throws(KernelError) in
                var text: [UInt8] = Array((call.type == .jsonb ? "{" : "{ ").utf8)
                let mark = call.meter.mark
                guard offsets[row + 1] - offsets[row] == others[row + 1] - others[row] else { throw .invalidArgument("an object has as many names as values") }
                for place in Int(offsets[row])..<Int(offsets[row + 1]) {
                    guard let texts, known?[place] ?? true else { throw .invalidArgument("a name in an object cannot be NULL") }
                    if place > Int(offsets[row]) { text += ", ".utf8 }
                    try call.meter.charge(JSONString.byteCount(texts[place]))
                    JSONString.append(texts[place], to: &text)
                    text += (call.type == .jsonb ? ": " : " : ").utf8
                    try values.append(Int(others[row]) + place - Int(offsets[row]), to: &text)
                    try call.meter.charge(16)
                }
                text += (call.type == .jsonb ? "}" : " }").utf8
                // Members of one name, and their order, are as JSONB has them.
                let made = call.type == .jsonb ? try JSONDocument.read(text[...], as: .jsonb, call.meter) : text
                call.meter.settle(since: mark)
                try builder.append(made)
            }
        })
}
