import ColumnStore

/// parse_ident: the names of a dotted one, as SQL reads them. What follows the last is a fault unless `strict` is false.
/// PostgreSQL 15's documentation, section 9.4.
extension SQLFunction {
    static let parseIdent = SQLFunction(
        "parse_ident", summary: "the names of a dotted one, as SQL reads them, as a list",
        forms: [[.string], [.string, .boolean]]
    ) { (call, typing) throws(QueryError) in
        call.make(.parseIdent, try call.typed([.string, .boolean], required: 1, typing), .listOf(.string))
    }
}

extension ScalarFunction {
    static let parseIdent = ScalarFunction(
        "parse_ident", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            let texts = TextRows(call[0]), strict = call.optional(1)?.bitmap()
            return try call.lists { (row) throws(KernelError) in
                try call.meter.step(4 * texts.range(at: row).count)
                // A name of one letter and its dot are an array and a value.
                try call.meter.charge(64 * texts.range(at: row).count)
                return try names(texts[row], isStrict: strict?[row] ?? true).map { Value.bytes($0) }
            }
        })

    /// Names between dots: in quotes as they are, others in lower case; blanks may stand around them.
    private static func names(_ text: ArraySlice<UInt8>, isStrict: Bool) throws(KernelError) -> [[UInt8]] {
        func fault() -> KernelError { .invalidArgument("this is no name") }
        var rest = text, names: [[UInt8]] = []
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
        while true {
            rest = rest.drop(while: isBlank)
            guard let first = rest.first else { throw fault() }
            var name: [UInt8] = []
            if first == UInt8(ascii: "\"") {
                rest.removeFirst()
                while true {
                    guard let byte = rest.popFirst() else { throw fault() }
                    if byte == UInt8(ascii: "\"") {
                        // Two quotes are one.
                        guard rest.first == UInt8(ascii: "\"") else { break }
                        rest.removeFirst()
                    }
                    name.append(byte)
                }
            } else {
                func begins(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "_") || byte >= 0x80 || (0x61...0x7A).contains(byte | 0x20) }
                guard begins(first) else { throw fault() }
                let own = rest.prefix { begins($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "$") }
                rest = rest.dropFirst(own.count)
                name = own.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
            }
            guard !name.isEmpty else { throw fault() }
            names.append(name)
            rest = rest.drop(while: isBlank)
            guard rest.first == UInt8(ascii: ".") else { break }
            rest.removeFirst()
        }
        guard rest.isEmpty || !isStrict else { throw fault() }
        return names
    }
}
