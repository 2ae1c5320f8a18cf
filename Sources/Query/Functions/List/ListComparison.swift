import ColumnStore

/// Lists element by element: their order, what they share, and what they make together.
///
/// `ListValues` reads rows as ranges into the elements; sets of elements are built of `identity`, in which values are the same where `=` says so.
///
/// PostgreSQL 15's documentation, section 9.19.
extension ScalarFunction {
    /// Less than 0, 0, or more: PostgreSQL's order of arrays, in which NULL elements are alike and behind all others.
    static let listOrder = pairs("array_order") { (call, left, right) throws(KernelError) in
        try call.numbers { (row) throws(KernelError) in
            let (one, other) = (left[row], right[row])
            for (a, b) in zip(one, other) {
                try call.meter.step(16 + left.textByteCount(a) + right.textByteCount(b))
                let order = CompareKernels.order(left.value(a), right.value(b), left.elementType)
                if order != 0 { return order < 0 ? -1 : 1 }
            }
            return Int64(one.count - other.count).signum()
        }
    }

    /// Whether each element of the second is in the first; a NULL is in none.
    static let listContains = pairs("@> list") { (call, left, right) throws(KernelError) in
        try call.truths { (row) throws(KernelError) in
            if right[row].isEmpty { return true }
            let known = try left.set(row, call.meter)
            for place in right[row] {
                try call.meter.step(32 + right.textByteCount(place))
                if right.value(place).isNull || !known.contains(right.identity(place)) { return false }
            }
            return true
        }
    }

    /// `&&`: whether both have an element; a NULL is in none.
    static let listOverlaps = pairs("&&") { (call, left, right) throws(KernelError) in
        try call.truths { (row) throws(KernelError) in
            let known = try left.set(row, call.meter)
            for place in right[row] {
                try call.meter.step(32 + right.textByteCount(place))
                if !right.value(place).isNull, known.contains(right.identity(place)) { return true }
            }
            return false
        }
    }

    /// A function of two lists, NULL where either is.
    private static func pairs(
        _ symbol: String, _ body: @escaping @Sendable (KernelCall, ListValues, ListValues) throws(KernelError) -> Column
    ) -> ScalarFunction {
        ScalarFunction(
            symbol, .infix, nulls: .strict, cost: .heavy, failure: .never,
            kernel: .plain { (call) throws(KernelError) in try body(call, ListValues(call[0]), ListValues(call[1])) })
    }

    /// Elements of the first, then those of the second; NULL lists are empty, but for two of them.
    static let listJoin = ScalarFunction(
        "|| list", .infix, nulls: .taken, cost: .heavy, failure: .never,
        kernel: .plain { (call) throws(KernelError) in try joinedLists(call) { (_, first, second) in first + second } })

    /// The same of lists of lists, which must be rows of one array of the first's lengths. A list whose lists have no element between them is an empty one, as
    /// PostgreSQL has it; beside one the other stays as it is, which may have been stored with lists of any length.
    ///
    /// - Throws: `.outside(.badSubscript)` where the lengths differ.
    static let listJoinRows = ScalarFunction(
        "|| lists", .infix, nulls: .taken, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            let depth = call.type.dimensionCount
            try call.meter.step(call.columns.reduce(0) { $0.addingSaturating($1.flatByteCountBound) })
            // Rows that are of two lists.
            var joined: [Int] = []
            let lists = try joinedLists(call) { (row, first, second) in
                if Value.list(second).isEmptyArray(depth) { return first.isEmpty ? second : first }
                if Value.list(first).isEmptyArray(depth) { return second }
                joined.append(row)
                return first + second
            }
            if !joined.isEmpty {
                let (offsets, element) = lists.lists()
                for row in joined { try element.checkArray(of: Int(offsets[row])..<Int(offsets[row + 1])) }
            }
            return lists
        })

    /// Of each row one list of two; NULL where both are.
    ///
    /// - Parameter join: of a row's number and the elements of both, of which a NULL has none.
    private static func joinedLists(_ call: KernelCall, _ join: (Int, [Value], [Value]) -> [Value]) throws(KernelError) -> Column {
        let (left, right) = (ListValues(call[0]), ListValues(call[1]))
        var builder = ColumnBuilder(type: call.type)
        try call.meter.charge(call.columns.reduce(0) { $0.addingSaturating($1.flatByteCountBound) }.multipliedSaturating(by: 2))
        for row in 0..<call.count {
            guard !left.isNull(row) || !right.isNull(row) else {
                builder.appendNull()
                continue
            }
            try call.meter.step(16 * (left[row].count + right[row].count))
            builder.append(.list(join(row, left.values(row), right.values(row))))
        }
        return builder.finish()
    }

    /// A list as the one row of a list of a dimension more: what `listJoin` puts at its start or end. None of an empty list; NULL of NULL.
    static let listRow = ScalarFunction(
        "list_row", nulls: .first, cost: .heavy, failure: .never,
        kernel: .plain { (call) throws(KernelError) in
            let lists = ListValues(call[0])
            var builder = ColumnBuilder(type: call.type)
            try call.meter.charge(2 * call[0].flatByteCountBound)
            for row in 0..<call.count {
                guard !lists.isNull(row) else {
                    builder.appendNull()
                    continue
                }
                try call.meter.step(16 * lists[row].count)
                builder.append(.list(lists[row].isEmpty ? [] : [.list(lists[row].map { lists.value($0) })]))
            }
            return builder.finish()
        })
}

