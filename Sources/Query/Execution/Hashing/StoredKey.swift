internal import Glibc
import ColumnStore

/// The values of one key column by the number of their row, which rows of batches are compared with and appended from (`RowTable`).
///
/// Invariants:
/// 1. `integers` or `texts` has an entry for each number, whichever the type takes: 0, or no bytes, under a NULL.
/// 2. `isNull` has an entry for each number, once a NULL has come.
struct StoredKey {
    let type: ColumnType
    private var integers: [Int64] = []
    private var texts = ByteArrays()
    private var isNull: [Bool]?

    init(type: ColumnType) { self.type = type }

    /// Of a DOUBLE 0 and -0 are one key and shown as they first came, of documents equal ones may have other bytes: tables of their own do that.
    static func canHold(_ type: ColumnType) -> Bool {
        switch type {
        case .double, .json, .interval, .list, .structure, .null: false
        case .boolean, .int32, .int64, .decimal, .string, .binary, .uuid, .date, .time, .timestamp, .timestampNanoseconds: true
        }
    }

    /// A batch's column, laid out flat.
    struct Rows {
        fileprivate enum Values {
            case integers([Int64])
            case texts(ByteArrays)
        }

        fileprivate let values: Values
        /// Nil where every row has a value.
        fileprivate let validity: Bitmap?

        /// Nil for decimals that lie in 128 bits.
        init?(_ column: Column) {
            let flat = column.flattened()
            if flat.type.isBytes {
                values = .texts(flat.byteArrays())
            } else {
                guard let integers = KeyTable.integers(flat) else { return nil }
                values = .integers(integers)
            }
            validity = flat.rowValidity.flatMap { $0.isAllSet ? nil : $0 }
        }

        private init(_ values: Values, _ validity: Bitmap?) { (self.values, self.validity) = (values, validity) }

        /// One row by itself.
        func row(_ row: Int) -> Rows {
            let validity = validity.map { Bitmap(repeating: $0[row], count: 1) }
            switch values {
            case .integers(let values): return Rows(.integers([values[row]]), validity)
            case .texts(let arrays): return Rows(.texts(arrays.slice(row..<row + 1)), validity)
            }
        }
    }

    private var count: Int { type.isBytes ? texts.count : integers.count }

    /// With the copies of texts that are made when the keys are put out and laid apart.
    var byteCount: Int {
        integers.capacity * 8 + texts.offsets.capacity * 4 + texts.bytes.capacity + ColumnBatch.copied(texts.bytes.count) + (isNull?.capacity ?? 0)
    }

    /// What the rows of `column` may take at most when all are new, and what they take laid out flat.
    func growth(by column: Column) -> Int {
        let total = count + column.count
        let nulls = (isNull ?? []).growth(to: total)
        guard type.isBytes else { return nulls + integers.growth(to: total) * 8 + column.count * 16 }
        let byteCount = column.flatByteCountBound
        return nulls + texts.offsets.growth(to: total + 1) * 4 + texts.bytes.growth(to: texts.bytes.count + byteCount) + byteCount + column.count * 4
    }

    // MARK: Rows

    /// Lays out memory for so many values, but for their texts.
    mutating func reserve(_ rowCount: Int) {
        if type.isBytes { texts.offsets.reserveCapacity(rowCount + 1) } else { integers.reserveCapacity(rowCount) }
    }

    /// Keeps the values of rows, in order: they get the next numbers.
    mutating func append(_ rows: Rows, at fresh: [Int32]) {
        if fresh.isEmpty { return }
        if isNull == nil, let validity = rows.validity, fresh.contains(where: { !validity[Int($0)] }) { isNull = [Bool](repeating: false, count: count) }
        if isNull != nil { for row in fresh { isNull?.append(rows.validity.map { !$0[Int(row)] } ?? false) } }
        switch rows.values {
        case .integers(let values):
            integers.append(addingCapacity: fresh.count) { added in
                if let validity = rows.validity {
                    for row in fresh { added.append(validity[Int(row)] ? values[Int(row)] : 0) }
                } else {
                    for row in fresh { added.append(values[Int(row)]) }
                }
            }
        case .texts(let arrays): append(arrays, rows.validity, at: fresh)
        }
    }

