internal import Glibc
import ColumnStore

/// A key of a grouping of which each group of the keys before it has one value, as the name beside a customer's number: values are kept by group and rows are compared with
/// them, which takes neither a hash nor tables of values and pairs. A row that has another value ends it.
///
/// Unlike `KeyTable` it never searches: which group a row is in is known from the keys before it, and the row only has to
/// agree.
///
/// Invariants:
/// 1. `isNull` has an entry a group; so has `texts` or `integers`, whichever the type takes. Under a NULL it is empty, or
///    0.
/// 2. Once `take` was false, groups from `settledCount` on may have come from the rows that ended it: only `settled` is to
///    be read then.
struct DependentKey {
    private let type: ColumnType
    private var texts = ByteArrays()
    private var integers: [Int64] = []
    /// By group.
    private var isNull: [Bool] = []
    private var hasNull = false
    /// The first dictionary that texts came in, as that of a join's column, which is one for all rows; and each group's code in it, `noCode` where its text came otherwise. Rows of the
    /// same code need no look at their texts.
    private var dictionary: DictionaryValues?
    private var codes: [UInt32] = []
    private static let noCode = UInt32.max
    /// Of the groups, those that came with earlier rows.
    private var settledCount = 0

    /// Nil for types that are always numbered: of texts that are no documents, and of whole numbers and decimals in 64 bits, equal values are the same bytes.
    init?(type: ColumnType) {
        switch type {
        case .double, .boolean, .interval, .json, .list, .structure, .null: return nil
        default: self.type = type
        }
    }

    /// Of the groups before it.
    var count: Int { isNull.count }
    /// With the copies of texts that are made when the keys are put out, as those of `KeyTable` are.
    var byteCount: Int { texts.bytes.capacity + ColumnBatch.copied(texts.bytes.count) + texts.offsets.capacity * 4 + integers.capacity * 8 + isNull.capacity + codes.capacity * 4 }

    /// What the rows of `column` may take at most while they are compared, and what the values take as those of a table, beside these, should a row not agree.
    ///
    /// The values of a table are asked for beside because a row that does not agree has them numbered at once, in the same
    /// batch.
    func growth(by column: Column) -> Int {
        let (total, textByteCount) = (count + column.count, type.isBytes ? column.flatByteCountBound : 0)
        let own = isNull.growth(to: total) + (type.isBytes
            ? codes.growth(to: total) * 4 + texts.offsets.growth(to: total + 1) * 4 + texts.bytes.growth(to: texts.bytes.count + textByteCount) : integers.growth(to: total) * 8)
        let table = type.isBytes ? ByteTable().growth(by: total, byteCount: texts.bytes.count + textByteCount) : IntegerTable().growth(by: total)
        return own + table + IntegerTable().growth(by: total) + total * 16
    }

    /// Compares rows with the values of their groups; those of new groups become theirs.
    ///
    /// - Parameter groups: by row; new ones in the order in which they first come.
    /// - Returns: false when a row has another value than its group, or lies as none can here: the key is to be numbered by itself from then on.
    mutating func take(_ column: Column, _ groups: [UInt32]) -> Bool {
        guard type.isBytes ? takeTexts(column, groups) : takeIntegers(column, groups) else { return false }
        settledCount = count
        return true
    }

    /// The values of the groups that came before the rows that ended it.
    func settled() -> Column { values().slice(0..<settledCount) }

    /// By group.
    /// The value of each group, in the order of their numbers.
    func values() -> Column {
        var validity: Bitmap?
        if hasNull {
            var bits = Bitmap(repeating: true, count: count)
            for group in isNull.indices where isNull[group] { bits[group] = false }
            validity = bits
        }
        return type.isBytes ? .text(texts, type: type, validity: validity) : .whole(integers, type: type, validity: validity)
    }

    /// Whole numbers and decimals in 64 bits; false for decimals that lie in 128.
    private mutating func takeIntegers(_ column: Column, _ groups: [UInt32]) -> Bool {
        guard let values = KeyTable.integers(column) else { return false }
        let validity = column.rowValidity
        for row in groups.indices {
            let group = Int(groups[row])
            let isPresent = validity?[row] ?? true
            if group < isNull.count {
                // Two NULLs agree, as they do in GROUP BY.
                if isNull[group] ? isPresent : !isPresent || integers[group] != values[row] { return false }
                continue
            }
            guard group == isNull.count else { return false }
            integers.append(isPresent ? values[row] : 0)
            note(isPresent)
        }
        return true
    }

    /// Codes of other dictionaries than the first are looked up, not compared: two batches of one column may have two.
    private mutating func takeTexts(_ column: Column, _ groups: [UInt32]) -> Bool {
        if case .dictionary(let codes, let dictionary) = column.values {
            if self.dictionary == nil { self.dictionary = dictionary }
            return takeTexts(dictionary.values.byteArrays(), at: codes, isFirst: self.dictionary === dictionary, column.rowValidity, groups)
        }
        return takeTexts(column.byteArrays(), at: nil, isFirst: false, column.rowValidity, groups)
    }

    /// - Parameter rowCodes: where the text of each row is; nil for its own place.
    /// - Parameter isFirst: whether these are codes of `dictionary`.
    private mutating func takeTexts(_ arrays: ByteArrays, at rowCodes: [UInt32]?, isFirst: Bool, _ validity: Bitmap?, _ groups: [UInt32]) -> Bool {
        arrays.bytes.withUnsafeBytes { bytes in
            arrays.offsets.withUnsafeBufferPointer { offsets in
                for row in groups.indices {
                    let group = Int(groups[row])
                    let isPresent = validity?[row] ?? true
                    let entry = rowCodes.map { Int($0[row]) } ?? row
                    // A dictionary may have a text twice, so that another code says nothing.
                    if isFirst, isPresent, group < codes.count, codes[group] == UInt32(truncatingIfNeeded: entry) { continue }
                    let text = isPresent ? UnsafeRawBufferPointer(rebasing: bytes[Int(offsets[entry])..<Int(offsets[entry + 1])]) : UnsafeRawBufferPointer(rebasing: bytes[..<0])
                    if group < isNull.count {
                        if isNull[group] == isPresent || !isEqual(text, group) { return false }
                        continue
                    }
                    guard group == isNull.count, texts.bytes.count + text.count < Int(Int32.max) else { return false }
                    texts.append(text)
                    codes.append(isFirst && isPresent ? UInt32(truncatingIfNeeded: entry) : Self.noCode)
                    note(isPresent)
                }
                return true
            }
        }
    }

    /// A new group's value was kept: whether it is one.
    private mutating func note(_ isPresent: Bool) {
        isNull.append(!isPresent)
        if !isPresent { hasNull = true }
    }

    @inline(__always)
    private func isEqual(_ text: UnsafeRawBufferPointer, _ group: Int) -> Bool {
        let range = texts.range(at: group)
        guard range.count == text.count else { return false }
        guard let other = text.baseAddress, !range.isEmpty else { return true }
        return texts.bytes.withUnsafeBytes { own in own.baseAddress.map { memcmp($0 + range.lowerBound, other, range.count) == 0 } ?? false }
    }
}