extension Value {
    /// Whether it is a list, of so many dimensions, without an element in any: NULL, `{}`, or lists of such alone.
    fileprivate func isEmptyArray(_ dimensionCount: Int) -> Bool {
        switch self {
        case .list(let values): values.isEmpty || dimensionCount > 1 && values.allSatisfy { $0.isEmptyArray(dimensionCount - 1) }
        case .null: dimensionCount > 0
        default: false
        }
    }
}

extension Column {
    /// As `checkDimensions`, for who joins lists: what is NULL among them has no length, either.
    fileprivate func checkArray(of rows: Range<Int>) throws(KernelError) {
        do throws(KernelError) {
            try checkDimensions(of: rows, "|| joins")
        } catch {
            if case .outside(.nullName, let message) = error { throw .outside(.badSubscript, message) }
            throw error
        }
    }
}

/// The rows of a list column as ranges into its elements, a constant once.
///
/// The element column is shared with the column it was made of: nothing is copied before a value is asked for.
struct ListValues {
    private let offsets: [Int32]
    private let element: Column
    private let validity: Bitmap?
    private let isConstant: Bool
    private let isNullConstant: Bool

    init(_ column: Column) {
        isNullConstant = column.isConstantNull
        isConstant = column.constantValue != nil
        if isNullConstant {
            (offsets, element, validity) = ([0, 0], .constant(.null, type: .null, count: 0), nil)
        } else {
            (offsets, element) = column.oneRow().lists()
            validity = isConstant ? nil : column.rowValidity
        }
    }

    func isNull(_ row: Int) -> Bool { isNullConstant || !(validity?[row] ?? true) }

    /// Places in the element column; empty of NULL.
    subscript(row: Int) -> Range<Int> {
        let place = isConstant ? 0 : row
        return isNull(row) ? 0..<0 : Int(offsets[place])..<Int(offsets[place + 1])
    }

    var elementType: ColumnType { element.type }

    /// - Parameter place: in the element column.
    func value(_ place: Int) -> Value { element.value(at: place) }

    /// Of an element that is a text, a byte string or a document; 0 of all others.
    func textByteCount(_ place: Int) -> Int {
        switch element.values {
        case .bytes(let texts): return texts.range(at: place).count
        case .dictionary(let codes, let dictionary): if case .bytes(let entries) = dictionary.values.values { return entries.range(at: Int(codes[place])).count }
        default: break
        }
        return 0
    }

    /// What values that are equal in SQL share: NaN is NaN, 30 days are a month, 1 and 1.0 are one number in documents.
    func identity(_ place: Int) -> Value {
        switch element.value(at: place) {
        case .double(let value): .integer(Int64(bitPattern: value == 0 ? 0 : value.isNaN ? Double.nan.bitPattern : value.bitPattern))
        case .interval(let value): .decimal(value.span)
        case .bytes(let text) where element.type.isJSON: .bytes(DocumentOrder.key(text[...]))
        case let value: value
        }
    }

    func values(_ row: Int) -> [Value] { self[row].map { element.value(at: $0) } }

    /// - Complexity: linear in the list, with its texts.
    func set(_ row: Int, _ meter: WorkMeter) throws(KernelError) -> Set<Value> {
        try meter.charge(64 * self[row].count)
        var known = Set<Value>(minimumCapacity: self[row].count)
        for place in self[row] {
            // Each text is a copy, or a document's key in its place.
            let byteCount = textByteCount(place)
            try meter.step(32 + byteCount)
            try meter.charge(byteCount)
            known.insert(identity(place))
        }
        return known
    }

    /// Which elements of a row's list are a value. A document's key is made once, and reading documents is work: one of megabytes may be held against each of many.
    func matches(_ wanted: Value, _ row: Int, _ meter: WorkMeter) throws(KernelError) -> [Bool] {
        guard elementType.isJSON, case .bytes(let text) = wanted else { return self[row].map { CompareKernels.order(value($0), wanted, elementType) == 0 } }
        try meter.step(text.count)
        let key = DocumentOrder.key(text[...])
        var found: [Bool] = []
        for place in self[row] {
            guard case .bytes(let document) = value(place) else {
                found.append(false)
                continue
            }
            try meter.step(document.count)
            found.append(DocumentOrder.key(document[...]) == key)
        }
        return found
    }
}
