import ColumnStore

/// What `json_to_record` and its kin read is an object, or an array of objects, and nothing else: the parser puts these around it (`Parser+Records`).
extension SQLFunction {
    static let recordOf = itself(FunctionSyntax.recordOf, .recordOf)
    static let recordsOf = itself(FunctionSyntax.recordsOf, .recordsOf)

    private static func itself(_ name: String, _ function: ScalarFunction) -> SQLFunction {
        SQLFunction(name, summary: "its argument", forms: [[.jsonb]]) { (call, typing) throws(QueryError) in
            try call.count(1...1)
            let document = try call.document(0, typing)
            return call.make(function, [document], document.type)
        }
    }
}

extension ScalarFunction {
    static let recordOf = itself("record_of", cost: .light) { (document, _) throws(KernelError) in
        // Its first byte says it.
        guard document.first(where: { !NumberText.isBlank($0) }) == UInt8(ascii: "{") else { throw .invalidArgument("a record is made of an object") }
    }

    static let recordsOf = itself("records_of", cost: .heavy) { (document, meter) throws(KernelError) in
        try meter.step(2 * document.count)
        let scan = JSONScan(document), root = scan.root
        guard scan.kind(of: root) == .array else { throw .invalidArgument("records are made of an array of objects") }
        try scan.eachElement(of: root) { (element) throws(KernelError) in
            guard scan.kind(of: element) == .object else { throw .invalidArgument("records are made of an array of objects") }
        }
    }

    /// The argument, once each of its documents is as `check` wants it.
    private static func itself(
        _ symbol: String, cost: Cost, _ check: @escaping @Sendable (ArraySlice<UInt8>, WorkMeter) throws(KernelError) -> Void
    ) -> ScalarFunction {
        ScalarFunction(
            symbol, nulls: .strict, cost: cost, failure: .possible,
            kernel: .plain { (call) throws(KernelError) in
                let documents = TextRows(call[0]), validity = call[0].rowValidity
                for row in 0..<call.count where validity?[row] ?? true { try check(documents[row], call.meter) }
                return call[0]
            })
    }
}
