import ColumnStore

/// Numbers the distinct values of one key column, NULL among them, in the order in which they first come.
///
/// Whatever fits 64 bits is numbered by one table, texts and what is written as bytes (lists, rows, documents) by another, wide decimals and intervals by a Swift dictionary, since they are
/// seldom. As long as one table alone gives numbers, its own are the column's, and rows cost no translation; with the first NULL or wide value between them `codeOfEntry` begins.
///
/// The way a column lies decides nothing: codes, constants and flat values of one column get the same numbers.
///
/// Invariants:
/// 1. Codes are 0 ..< `count`, each of a value, or of NULL when `nullCode` is not `missing`.
/// 2. `codeOfEntry` is empty, and the codes are the table's; or it has a code for each entry of the one table that the type
///    uses.
/// 3. Values of 64 bits are never in `wide`: a decimal is found whichever way its column lies.
/// 4. `intervals[i]` is the first interval of the span `wideValues[i].value`; `nested[i]` the first value of entry i of
///    `bytes`.
struct KeyTable {
    let type: ColumnType
    private var integers = IntegerTable()
    private var bytes = ByteTable()
    /// Decimals past 64 bits and spans of intervals.
    private var wide: [Int128: UInt32] = [:]
    private var wideValues: [(code: UInt32, value: Int128)] = []
    /// As they are shown: '1 month' and '30 days' are one key.
    private var intervals: [Interval] = []
    private var nested: [Value] = []
    private var nestedByteCount = 0
    /// From the code of a table to the code of the column, where they differ: a NULL or a wide value came between.
    private var codeOfEntry: [UInt32] = []
    private(set) var count = 0
    /// `missing` while no NULL has come.
    private var nullCode = IntegerTable.missing

    /// Zero came first with a minus: shown so, though it is the same key.
    private var zeroIsNegative = false
    private var sawZero = false

    static let missing = IntegerTable.missing

    init(type: ColumnType) { self.type = type }

    /// With the copies of texts that are made when the keys are put out: as columns, and laid apart.
    var byteCount: Int {
        integers.byteCount + bytes.byteCount + ColumnBatch.copied(bytes.textByteCount) + wide.count * 48 + codeOfEntry.capacity * 4 + intervals.count * 16 + nested.count * 64 + nestedByteCount
    }

    /// What the rows of `column` may take at most while they are given codes.
    /// - Complexity: O(1), but for nested columns.
    func growth(by column: Column) -> Int {
        let codes = codeOfEntry.growth(to: count + column.count) * 4
        switch kind {
        case .integer, .real, .boolean:
            var wide = 0
            if case .int128 = column.values { wide = column.count * Self.wideByteCount }
            return codes + integers.growth(by: column.count) + wide
        case .bytes:
            guard case .dictionary(_, let dictionary) = column.values else {
                return codes + bytes.growth(by: column.count, byteCount: column.flatByteCountBound)
            }
            let byteCount = min(column.flatByteCountBound, dictionary.values.flatByteCountBound)
            return codes + bytes.growth(by: min(column.count, dictionary.count), byteCount: byteCount)
        case .interval: return column.count * Self.wideByteCount
        case .nested:
            let byteCount = column.flatByteCount
            let keyByteCount = DocumentOrder.byteCountBound(byteCount) + column.count * 16
            return codes + bytes.growth(by: column.count, byteCount: keyByteCount) + nested.growth(to: nested.count + column.count) * 64 + 2 * byteCount
        }
    }

    /// Of a value in a Swift dictionary, which is there twice while it grows, and beside it.
    private static let wideByteCount = 128

    private enum Kind { case integer, real, boolean, bytes, interval, nested }

    private var kind: Kind {
        switch type {
        case .boolean: .boolean
        case .double: .real
        case .string, .binary, .uuid: .bytes
        case .interval: .interval
        // Of documents that are equal the first is shown.
        case .list, .structure, .json: .nested
        default: .integer
        }
    }

    // MARK: Giving codes

    /// One code a row; values not seen get new ones.
    /// - Parameter cache: of the dictionary that the column has codes into; for this table alone.
    mutating func assign(_ column: Column, cache: inout DictionaryCodes) -> [UInt32] {
        if let value = column.constantValue {
            // One value for all rows is numbered once.
            let code = column.count == 0 ? 0 : value.isNull ? null() : assignFlat(Column.constant(value, type: type, count: 1).flattened())[0]
            return [UInt32](repeating: code, count: column.count)
        }
        guard case .dictionary(let codes, let dictionary) = column.values else { return assignFlat(column) }
        let missing = cache.unknown(codes, column.validity, dictionary)
        // Entries that no row uses are given no code: they would be groups without rows.
        if !missing.isEmpty {
            cache.learn(missing, assignFlat(dictionary.values.retyped(type).gathering(missing)))
        }
        // NULL is given a code only when there is one: a code without rows would be a group without rows.
        let hasNull = column.nullCount > 0
        return cache.map(codes, column.validity, null: hasNull ? null() : 0)
    }

