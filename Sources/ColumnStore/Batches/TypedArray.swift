/// Values end to end, of one of the kinds in which they lie in memory: a leaf's, a page's, a column's that is neither nested nor a dictionary's. The payload
/// is shared by reference; nothing here copies it.
///
/// `Column.Values` has the same kinds and those that are made of others; the two are turned into each other without a copy.
enum TypedArray: Sendable {
    /// The kinds in which values lie; `ColumnBuilder.init` and `LeafConversion.kind` say which type has which.
    enum Kind: Sendable, CaseIterable {
        case bits, int32, int64, int128, double, interval, bytes

        /// What a slot takes in memory, rounded up; of byte arrays the offset or code.
        var slotByteCount: Int {
            switch self {
            case .bits: 1
            case .int32, .bytes: 4
            case .int64, .double: 8
            case .int128, .interval: 16
            }
        }
    }

    case bits(Bitmap)
    case int32([Int32])
    case int64([Int64])
    case int128([Int128])
    case double([Double])
    case interval([Interval])
    case bytes(ByteArrays)

    var kind: Kind {
        switch self {
        case .bits: .bits
        case .int32: .int32
        case .int64: .int64
        case .int128: .int128
        case .double: .double
        case .interval: .interval
        case .bytes: .bytes
        }
    }

    var count: Int {
        switch self {
        case .bits(let bits): bits.count
        case .int32(let values): values.count
        case .int64(let values): values.count
        case .int128(let values): values.count
        case .double(let values): values.count
        case .interval(let values): values.count
        case .bytes(let arrays): arrays.count
        }
    }
}

extension Column.Values {
    init(_ array: TypedArray) {
        switch array {
        case .bits(let bits): self = .bits(bits)
        case .int32(let values): self = .int32(values)
        case .int64(let values): self = .int64(values)
        case .int128(let values): self = .int128(values)
        case .double(let values): self = .double(values)
        case .interval(let values): self = .interval(values)
        case .bytes(let arrays): self = .bytes(arrays)
        }
    }

    /// Nil for lists, structs, dictionaries and constants.
    var typed: TypedArray? {
        switch self {
        case .bits(let bits): .bits(bits)
        case .int32(let values): .int32(values)
        case .int64(let values): .int64(values)
        case .int128(let values): .int128(values)
        case .double(let values): .double(values)
        case .interval(let values): .interval(values)
        case .bytes(let arrays): .bytes(arrays)
        case .dictionary, .list, .structure, .constant: nil
        }
    }
}
