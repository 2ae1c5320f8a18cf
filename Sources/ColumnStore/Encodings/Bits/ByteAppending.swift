/// How the encoders fill byte arrays: room first, then raw stores, so that no byte is appended one by one.
extension [UInt8] {
    /// Appends what `body` writes into room for `capacity` bytes; it returns how many it wrote.
    ///
    /// The room is not filled with zeros before, which took most of the time of small pieces: `body` writes each byte that it counts, or what the heap had there is written.
    ///
    /// - Precondition: `body` writes within its room, and returns 0…`capacity`.
    @inline(__always)
    mutating func append(capacity: Int, _ body: (UnsafeMutableRawPointer) -> Int) {
        append(addingCapacity: capacity) { room in
            room.withUnsafeMutableBufferPointer { bytes, written in
                guard let base = bytes.baseAddress else { return }
                written = body(base)
                precondition(written >= 0 && written <= capacity)
            }
        }
    }

    /// LEB128, the varint of Parquet.
    ///
    /// Seven bits a byte, the lowest first; the highest bit says that more follow. 300 is `AC 02`.
    @inline(__always)
    mutating func append(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }

    /// A signed number as a varint: 0, -1, 1, -2 become 0, 1, 2, 3, so that small ones of both signs stay short.
    mutating func append(zigzag value: Int64) {
        append(varint: UInt64(bitPattern: (value << 1) ^ (value >> 63)))
    }

    mutating func append(littleEndian value: UInt32) {
        for shift in [0, 8, 16, 24] as [UInt32] { append(UInt8(truncatingIfNeeded: value >> shift)) }
    }
}

/// Packs numbers of one width, the lowest bit first, into memory that has room for them.
///
/// The other way round of `BitUnpacking`: value `i` of width `w` comes to stand at bits `i * w ..< (i + 1) * w`. The memory is the caller's and
/// outlives the packer; nothing checks its end.
///
/// Invariants, between calls:
/// 1. `target` is the next byte to write; all before it, from `start` on, are final.
/// 2. `pending` has `pendingBitCount` bits (0…63) that are not written yet; its bits above them are 0.
struct BitPacker {
    private var target: UnsafeMutableRawPointer
    private let start: UnsafeMutableRawPointer
    private var pending: UInt64 = 0
    private var pendingBitCount = 0

    init(_ target: UnsafeMutableRawPointer) {
        self.target = target
        start = target
    }

    /// - Precondition: 0…64 bits, none of `value` above them; room for 8 bytes past what was written.
    @inline(__always)
    mutating func append(_ value: UInt64, bitCount: Int) {
        pending |= value &<< UInt64(pendingBitCount)
        let filled = pendingBitCount &+ bitCount
        if filled >= 64 {
            target.storeBytes(of: pending.littleEndian, as: UInt64.self)
            target += 8
            // What did not fit begins the next word.
            let taken = 64 &- pendingBitCount
            pending = taken == 64 ? 0 : value &>> UInt64(taken)
            // A value of exactly the bits that were left leaves none behind.
            if filled == 64 { pending = 0 }
            pendingBitCount = filled &- 64
        } else {
            pendingBitCount = filled
        }
    }

    /// Fills the last byte with zeros.
    ///
    /// - Returns: how many bytes were written in all.
    mutating func finish() -> Int {
        while pendingBitCount > 0 {
            target.storeBytes(of: UInt8(truncatingIfNeeded: pending), as: UInt8.self)
            target += 1
            pending >>= 8
            pendingBitCount -= 8
        }
        pendingBitCount = 0
        return target - start
    }
}