    private mutating func null() -> UInt32 {
        if nullCode == Self.missing { nullCode = newCode() }
        return nullCode
    }

    private mutating func newCode() -> UInt32 {
        count += 1
        return UInt32(count - 1)
    }

    private mutating func assignFlat(_ column: Column) -> [UInt32] {
        if column.count == 0 { return [] }
        var codes = [UInt32](repeating: 0, count: column.count)
        let validity = column.rowValidity
        switch kind {
        case .integer, .real, .boolean:
            if kind == .real, !sawZero { noteZero(column.doubles(), validity) }
            if let narrow = Self.integers(column) { assignIntegers(narrow, validity, &codes) } else { assignWide(column, validity, &codes) }
        case .bytes: assignBytes(column.byteArrays(), validity, &codes)
        case .interval:
            let values = column.intervals()
            for row in values.indices {
                guard validity?[row] ?? true else {
                    codes[row] = null()
                    continue
                }
                codes[row] = assignWide(values[row].span)
                // A new span, whose first interval this is.
                if codes[row] == count - 1, intervals.count < wideValues.count { intervals.append(values[row]) }
            }
        case .nested:
            for row in 0..<column.count {
                guard validity?[row] ?? true else {
                    codes[row] = null()
                    continue
                }
                var key: [UInt8] = []
                let value = column.value(at: row)
                ValueKey.append(value, type, to: &key)
                let entry = key.withUnsafeBytes { bytes.assign($0) }
                // The value's bytes were new to the table: it is kept as it came, since its key does not lead back to it.
                if Int(entry) == codeOfEntry.count {
                    codeOfEntry.append(newCode())
                    nested.append(value)
                    nestedByteCount += 2 * value.flatByteCount
                }
                codes[row] = codeOfEntry[Int(entry)]
            }
        }
        return codes
    }

    /// Remembers the sign of the first zero.
    private mutating func noteZero(_ values: [Double], _ validity: Bitmap?) {
        guard let first = values.indices.first(where: { values[$0] == 0 && validity?[$0] ?? true }) else { return }
        (sawZero, zeroIsNegative) = (true, values[first].sign == .minus)
    }

    /// Values as 64-bit integers of one to one; nil when a decimal does not fit.
    /// DOUBLE as its canonical bits, BOOLEAN as 0 or 1, moments in their own unit. What stands under a NULL comes along.
    static func integers(_ column: Column) -> [Int64]? {
        switch column.type {
        case .double: return column.doubles().map { HashKernels.canonicalBits($0) }
        case .boolean:
            let bits = column.bitmap()
            return (0..<column.count).map { bits[$0] ? 1 : 0 }
        default:
            if case .int128 = column.values { return nil }
            return column.integers()
        }
    }

    /// Only rows with a value go into the table: what stands under a NULL would be a key.
    private mutating func assignIntegers(_ values: [Int64], _ validity: Bitmap?, _ codes: inout [UInt32]) {
        guard let validity, !validity.isAllSet else { return assignPresent(values, &codes) }
        let rows = validity.setIndices()
        let present = rows.map { values[Int($0)] }
        var found = [UInt32](repeating: 0, count: rows.count)
        assignPresent(present, &found)
        scatter(found, to: rows, &codes)
    }

    /// Codes of the rows that have a value put back to their places; all others are NULL.
    private mutating func scatter(_ found: [UInt32], to rows: [Int32], _ codes: inout [UInt32]) {
        let null = null()
        for row in codes.indices { codes[row] = null }
        for index in rows.indices { codes[Int(rows[index])] = found[index] }
    }

    private mutating func assignPresent(_ values: [Int64], _ codes: inout [UInt32]) {
        let before = integers.count
        values.withUnsafeBufferPointer { values in
            codes.withUnsafeMutableBufferPointer { integers.assign(values, into: $0) }
        }
        settle(before, integers.count, &codes)
    }

    /// Turns the codes that a table gave into the column's.
    /// - Parameter before: entries of the table before these rows, `entryCount` after them.
    private mutating func settle(_ before: Int, _ entryCount: Int, _ codes: inout [UInt32]) {
        // As long as only this table gives codes, its own are the column's.
        if codeOfEntry.isEmpty, count == before {
            count = entryCount
            return
        }
        // The first code that is not the table's own has come since: up to there code and entry were the same.
        if codeOfEntry.count < before { for entry in codeOfEntry.count..<before { codeOfEntry.append(UInt32(entry)) } }
        while codeOfEntry.count < entryCount { codeOfEntry.append(newCode()) }
        for row in codes.indices { codes[row] = codeOfEntry[Int(codes[row])] }
    }

