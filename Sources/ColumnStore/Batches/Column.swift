/// The values of one column of a batch: immutable, contiguous, shared by reference.
///
/// Invariants:
/// 1. `validity` is nil when no row is NULL, else it has `count` bits.
/// 2. Under a NULL the value is some initialised one (0, empty, an empty list): never read meaning into it.
/// 3. DECIMAL lies as `.int64` whenever its values fit, whatever the declared precision, else as `.int128`: kernels take both.
/// 4. Codes of a dictionary column lie within its dictionary, under NULLs too (so a column with rows has an entry).
public struct Column: Sendable {
    public let type: ColumnType
    public let count: Int
    public let validity: Bitmap?
    public let values: Values

    /// The forms in which values lie. A kernel switches over them once a batch, and loops over an array.
    public enum Values: Sendable {
        /// BOOLEAN.
        case bits(Bitmap)
        /// INTEGER, DATE.
        case int32([Int32])
        /// BIGINT, TIME, TIMESTAMP, DECIMAL.
        case int64([Int64])
        /// DECIMAL.
        case int128([Int128])
        case double([Double])
        case interval([Interval])
        /// VARCHAR, BLOB, UUID.
        case bytes(ByteArrays)
        /// VARCHAR, BLOB, and any fixed-width type that a file keeps in a dictionary.
        case dictionary(codes: [UInt32], DictionaryValues)
        /// `count + 1` ascending offsets into `element`, the first 0 (a slice rebases them). A NULL list is empty.
        indirect case list(offsets: [Int32], element: Column)
        /// Members in the order of the type, each of `count` rows.
        case structure([Column])
        /// Every row the same: a literal, a column that a file lacks. `.null` needs no validity.
        case constant(Value)
    }

    /// - Precondition: `values` and `validity` have `count` rows.
    public init(type: ColumnType, count: Int, validity: Bitmap? = nil, values: Values) {
        precondition(validity == nil || validity?.count == count)
        precondition(values.count == nil || values.count == count)
        assert(values.fault(count: count) == nil, "a column of \(type) with \(values.fault(count: count) ?? "")")
        self.type = type
        self.count = count
        self.validity = validity
        self.values = values
    }

    /// A column with the same value in each of `count` rows, which take no memory.
    public static func constant(_ value: Value, type: ColumnType, count: Int) -> Column {
        Column(type: type, count: count, values: .constant(value))
    }

    /// - Precondition: `row` is 0 ..< `count`.
    public func isNull(at row: Int) -> Bool {
        if case .constant(let value) = values { return value.isNull }
        guard let validity else { return false }
        return !validity[row]
    }

    /// - Complexity: O(words of the validity).
    public var nullCount: Int {
        if case .constant(let value) = values { return value.isNull ? count : 0 }
        return validity.map { count - $0.setCount } ?? 0
    }

    /// The same values under another type with the same form in memory (BIGINT as TIMESTAMP, a decimal's wider precision).
    ///
    /// Nothing is copied or converted: the caller must know that the numbers mean the same.
    public func retyped(_ type: ColumnType) -> Column {
        Column(type: type, count: count, validity: validity, values: values)
    }
}

extension Column.Values {
    /// The number of rows; nil for a constant, which may stand for any number.
    public var count: Int? {
        switch self {
        case .bits(let bits): bits.count
        case .int32(let values): values.count
        case .int64(let values): values.count
        case .int128(let values): values.count
        case .double(let values): values.count
        case .interval(let values): values.count
        case .bytes(let arrays): arrays.count
        case .dictionary(let codes, _): codes.count
        case .list(let offsets, _): offsets.count - 1
        case .structure(let members): members.first?.count
        case .constant: nil
        }
    }
}

/// Byte strings end to end: `offsets[i] ..< offsets[i + 1]` of `bytes` is string `i`.
///
/// Invariant: `count + 1` ascending offsets from 0 to `bytes.count`, which stays below 2 GiB.
public struct ByteArrays: Sendable {
    public var offsets: [Int32]
    public var bytes: [UInt8]

    public init() {
        offsets = [0]
        bytes = []
    }

    public init(offsets: [Int32], bytes: [UInt8]) {
        precondition(!offsets.isEmpty && Int(offsets[offsets.count - 1]) == bytes.count)
        self.offsets = offsets
        self.bytes = bytes
        assert(fault == nil, "byte arrays with \(fault ?? "")")
    }

    public var count: Int { offsets.count - 1 }

    public func range(at index: Int) -> Range<Int> { Int(offsets[index])..<Int(offsets[index + 1]) }
    public subscript(index: Int) -> ArraySlice<UInt8> { bytes[range(at: index)] }

    public mutating func append(_ string: some Collection<UInt8>) {
        bytes.append(contentsOf: string)
        offsets.append(Int32(bytes.count))
    }

    /// Not generic: the other one is not specialised for callers in other modules.
    public mutating func append(_ string: UnsafeRawBufferPointer) {
        bytes.append(contentsOf: string)
        offsets.append(Int32(bytes.count))
    }
}

/// The distinct values behind a column's codes, shared by every batch of a column chunk, so that work done once for an entry
/// (a comparison, a hash, a group's number) serves all rows: key caches by `ObjectIdentifier`.
public final class DictionaryValues: Sendable {
    /// No NULL among them, no dictionary, no constant. Usually distinct, but a foreign file may repeat an entry.
    public let values: Column
    /// Bytes of the largest entry.
    public let flatByteCountMax: Int
    /// Bytes that whoever keeps it longer than the rows that came with it charges; 0 where another owner has it as long as it is asked for, and has charged it.
    public let heldByteCount: Int

    /// - Parameters:
    ///   - isOwn: whether it was made for the rows that use it, and is freed with them.
    ///   - isPassing: whether its owner lets go of it once those rows have gone by, as who reads a row group does.
    public init(values: Column, isOwn: Bool = false, isPassing: Bool = false) {
        assert(values.values.typed != nil && values.nullCount == 0, "a dictionary of \(values.type) whose entries are nested, constant, NULL or codes again")
        self.values = values
        var byteCountMax = 16
        if case .bytes(let arrays) = values.values {
            var longest: Int32 = 0
            for index in 0..<arrays.count { longest = max(longest, arrays.offsets[index + 1] &- arrays.offsets[index]) }
            byteCountMax = Int(longest)
        }
        flatByteCountMax = byteCountMax
        heldByteCount = isOwn || isPassing ? values.flatByteCountBound : 0
    }

    public var count: Int { values.count }
}

/// Rows of several columns, as they flow through a scan and a query.
public struct ColumnBatch: Sendable {
    /// The usual number of rows. Larger than a vector of L1 size, because each kernel call costs a dispatch and a few
    /// allocations in Swift; 8,192 values of 8 bytes are 64 KiB, and a handful of columns stay in L2. Unnested batches may be larger.
    public static let targetRowCount = 8_192

    public let rowCount: Int
    public let columns: [Column]

    /// - Precondition: every column has `rowCount` rows.
    public init(rowCount: Int, columns: [Column]) {
        precondition(columns.allSatisfy { $0.count == rowCount })
        self.rowCount = rowCount
        self.columns = columns
    }
}
