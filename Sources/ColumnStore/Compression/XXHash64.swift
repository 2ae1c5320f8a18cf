// xxHash64 (github.com/Cyan4973/xxHash, doc/xxhash_spec.md), seed 0: the hash of Parquet's bloom filters.
//   four lanes of 8 bytes take stripes of 32 bytes; their merge, or the seed for shorter input, then takes 8, 4 and 1
//   byte at a time; an avalanche of shifts and multiplications ends it
// Without input it is EF46DB3751D8E999. All arithmetic wraps; words are little-endian.

/// Not for keys that somebody may choose in order to have them collide: it has no secret.
public enum XXHash64 {
    private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
    private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
    private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
    private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
    private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5

    /// - Complexity: O(bytes), 32 a step.
    public static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var position = 0
        var hash: UInt64
        if bytes.count >= 32 {
            // What the specification begins its accumulators with, for the seed 0.
            var lane1 = prime1 &+ prime2
            var lane2 = prime2
            var lane3: UInt64 = 0
            var lane4 = 0 &- prime1
            while position + 32 <= bytes.count {
                lane1 = round(lane1, load64(bytes, position))
                lane2 = round(lane2, load64(bytes, position + 8))
                lane3 = round(lane3, load64(bytes, position + 16))
                lane4 = round(lane4, load64(bytes, position + 24))
                position += 32
            }
            hash = rotate(lane1, 1) &+ rotate(lane2, 7) &+ rotate(lane3, 12) &+ rotate(lane4, 18)
            hash = merge(merge(merge(merge(hash, lane1), lane2), lane3), lane4)
        } else {
            hash = prime5
        }
        // The length is part of what is hashed.
        hash &+= UInt64(bytes.count)
        while position + 8 <= bytes.count {
            hash = rotate(hash ^ round(0, load64(bytes, position)), 27) &* prime1 &+ prime4
            position += 8
        }
        if position + 4 <= bytes.count {
            let word = UInt64(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self)))
            hash = rotate(hash ^ (word &* prime1), 23) &* prime2 &+ prime3
            position += 4
        }
        while position < bytes.count {
            hash = rotate(hash ^ (UInt64(bytes[position]) &* prime5), 11) &* prime1
            position += 1
        }
        // The avalanche: each bit of the state reaches every bit of the hash.
        hash = (hash ^ (hash >> 33)) &* prime2
        hash = (hash ^ (hash >> 29)) &* prime3
        return hash ^ (hash >> 32)
    }

    @inline(__always)
    private static func round(_ lane: UInt64, _ input: UInt64) -> UInt64 {
        rotate(lane &+ input &* prime2, 31) &* prime1
    }

    @inline(__always)
    private static func merge(_ hash: UInt64, _ lane: UInt64) -> UInt64 {
        (hash ^ round(0, lane)) &* prime1 &+ prime4
    }

    @inline(__always)
    private static func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 {
        value << count | value >> (64 - count)
    }

    @inline(__always)
    private static func load64(_ bytes: UnsafeRawBufferPointer, _ position: Int) -> UInt64 {
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
    }
}
