import ColumnStore

/// `@>`, `<@`, `?`, `?|` and `?&`: what a document holds; and `=`, by which numbers of other digits are the same.
/// PostgreSQL 15's documentation, section 9.16.1, and 8.14.3 of what contains what.
extension ScalarFunction {
    static let jsonContains = ScalarFunction(
        "@>", .infix, nulls: .strict, cost: .heavy, failure: .never,
        kernel: .plain { (call) throws(KernelError) in
            let (outer, inner) = (TextRows(call[0]), TextRows(call[1]))
            var wanted: WantedJSON?
            if inner.isConstant, call.count > 0 { wanted = try WantedJSON(try JSONDocument.tree(inner[0], call.meter), call.meter) }
            return try call.truths { (row) throws(KernelError) in
                let mark = call.meter.mark
                let part: WantedJSON
                if let wanted { part = wanted } else { part = try WantedJSON(try JSONDocument.tree(inner[row], call.meter), call.meter) }
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
                    let names = wanted.list(row).compactMap { $0 }
                    try call.meter.step(documents.range(at: row).count)
                    try call.meter.charge(documents.range(at: row).count)
                    let scan = JSONScan(documents[row])
                    if names.count < 2 { return names.first.map { JSONComparison.hasKey($0, scan) } ?? all }
                    // Each is looked for in one walk over the document.
                    for name in names { try call.meter.step(name.count) }
                    let sought = Set(names), found = try JSONComparison.keys(of: scan, among: sought, call.meter)
                    return all ? found.count == sought.count : !found.isEmpty
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

/// A document that another one must hold, put into order once for all that it is held against.
indirect enum WantedJSON {
    struct Member {
        let name: [UInt8]
        let value: WantedJSON
    }

    /// A text, number, truth or null, by its key.
    case value([UInt8])
    case object([Member])
    /// What of it is bare, each once, and its arrays and objects.
    case array(Set<[UInt8]>, [WantedJSON])

    init(_ value: JSONValue, _ meter: WorkMeter) throws(KernelError) {
        try meter.step(1)
        switch value {
        case .object(let members):
            var wanted: [Member] = []
            for member in JSONDocument.ordered(members) {
                try meter.charge(member.name.utf8.count + 64)
                wanted.append(Member(name: Array(member.name.utf8), value: try WantedJSON(member.value, meter)))
            }
            self = .object(wanted)
        case .array(let elements):
            var keys: Set<[UInt8]> = [], others: [WantedJSON] = []
            for element in elements {
                guard let key = try Self.key(element, meter) else {
                    others.append(try WantedJSON(element, meter))
                    continue
                }
                try meter.charge(key.count + 64)
                keys.insert(key)
            }
            self = .array(keys, others)
        default: self = .value(try Self.key(value, meter) ?? [])
        }
    }

    /// Bytes that equal bare values have in common: numbers without the zeros that count for nothing. Nil of an array or object.
    static func key(_ value: JSONValue, _ meter: WorkMeter) throws(KernelError) -> [UInt8]? {
        switch value {
        case .null: return [0]
        case .boolean(let truth): return [truth ? 2 : 1]
        case .number(let digits):
            try meter.step(digits.utf8.count + 1)
            return [3] + (try JSONComparison.significant(digits))
        case .string(let text):
            try meter.step(text.utf8.count / 8 + 1)
            return [4] + Array(text.utf8)
        case .array, .object: return nil
        }
    }
}

/// How values of JSONB compare.
enum JSONComparison {
    /// Fewer are looked for one by one.
    private static let fewCountMax = 4

    /// Whether `outer` holds all that `inner` says. Of arrays each element must be held by some element; at the top an array holds a bare value, too.
    ///
    /// - Complexity: of the arrays and objects in two arrays the product of their numbers, on each level; of bare values their sum. Counted as steps.
    static func holds(_ outer: JSONValue, _ inner: WantedJSON, isOutermost: Bool, _ meter: WorkMeter) throws(KernelError) -> Bool {
        try meter.step(1)
        switch (outer, inner) {
        case (.object(let members), .object(let wanted)): return try holds(members, wanted, meter)
        case (.array(let elements), .array(let values, let others)):
            guard try holds(elements, values, meter) else { return false }
            for want in others {
                var isHeld = false
                for element in elements where try holds(element, want, isOutermost: false, meter) {
                    isHeld = true
                    break
                }
                guard isHeld else { return false }
            }
            return true
        case (.array(let elements), .value(let key)) where isOutermost: return try holds(elements, [key], meter)
        case (_, .value(let key)): return try WantedJSON.key(outer, meter) == key
        default: return false
        }
    }

    private static func holds(_ members: [JSONValue.Member], _ wanted: [WantedJSON.Member], _ meter: WorkMeter) throws(KernelError) -> Bool {
        guard members.count >= wanted.count else { return false }
        guard wanted.count > fewCountMax else {
            for want in wanted {
                try meter.step(members.count)
                guard let own = members.last(where: { $0.name.utf8.elementsEqual(want.name) }), try holds(own.value, want.value, isOutermost: false, meter) else { return false }
            }
            return true
        }
        let mark = meter.mark
        defer { meter.settle(since: mark) }
        var places: [[UInt8]: Int] = [:]
        for (place, member) in members.enumerated() {
            try meter.step(member.name.utf8.count + 1)
            try meter.charge(member.name.utf8.count + 64)
            places[Array(member.name.utf8)] = place
        }
        for want in wanted {
            guard let place = places[want.name], try holds(members[place].value, want.value, isOutermost: false, meter) else { return false }
        }
        return true
    }

    /// Whether all of these bare values are elements.
    private static func holds(_ elements: [JSONValue], _ keys: Set<[UInt8]>, _ meter: WorkMeter) throws(KernelError) -> Bool {
        guard !keys.isEmpty else { return true }
        guard elements.count >= keys.count else { return false }
        var missing = keys
        for element in elements {
            guard let key = try WantedJSON.key(element, meter) else { continue }
            if missing.remove(key) != nil, missing.isEmpty { return true }
        }
        return false
    }

    /// Those of the names that a document has: of members, of elements that are such strings, or the string that it is.
    static func keys(of scan: JSONScan, among names: Set<[UInt8]>, _ meter: WorkMeter) throws(KernelError) -> Set<[UInt8]> {
        var found: Set<[UInt8]> = []
        func look(_ text: Range<Int>) throws(KernelError) {
            try meter.step(text.count)
            let name = scan.string(text)
            if names.contains(name) { found.insert(name) }
        }
        let root = scan.root
        switch scan.kind(of: root) {
        case .object: try scan.eachMember(of: root) { (member) throws(KernelError) in try look(member.name) }
        case .array: try scan.eachElement(of: root) { (element) throws(KernelError) in if scan.kind(of: element) == .string { try look(element) } }
        case .string: try look(root)
        default: break
        }
        return found
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