    private mutating func append(_ arrays: ByteArrays, _ validity: Bitmap?, at fresh: [Int32]) {
        arrays.bytes.withUnsafeBytes { bytes in
            for row in fresh {
                let range = validity?[Int(row)] ?? true ? arrays.range(at: Int(row)) : 0..<0
                // Offsets of 32 bits end there; a query's budget says no before.
                precondition(texts.bytes.count + range.count < Int(Int32.max), "a table of texts past 2 GiB")
                texts.append(UnsafeRawBufferPointer(rebasing: bytes[range]))
            }
        }
    }

    /// Marks the rows that differ from the values of their numbers.
    /// - Precondition: every number has a value; `differs` has a place for each row.
    func compare(_ rows: Rows, _ numbers: [UInt32], _ differs: inout [Bool]) {
        if isNull != nil || rows.validity != nil { compareNulls(rows.validity, numbers, &differs) }
        switch rows.values {
        case .integers(let values): compare(values, rows.validity, numbers, &differs)
        case .texts(let arrays): compare(arrays, rows.validity, numbers, &differs)
        }
    }

    private func compareNulls(_ validity: Bitmap?, _ numbers: [UInt32], _ differs: inout [Bool]) {
        for row in numbers.indices {
            let isNull = isNull?[Int(numbers[row])] ?? false
            if isNull == (validity?[row] ?? true) { differs[row] = true }
        }
    }

    /// What stands under a NULL is passed over: whether both are NULL has been looked at.
    private func compare(_ values: [Int64], _ validity: Bitmap?, _ numbers: [UInt32], _ differs: inout [Bool]) {
        precondition(values.count == numbers.count && differs.count == numbers.count)
        differs.withUnsafeMutableBufferPointer { differs in
            integers.withUnsafeBufferPointer { own in
                values.withUnsafeBufferPointer { values in
                    numbers.withUnsafeBufferPointer { numbers in
                        if let validity {
                            for row in values.indices where validity[row] && own[Int(numbers[row])] != values[row] { differs[row] = true }
                        } else {
                            // Without a branch: hardly a row differs, and the loads of many go on together.
                            for row in values.indices { differs[row] = differs[row] || own[Int(numbers[row])] != values[row] }
                        }
                    }
                }
            }
        }
    }

    private func compare(_ arrays: ByteArrays, _ validity: Bitmap?, _ numbers: [UInt32], _ differs: inout [Bool]) {
        precondition(arrays.count == numbers.count && differs.count == numbers.count)
        arrays.bytes.withUnsafeBytes { bytes in
            texts.bytes.withUnsafeBytes { own in
                arrays.offsets.withUnsafeBufferPointer { offsets in
                    texts.offsets.withUnsafeBufferPointer { ownOffsets in
                        for row in numbers.indices {
                            let number = Int(numbers[row])
                            let (start, ownStart) = (Int(offsets[row]), Int(ownOffsets[number]))
                            let length = Int(offsets[row + 1]) - start
                            if let validity, !validity[row] { continue }
                            guard length == Int(ownOffsets[number + 1]) - ownStart else {
                                differs[row] = true
                                continue
                            }
                            guard length > 0, let left = bytes.baseAddress, let right = own.baseAddress else { continue }
                            if memcmp(left + start, right + ownStart, length) != 0 { differs[row] = true }
                        }
                    }
                }
            }
        }
    }

    // MARK: Giving values back

    /// The values of all numbers, in order.
    func column() -> Column {
        let validity = isNull.map { Bitmap.computed($0) { !$0 } }
        switch type {
        case .boolean: return .boolean(.computed(integers) { $0 != 0 }, validity: validity)
        case _ where type.isBytes: return .text(texts, type: type, validity: validity)
        default: return .whole(integers, type: type, validity: validity)
        }
    }
}