    /// Row by row: such columns are rare.
    private mutating func assignWide(_ column: Column, _ validity: Bitmap?, _ codes: inout [UInt32]) {
        let values = column.wideIntegers()
        for row in values.indices {
            guard validity?[row] ?? true else {
                codes[row] = null()
                continue
            }
            if let narrow = Int64(exactly: values[row]) {
                var single: [UInt32] = [0]
                assignPresent([narrow], &single)
                codes[row] = single[0]
            } else {
                codes[row] = assignWide(values[row])
            }
        }
    }

    private mutating func assignWide(_ value: Int128) -> UInt32 {
        if let known = wide[value] { return known }
        let code = newCode()
        wide[value] = code
        wideValues.append((code, value))
        return code
    }

    private mutating func assignBytes(_ arrays: ByteArrays, _ validity: Bitmap?, _ codes: inout [UInt32]) {
        let before = bytes.count
        guard let validity, !validity.isAllSet else {
            codes.withUnsafeMutableBufferPointer { bytes.assign(arrays, into: $0) }
            return settle(before, bytes.count, &codes)
        }
        let rows = validity.setIndices()
        var found = [UInt32](repeating: 0, count: rows.count)
        found.withUnsafeMutableBufferPointer { bytes.assign(arrays, rows: rows, into: $0) }
        settle(before, bytes.count, &found)
        scatter(found, to: rows, &codes)
    }

    // MARK: Finding codes

    /// One code a row; `missing` for values not in the table, NULL too when `nullsMatch` is off.
    ///
    /// Changes nothing in the table; a cache must not have seen `assign` of another table, nor this one before it was
    /// whole.
    func find(_ column: Column, nullsMatch: Bool, cache: inout DictionaryCodes) -> [UInt32] {
        let nullResult = nullsMatch ? nullCode : Self.missing
        if let value = column.constantValue {
            let code = value.isNull || column.count == 0 ? nullResult : findFlat(Column.constant(value, type: type, count: 1).flattened(), nullResult)[0]
            return [UInt32](repeating: code, count: column.count)
        }
        guard case .dictionary(let codes, let dictionary) = column.values else { return findFlat(column, nullResult) }
        let unknown = cache.unknown(codes, column.validity, dictionary)
        if !unknown.isEmpty { cache.learn(unknown, findFlat(dictionary.values.retyped(type).gathering(unknown), nullResult)) }
        return cache.map(codes, column.validity, null: nullResult)
    }

    private func findFlat(_ column: Column, _ nullResult: UInt32) -> [UInt32] {
        var codes = [UInt32](repeating: Self.missing, count: column.count)
        let validity = column.rowValidity
        switch kind {
        case .integer, .real, .boolean:
            if let narrow = Self.integers(column) {
                narrow.withUnsafeBufferPointer { narrow in
                    codes.withUnsafeMutableBufferPointer { integers.find(narrow, into: $0) }
                }
                translate(&codes)
            } else {
                let values = column.wideIntegers()
                for row in values.indices {
                    if let narrow = Int64(exactly: values[row]) {
                        let entry = integers.find(narrow)
                        codes[row] = entry == Self.missing || codeOfEntry.isEmpty ? entry : codeOfEntry[Int(entry)]
                    } else {
                        codes[row] = wide[values[row]] ?? Self.missing
                    }
                }
            }
        case .bytes:
            let arrays = column.byteArrays()
            codes.withUnsafeMutableBufferPointer { bytes.find(arrays, into: $0) }
            translate(&codes)
        case .interval:
            let values = column.intervals()
            for row in values.indices { codes[row] = wide[values[row].span] ?? Self.missing }
        case .nested:
            for row in codes.indices {
                var key: [UInt8] = []
                ValueKey.append(column.value(at: row), type, to: &key)
                let entry = key.withUnsafeBytes { bytes.find($0) }
                if entry != Self.missing { codes[row] = codeOfEntry[Int(entry)] }
            }
        }
        // What stands under a NULL may have found a code.
        if let validity { for row in codes.indices where !validity[row] { codes[row] = nullResult } }
        return codes
    }

    private func translate(_ codes: inout [UInt32]) {
        if codeOfEntry.isEmpty { return }
        for row in codes.indices where codes[row] != Self.missing { codes[row] = codeOfEntry[Int(codes[row])] }
    }

    // MARK: Giving values back

