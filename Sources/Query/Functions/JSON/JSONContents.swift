import ColumnStore

/// `@>`, `<@`, `?`, `?|` and `?&`: what a document holds; and `=`, by which numbers of other digits are the same.
/// PostgreSQL 15's documentation, section 9.16.1, and 8.14.3 of what contains what.
extension ScalarFunction {
    static let jsonContains = ScalarFunction(
        "@>", .infix, nulls: .strict, cost: .heavy, failure: .never,
        kernel: .plain { (call) throws(KernelError) in
            let (outer, inner) = (TextRows(call[0]), TextRows(call[1]))
            var wanted: JSONValue?
            if inner.isConstant, call.count > 0 { wanted = try JSONDocument.tree(inner[0], call.meter) }
            return try call.truths { (row) throws(KernelError) in
                let mark = call.meter.mark
                let part: JSONValue
                if let wanted { part = wanted } else { part = try JSONDocument.tree(inner[row], call.meter) }
                let truth = try JSONComparison.holds(try JSONDocument.tree(outer[row], call.meter), part, isOutermost: true, call.meter)
                call.meter.settle(since: mark)
                return truth
            }
        })

    static let jsonHasKey = keys("?", all: true)
    static let jsonHasAnyKey = keys("?|", all: false)
    static let jsonHasAllKeys = keys("?&", all: true)

    /// - Parameter all: whether all names must be there.
    private static func keys(_ symbol: String, all: Bool) -> ScalarFunction {
        ScalarFunction(
            symbol, .infix, nulls: .strict, cost: .heavy, failure: .never,
            kernel: .plain { (call) throws(KernelError) in
                let documents = TextRows(call[0]), wanted = JSONKeys(call[1])
                return try call.truths { (row) throws(KernelError) in
                    let names = wanted.list(row)
                    try call.meter.step(documents.range(at: row).count * max(1, names.count))
                    try call.meter.charge(documents.range(at: row).count)
                    let scan = JSONScan(documents[row])
                    let held = names.compactMap { $0 }.map { JSONComparison.hasKey($0, scan) }
                    return all ? held.allSatisfy { $0 } : held.contains(true)
                }
            })
    }

    /// Bytes that two documents share if they are equal, and whose order is theirs.
    static let jsonKey = ScalarFunction(
        "json_key", nulls: .strict, cost: .heavy, failure: .never,
        kernel: .plain { (call) throws(KernelError) in
            let documents = TextRows(call[0])
            return try call.texts { (row) throws(KernelError) in
                let byteCount = documents.range(at: row).count
                try call.meter.step(2 * byteCount)
                try call.meter.charge(DocumentOrder.byteCountBound(byteCount))
                return DocumentOrder.key(documents[row])
            }
        })
}

/// How values of JSONB compare.
enum JSONComparison {
    /// Whether `outer` holds all that `inner` says. Of arrays each element must be held by some element; at the top an array holds a bare value, too.
    ///
    /// - Complexity: of two arrays the product of their lengths, on each level.
    static func holds(_ outer: JSONValue, _ inner: JSONValue, isOutermost: Bool, _ meter: WorkMeter) throws(KernelError) -> Bool {
        try meter.step(1)
        switch (outer, inner) {
        case (.object(let members), .object(let wanted)):
            for want in JSONDocument.ordered(wanted) {
                guard let own = members.last(where: { $0.name.utf8.elementsEqual(want.name.utf8) }),
                    try holds(own.value, want.value, isOutermost: false, meter)
                else { return false }
            }
            return true
        case (.array(let elements), .array(let wanted)):
            for want in wanted {
                var isHeld = false
                for element in elements where try holds(element, want, isOutermost: false, meter) {
                    isHeld = true
                    break
                }
                guard isHeld else { return false }
            }
            return true
        case (.array(let elements), _) where isOutermost && inner.array == nil && inner.members == nil:
            for element in elements where try holds(element, inner, isOutermost: false, meter) { return true }
            return false
        case (.number(let left), .number(let right)): return try significant(left) == significant(right)
        default: return outer == inner
        }
    }

    /// A member's name; an element, or the whole, that is that string.
    static func hasKey(_ name: [UInt8], _ scan: JSONScan) -> Bool {
        let root = scan.root
        switch scan.kind(of: root) {
        case .object: return scan.member(name[...], of: root) != nil
        case .array:
            var isFound = false
            scan.eachElement(of: root) { element in
                if !isFound, scan.kind(of: element) == .string { isFound = scan.holds(element, name[...]) }
            }
            return isFound
        case .string: return scan.holds(root, name[...])
        default: return false
        }
    }

    /// The digits of a number without those at its end that count for nothing.
    ///
    /// `1.500` gives `1.5`, `2.0` gives `2`.
    static func significant(_ number: String) throws(KernelError) -> [UInt8] {
        var text: [UInt8] = []
        try JSONDocument.appendNumber(Array(number.utf8), to: &text)
        if text.contains(UInt8(ascii: ".")) {
            while text.last == 0x30 { text.removeLast() }
            if text.last == UInt8(ascii: ".") { text.removeLast() }
        }
        return text
    }
}
