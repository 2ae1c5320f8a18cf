import ColumnStore

/// `->`, `->>`, `#>` and `#>>`: a member, an element, or what a path of them leads to, as a document or as its text; and the functions that say the same.
/// PostgreSQL 15's documentation, section 9.16.1.
extension SQLFunction {
    static let jsonbExtractPath = extraction("jsonb_extract_path", summary: "as `#>`", .jsonb, asText: false)
    static let jsonbExtractPathText = extraction("jsonb_extract_path_text", summary: "as `#>>`", .jsonb, asText: true)
    static let jsonExtractPath = extraction("json_extract_path", summary: "as `#>`", .json(isBinary: false), asText: false)
    static let jsonExtractPathText = extraction("json_extract_path_text", summary: "as `#>>`", .json(isBinary: false), asText: true)

    /// Steps are texts: a number in one is a place where the document has an array.
    private static func extraction(_ name: String, summary: String, _ type: ColumnType, asText: Bool) -> SQLFunction {
        SQLFunction(name, summary: summary, forms: [[type, .string], [type, .string, .string]]) { (call, typing) throws(QueryError) in
            guard call.arguments.count >= 2 else { throw .badSQL("\(name) takes a document and a path", at: call.position) }
            let document = try call.document(0, typing, as: type)
            var path: [Expression] = []
            for step in call.arguments.dropFirst() { path.append(try typing.implicit(step, to: .string, name)) }
            let steps = Expression.call(.makeList, path, type: .listOf(.string), position: call.position)
            return call.make(asText ? .jsonPathText : .jsonPath, [document, steps], asText ? .string : document.type)
        }
    }
}

extension ScalarFunction {
    static let jsonMember = access("->", isText: false) { (keys, scan, row, _) in
        scan.member(keys.name(row), of: scan.root)
    }
    static let jsonMemberText = access("->>", isText: true) { (keys, scan, row, _) in
        scan.member(keys.name(row), of: scan.root)
    }
    static let jsonElement = access("-> element", isText: false) { (keys, scan, row, _) in
        element(keys.number(row), of: scan)
    }
    static let jsonElementText = access("->> element", isText: true) { (keys, scan, row, _) in
        element(keys.number(row), of: scan)
    }
    static let jsonPath = access("#>", isText: false) { (keys, scan, row, meter) throws(KernelError) in try path(keys.list(row), in: scan, meter) }
    static let jsonPathText = access("#>>", isText: true) { (keys, scan, row, meter) throws(KernelError) in try path(keys.list(row), in: scan, meter) }

    /// Of JSONB a bare value is an array of itself, as in PostgreSQL.
    private static func element(_ number: Int64, of scan: JSONScan) -> Range<Int>? {
        let root = scan.root
        switch scan.kind(of: root) {
        case .array: return scan.element(number, of: root)
        case .object: return nil
        default: return scan.isBinary && (number == 0 || number == -1) ? root : nil
        }
    }

    /// A kernel that finds a part of each row's document as a range of its text: no tree is made of it.
    ///
    /// - Parameter find: nil where there is no such part, which gives NULL.
    private static func access(
        _ symbol: String, isText: Bool, _ find: @escaping @Sendable (JSONKeys, JSONScan, Int, WorkMeter) throws(KernelError) -> Range<Int>?
    ) -> ScalarFunction {
        ScalarFunction(
            // JSON may hold an escaped character 0, which no text holds; JSONB has none.
            symbol, .infix, nulls: .strict, cost: .heavy, failure: .depending { arguments, _ in isText && arguments.first?.type == .json(isBinary: false) },
            kernel: .plain { (call) throws(KernelError) in
                let documents = TextRows(call[0]), keys = JSONKeys(call[1])
                return try call.texts { (row) throws(KernelError) in
                    try call.meter.step(2 * documents.range(at: row).count)
                    try call.meter.charge(documents.range(at: row).count)
                    let scan = JSONScan(documents[row], isBinary: call[0].type == .jsonb)
                    guard let found = try find(keys, scan, row, call.meter) else { return nil }
                    guard isText else { return Array(scan.text[found]) }
                    let text = scan.shown(found)
                    if let text, text.contains(0) { throw .outside(.untranslatable, "no text holds the character 0") }
                    return text
                }
            })
    }

    /// Names of members, and numbers of elements, one after the other.
    ///
    /// Nil where a step leads nowhere, or is NULL.
    private static func path(_ steps: [[UInt8]?], in scan: JSONScan, _ meter: WorkMeter) throws(KernelError) -> Range<Int>? {
        var place = scan.root
        for step in steps {
            guard let step else { return nil }
            // Each walks over what the one before has found.
            try meter.step(2 * place.count)
            let next: Range<Int>?
            switch scan.kind(of: place) {
            case .object: next = scan.member(step[...], of: place)
            case .array: next = elementNumber(step).flatMap { scan.element($0, of: place) }
            default: next = nil
            }
            guard let next else { return nil }
            place = next
        }
        return place
    }

    /// The element that a step of a path names, as C's strtol reads a number of 32 bits: with blanks and a sign before it. Nil for any other text.
    static func elementNumber(_ step: [UInt8]) -> Int64? {
        let digits = step.drop { $0 == 0x20 || (0x09...0x0D).contains($0) }
        return Int32(String(decoding: digits, as: UTF8.self)).map { Int64($0) }
    }
}