    /// The values of all codes, in order.
    func values() -> Column {
        if type == .null { return .constant(.null, type: type, count: count) }
        var validity: Bitmap?
        if nullCode != Self.missing {
            var bits = Bitmap(repeating: true, count: count)
            bits[Int(nullCode)] = false
            validity = bits
        }
        switch kind {
        case .integer, .real, .boolean: return wholeValues(validity)
        case .bytes:
            if bytes.count == 0 { return .constant(.null, type: type, count: count) }
            if count == bytes.count { return .text(bytes.values, type: type, validity: validity) }
            var rows = [Int32](repeating: 0, count: count)
            // NULL's code has no entry and keeps row 0, which its validity hides.
            for entry in 0..<bytes.count { rows[codeOfEntry.isEmpty ? entry : Int(codeOfEntry[entry])] = Int32(entry) }
            return .text(bytes.values.gathering(rows), type: type, validity: validity)
        case .interval:
            var values = [Interval](repeating: Interval(), count: count)
            for (index, entry) in wideValues.enumerated() { values[Int(entry.code)] = intervals[index] }
            return Column(type: type, count: count, validity: validity, values: .interval(values))
        case .nested:
            var values = [Value](repeating: .null, count: count)
            for entry in codeOfEntry.indices { values[Int(codeOfEntry[entry])] = nested[entry] }
            var builder = ColumnBuilder(type: type)
            for value in values { builder.append(value) }
            return builder.finish()
        }
    }

    private func wholeValues(_ validity: Bitmap?) -> Column {
        var values = [Int64](repeating: 0, count: count)
        if codeOfEntry.isEmpty {
            for code in integers.values.indices { values[code] = integers.values[code] }
        } else {
            for entry in codeOfEntry.indices { values[Int(codeOfEntry[entry])] = integers.values[entry] }
        }
        switch kind {
        case .real:
            return Column(
                type: type, count: count, validity: validity,
                values: .double(values.map { $0 == 0 && zeroIsNegative ? -0.0 : Double(bitPattern: UInt64(bitPattern: $0)) }))
        case .boolean: return .boolean(.computed(values) { $0 != 0 }, validity: validity)
        default:
            if wideValues.isEmpty { return .whole(values, type: type, validity: validity) }
            var wide = values.map { Int128($0) }
            for entry in wideValues { wide[Int(entry.code)] = entry.value }
            return .decimals(wide, type: type, validity: validity)
        }
    }
}

/// Codes already found for the entries of the dictionary at hand.
///
/// Batches of one column chunk share a dictionary, so that an entry is looked up once for all of them.
///
/// Invariant: `codes[e]` is the code of entry e, `unknown`, or 0 for an entry that was asked for and not yet learnt.
struct DictionaryCodes {
    private var dictionary: DictionaryValues?
    private var codes: [UInt32] = []
    /// Entries of which no code is known.
    private var unknownCount = 0
    private static let unknown = UInt32.max - 1

    var byteCount: Int { codes.capacity * 4 }

    /// Entries that rows use and no code is known of, each once.
    ///
    /// Another dictionary than the last one forgets all that was known. `learn` must follow for the entries that come back.
    /// - Complexity: O(rows); O(entries) at a dictionary's first batch; O(1) once all entries are known.
    mutating func unknown(_ rows: [UInt32], _ validity: Bitmap?, _ dictionary: DictionaryValues) -> [Int32] {
        if self.dictionary !== dictionary {
            self.dictionary = dictionary
            codes = [UInt32](repeating: Self.unknown, count: dictionary.count)
            unknownCount = dictionary.count
        }
        if unknownCount == 0 { return [] }
        var missing: [Int32] = []
        codes.withUnsafeMutableBufferPointer { codes in
            for row in rows.indices {
                let entry = Int(rows[row])
                guard codes[entry] == Self.unknown, validity?[row] ?? true else { continue }
                codes[entry] = 0
                missing.append(Int32(entry))
            }
        }
        unknownCount -= missing.count
        return missing
    }

    /// - Parameter found: the code of each of `entries`.
    mutating func learn(_ entries: [Int32], _ found: [UInt32]) {
        for index in entries.indices { codes[Int(entries[index])] = found[index] }
    }

    /// The code of each row's entry, `null` for rows without a value.
    /// - Precondition: all entries that rows use are known.
    func map(_ rows: [UInt32], _ validity: Bitmap?, null: UInt32) -> [UInt32] {
        var result = [UInt32](unsafeUninitializedCapacity: rows.count) { target, count in
            rows.withUnsafeBufferPointer { rows in
                codes.withUnsafeBufferPointer { codes in
                    for row in rows.indices {
                        precondition(Int(rows[row]) < codes.count)
                        target[row] = codes[Int(rows[row])]
                    }
                }
            }
            count = rows.count
        }
        if let validity { for row in rows.indices where !validity[row] { result[row] = null } }
        return result
    }
}
