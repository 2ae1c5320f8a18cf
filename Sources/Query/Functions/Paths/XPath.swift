import ColumnStore

/// What an XPath selects in texts of XML, as PostgreSQL 15 gives it ("XML Functions" of its manual): a list of texts, or whether there is anything. Namespaces are
/// pairs of a prefix and its URI. Documents of which one is no XML end the question, as a cast to JSONB does.
extension SQLFunction {
    static let xpath = reading(
        "xpath", summary: "what an XPath 1.0 selects in a text or a document of XML, as a list of texts",
 .listOf(.string)) { $0.xpath?.selection }
    static let xpathExists = reading("xpath_exists", summary: "whether an XPath 1.0 selects anything", .boolean) { $0.xpath?.existence }

    /// Pairs of a prefix and a URI.
    private static let namespaces = ColumnType.listOf(.listOf(.string))

    private static func reading(_ name: String, summary: String, _ type: ColumnType, _ function: @escaping @Sendable (any CallTyping) -> ScalarFunction?) -> SQLFunction {
        SQLFunction(name, summary: summary, forms: [[.string, .string], [.string, .binary]]) { (call, typing) throws(QueryError) in
            guard let function = function(typing) else { throw .unsupported("\(call.name) is there in questions to a store, and not here", at: call.position) }
            try call.count(2...3)
            // Bytes as they came may be in an encoding of their own, which they declare.
            let text = call.arguments[1].type == .binary ? call.arguments[1].expression : try typing.implicit(call.arguments[1], to: .string, call.name)
            var arguments = [try typing.implicit(call.arguments[0], to: .string, call.name), text]
            if call.arguments.count == 3 { arguments.append(try typing.implicit(call.arguments[2], to: namespaces, call.name)) }
            return call.make(function, arguments, type)
        }
    }
}

extension ScalarFunction {
    /// Made for one binder: each call makes another function, so that a statement asks for it once (`CallTyping.xpath`).
    static func xpath(_ reader: any XPathReading) -> ScalarFunction {
        reading("xpath", reader) { (call, rows) throws(KernelError) in
            try call.lists { (row) throws(KernelError) in
                var values: [Value] = []
                try rows.select(row) { values.append(.bytes($0)); return true }
                return values
            }
        }
    }

    static func xpathExists(_ reader: any XPathReading) -> ScalarFunction {
        reading("xpath_exists", reader) { (call, rows) throws(KernelError) in
            try call.truths { (row) throws(KernelError) in
                var isFound = false
                try rows.select(row) { _ in isFound = true; return false }
                return isFound
            }
        }
    }

    /// Paths are compiled once for each place in a query.
    private static func reading(
        _ symbol: String, _ reader: any XPathReading, _ body: @escaping @Sendable (KernelCall, XPathRows) throws(KernelError) -> Column
    ) -> ScalarFunction {
        ScalarFunction(
            symbol, nulls: .strict, cost: .heavy, failure: .possible, readsConstantsOnce: true, traits: Traits(isExpanding: true),
            kernel: .remembering {
                let compiled = CompiledXPaths(reader)
                return { (call) throws(KernelError) in try body(call, XPathRows(call, reader, compiled)) }
            })
    }
}

/// Paths by their texts, compiled: mostly there is one.
private final class CompiledXPaths {
    private struct Key: Hashable {
        let path: [UInt8]
        let namespaces: [String: String]
    }
    /// Past so many all are forgotten.
    private static let countMax = 16

    private let reader: any XPathReading
    private var expressions: [Key: any XPathExpression] = [:]

    init(_ reader: any XPathReading) { self.reader = reader }

    /// - Throws: `.invalidArgument` for what is no XPath.
    func expression(_ path: [UInt8], _ namespaces: [String: String]) throws(KernelError) -> any XPathExpression {
        let key = Key(path: path, namespaces: namespaces)
        if let known = expressions[key] { return known }
        let made: any XPathExpression
        do { made = try reader.expression(String(decoding: path, as: UTF8.self), namespaces: namespaces) } catch { throw .invalidArgument("XPath: \(error.reason)") }
        if expressions.count >= Self.countMax { expressions = [:] }
        expressions[key] = made
        return made
    }
}

/// Documents with the paths and the namespaces of their rows.
private struct XPathRows {
    private let call: KernelCall
    private let reader: any XPathReading
    private let compiled: CompiledXPaths
    private let paths: TextRows
    private let texts: TextRows

    /// Of a value besides its bytes: an array of its own, and its place in the list.
    private static let valueByteCount = 96
    /// Of prefixes and URIs together.
    private static let namespaceByteCountMax = 4_096

    init(_ call: KernelCall, _ reader: any XPathReading, _ compiled: CompiledXPaths) {
        (self.call, self.reader, self.compiled) = (call, reader, compiled)
        (paths, texts) = (TextRows(call[0]), TextRows(call[1]))
    }

    /// Hands each value that the row's path selects to `take`, until that is false.
    ///
    /// - Throws: `.invalidArgument` for what is no XML; where the memory of its tree is not there.
    func select(_ row: Int, _ take: ([UInt8]) -> Bool) throws(KernelError) {
        let expression = try compiled.expression(Array(paths[row]), try namespaces(row))
        let (text, meter) = (Array(texts[row]), call.meter)
        // A path may take a second of a small document, which is not counted here.
        try meter.look()
        // The tree is gone before the next row's is made.
        let mark = meter.mark
        defer { meter.settle(since: mark) }
        try meter.charge(2 * text.count + text.withUnsafeBytes(reader.treeByteCount))
        var outcome: Result<Void, KernelError> = .success(())
        let fault = text.withUnsafeBytes { text -> XPathFault? in
            do throws(XPathFault) {
                try expression.select(in: text) { value in
                    do throws(KernelError) {
                        try meter.charge(2 * value.count + Self.valueByteCount)
                        try meter.step(value.count)
                    } catch {
                        outcome = .failure(error)
                        return false
                    }
                    return take(value)
                }
                return nil
            } catch { return error }
        }
        if let fault { throw .invalidArgument(fault.reason) }
        try outcome.get()
    }

    /// URIs by prefix; none without the argument.
    private func namespaces(_ row: Int) throws(KernelError) -> [String: String] {
        guard let column = call.optional(2), case .list(let pairs) = column.value(at: row) else { return [:] }
        var namespaces: [String: String] = [:], byteCount = 0
        for pair in pairs {
            guard case .list(let parts) = pair, parts.count == 2, case .bytes(let prefix) = parts[0], case .bytes(let uri) = parts[1], !prefix.isEmpty else {
                throw .invalidArgument("XPath: namespaces are pairs of a prefix and its URI, as in ARRAY[ARRAY['p', 'urn:x']]")
            }
            // As the path itself: they are kept with it, and are compared.
            byteCount = byteCount.addingSaturating(prefix.count).addingSaturating(uri.count)
            guard byteCount <= Self.namespaceByteCountMax else { throw .invalidArgument("XPath: namespaces of more than \(Self.namespaceByteCountMax) bytes") }
            namespaces[String(decoding: prefix, as: UTF8.self)] = String(decoding: uri, as: UTF8.self)
        }
        return namespaces
    }
}
