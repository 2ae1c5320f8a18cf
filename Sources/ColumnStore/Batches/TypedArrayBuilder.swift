/// A typed array while it grows: whatever gathers values (a column, a leaf that is read or written) has one of these, and appends to its arrays.
///
/// Invariant: but for the one that `kind` names, all arrays are empty.
struct TypedArrayBuilder: Sendable {
    private(set) var kind: TypedArray.Kind
    // One of these is in use, by `kind`. Stored apart, not as payloads of an enum: taking a payload out to append to it and putting it back copied
    // the whole array for each value in release builds.
    var bits = BitBuilder()
    var int32s: [Int32] = []
    var int64s: [Int64] = []
    var int128s: [Int128] = []
    var doubles: [Double] = []
    var intervals: [Interval] = []
    var arrays = ByteArrays()

    init(_ kind: TypedArray.Kind) { self.kind = kind }

    var count: Int {
        switch kind {
        case .bits: bits.count
        case .int32: int32s.count
        case .int64: int64s.count
        case .int128: int128s.count
        case .double: doubles.count
        case .interval: intervals.count
        case .bytes: arrays.count
        }
    }

    /// About what the values take in memory.
    /// Bits count as a byte each.
    var byteCount: Int { count * kind.slotByteCount + arrays.bytes.count }

    /// Makes room for as many values in all, and for the bytes of byte arrays.
    ///
    /// Bits grow by words, and need no room beforehand.
    mutating func reserve(_ count: Int, byteCount: Int = 0) {
        switch kind {
        case .bits: break
        case .int32: int32s.reserveCapacity(count)
        case .int64: int64s.reserveCapacity(count)
        case .int128: int128s.reserveCapacity(count)
        case .double: doubles.reserveCapacity(count)
        case .interval: intervals.reserveCapacity(count)
        case .bytes:
            arrays.offsets.reserveCapacity(count + 1)
            if byteCount > 0 { arrays.bytes.reserveCapacity(byteCount) }
        }
    }

    /// The value that stands under a NULL.
    mutating func appendPlaceholder() {
        switch kind {
        case .bits: bits.append(0, 1)
        case .int32: int32s.append(0)
        case .int64: int64s.append(0)
        case .int128: int128s.append(0)
        case .double: doubles.append(0)
        case .interval: intervals.append(Interval())
        case .bytes: arrays.append(EmptyCollection())
        }
    }

    /// Decimals that no longer fit in 64 bits.
    /// - Precondition: the kind is `.int64`.
    mutating func widen() {
        precondition(kind == .int64)
        int128s = int64s.map { Int128($0) }
        int64s = []
        kind = .int128
    }

    /// Appends all of `added`, or the rows of it that are numbered.
    ///
    /// - Returns: false, with nothing appended, where it is of another kind. Decimals of 64 bits become those of 128; the other way round is the
    ///   caller's to decide.
    /// - Parameter rows: places in `added`, in the order in which they are wanted; nil for all of it.
    /// - Precondition: byte arrays stay below 2 GiB together.
    mutating func append(contentsOf added: TypedArray, rows: [Int32]? = nil) -> Bool {
        switch (kind, added) {
        case (.bits, .bits(let more)): append(more, rows)
        case (.int32, .int32(let more)): Self.append(more, rows, to: &int32s)
        case (.int64, .int64(let more)): Self.append(more, rows, to: &int64s)
        case (.int128, .int128(let more)): Self.append(more, rows, to: &int128s)
        case (.int128, .int64(let more)):
            if let rows {
                for row in rows { int128s.append(Int128(more[Int(row)])) }
            } else {
                int128s.append(contentsOf: more.lazy.map { Int128($0) })
            }
        case (.double, .double(let more)): Self.append(more, rows, to: &doubles)
        case (.interval, .interval(let more)): Self.append(more, rows, to: &intervals)
        case (.bytes, .bytes(let more)): append(more, rows)
        default: return false
        }
        return true
    }

    /// Numbers, whole or row by row.
    @inline(__always)
    private static func append<Element: BitwiseCopyable>(_ values: [Element], _ rows: [Int32]?, to mine: inout [Element]) {
        guard let rows else {
            mine.append(contentsOf: values)
            return
        }
        mine.reserveCapacity(mine.count + rows.count)
        for row in rows { mine.append(values[Int(row)]) }
    }

    private mutating func append(_ more: Bitmap, _ rows: [Int32]?) {
        if let rows {
            for row in rows { bits.append(more[Int(row)] ? 1 : 0, 1) }
        } else {
            bits.append(contentsOf: more)
        }
    }

    /// Strings: their bytes in one copy, and their ends moved by what stands before them.
    private mutating func append(_ more: ByteArrays, _ rows: [Int32]?) {
        guard let rows else {
            let base = Int32(arrays.bytes.count)
            arrays.bytes.append(contentsOf: more.bytes)
            arrays.offsets.append(contentsOf: more.offsets.dropFirst().lazy.map { $0 + base })
            return
        }
        more.bytes.withUnsafeBytes { bytes in
            for row in rows { arrays.append(UnsafeRawBufferPointer(rebasing: bytes[more.range(at: Int(row))])) }
        }
    }

    /// The values so far, which stay.
    var array: TypedArray {
        switch kind {
        case .bits: .bits(bits.bitmap)
        case .int32: .int32(int32s)
        case .int64: .int64(int64s)
        case .int128: .int128(int128s)
        case .double: .double(doubles)
        case .interval: .interval(intervals)
        case .bytes: .bytes(arrays)
        }
    }

    /// The values so far; the builder begins anew, without memory.
    mutating func take() -> TypedArray {
        let taken = array
        self = TypedArrayBuilder(kind)
        return taken
    }

    /// Begins anew, and keeps the memory where nobody else holds it.
    mutating func removeAll() {
        bits.removeAll()
        int32s.removeAll(keepingCapacity: true)
        int64s.removeAll(keepingCapacity: true)
        int128s.removeAll(keepingCapacity: true)
        doubles.removeAll(keepingCapacity: true)
        intervals.removeAll(keepingCapacity: true)
        arrays.bytes.removeAll(keepingCapacity: true)
        arrays.offsets.removeAll(keepingCapacity: true)
        arrays.offsets.append(0)
    }
}
