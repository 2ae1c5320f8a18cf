internal import Glibc
import ColumnStore

/// A key of a grouping of which each group of the keys before it has one value, as the name beside a customer's number: values are kept by group and rows are compared with
/// them, which takes neither a hash nor tables of values and pairs. A row that has another value ends it.
///
/// Texts that all come with one dictionary, as those of a join's right side do, stay where they lie: a group has its code.
///
/// Unlike `KeyTable` it never searches: which group a row is in is known from the keys before it, and the row only has to
/// agree.
///
/// Invariants:
/// 1. `isNull` has an entry a group; so has `texts` or `integers`, whichever the type takes. Under a NULL it is empty, or
///    0. While `dictionary` is there, it is `codes` in the place of `texts`, which is empty.
/// 2. Once `take` was false, groups from `settledCount` on may have come from the rows that ended it: only `settled` is to
///    be read then.
struct DependentKey {
    private let type: ColumnType
    private var texts = ByteArrays()
    private var integers: [Int64] = []
    private var codes: [UInt32] = []
    /// The one that all rows so far came with; nil once they came with several, or flat.
    private var dictionary: DictionaryValues?
    /// Of the texts of all groups.
    private var heldByteCount = 0
    /// By group.
    private var isNull: [Bool] = []
    private var hasNull = false
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
    /// Codes are put out as they are, and the dictionary is another's, or stays for them alone once their rows are gone.
    var byteCount: Int {
        texts.bytes.capacity + ColumnBatch.copied(texts.bytes.count) + texts.offsets.capacity * 4 + integers.capacity * 8 + isNull.capacity
            + codes.capacity * 4 + (dictionary?.heldByteCount ?? 0)
    }

    /// What the rows of `column` may take at most while they are compared, and what the values take as those of a table, beside these, should a row not agree.
    ///
    /// The values of a table are asked for beside because a row that does not agree has them numbered at once, in the same
    /// batch.
    func growth(by column: Column) -> Int {
        let (total, textByteCount) = (count + column.count, type.isBytes ? heldByteCount + column.flatByteCountBound : 0)
        guard type.isBytes else {
            return isNull.growth(to: total) + integers.growth(to: total) * 8 + 2 * IntegerTable().growth(by: total) + total * 16
        }
        let own = isNull.growth(to: total) + codes.growth(to: total) * 4 + texts.offsets.growth(to: total + 1) * 4 + texts.bytes.growth(to: textByteCount)
        // What stays where it lies is laid out, should a row come with another dictionary.
        let copies = dictionary == nil ? 0 : ColumnBatch.copied(heldByteCount)
        let dictionaryByteCount: Int = if count == 0, case .dictionary(_, let dictionary) = column.values { dictionary.heldByteCount } else { 0 }
        return own + copies + dictionaryByteCount + ByteTable().growth(by: total, byteCount: textByteCount) + IntegerTable().growth(by: total) + total * 16
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
        if let dictionary { return Column(type: type, count: count, validity: validity, values: .dictionary(codes: codes, dictionary)) }
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

    private mutating func takeTexts(_ column: Column, _ groups: [UInt32]) -> Bool {
        guard case .dictionary(let codes, let dictionary) = column.values else {
            return layTexts() && takeTexts(column.byteArrays(), at: nil, column.rowValidity, groups)
        }
        if count == 0 { self.dictionary = dictionary }
        if self.dictionary === dictionary { return takeCodes(codes, dictionary.values.byteArrays(), column.rowValidity, groups) }
        // Two batches of one column may have two dictionaries: texts are compared then.
        return layTexts() && takeTexts(dictionary.values.byteArrays(), at: codes, column.rowValidity, groups)
    }

    /// Lays out the texts that lie in a dictionary; false where they are too many.
    private mutating func layTexts() -> Bool {
        guard let dictionary else { return true }
        guard heldByteCount < Int(Int32.max) else { return false }
        let arrays = dictionary.values.byteArrays()
        arrays.bytes.withUnsafeBytes { bytes in
            for group in codes.indices {
                texts.append(UnsafeRawBufferPointer(rebasing: isNull[group] ? bytes[..<0] : bytes[arrays.range(at: Int(codes[group]))]))
            }
        }
        (codes, self.dictionary) = ([], nil)
        return true
    }

    /// Rows of the one dictionary. It may hold a text twice.
    private mutating func takeCodes(_ rows: [UInt32], _ entries: ByteArrays, _ validity: Bitmap?, _ groups: [UInt32]) -> Bool {
        for row in groups.indices {
            let group = Int(groups[row])
            let isPresent = validity?[row] ?? true
            if group < isNull.count {
                if isNull[group] == isPresent { return false }
                if isPresent, codes[group] != rows[row], !entries[Int(codes[group])].elementsEqual(entries[Int(rows[row])]) { return false }
                continue
            }
            guard group == isNull.count else { return false }
            codes.append(rows[row])
            if isPresent { heldByteCount += entries.range(at: Int(rows[row])).count }
            note(isPresent)
        }
        return true
    }

    /// - Parameter codes: where the text of each row is; nil for its own place.
    private mutating func takeTexts(_ arrays: ByteArrays, at codes: [UInt32]?, _ validity: Bitmap?, _ groups: [UInt32]) -> Bool {
        arrays.bytes.withUnsafeBytes { bytes in
            arrays.offsets.withUnsafeBufferPointer { offsets in
                for row in groups.indices {
                    let group = Int(groups[row])
                    let isPresent = validity?[row] ?? true
                    let entry = codes.map { Int($0[row]) } ?? row
                    let text = isPresent ? UnsafeRawBufferPointer(rebasing: bytes[Int(offsets[entry])..<Int(offsets[entry + 1])]) : UnsafeRawBufferPointer(rebasing: bytes[..<0])
                    if group < isNull.count {
                        if isNull[group] == isPresent || !isEqual(text, group) { return false }
                        continue
                    }
                    guard group == isNull.count, texts.bytes.count + text.count < Int(Int32.max) else { return false }
                    texts.append(text)
                    heldByteCount += text.count
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
