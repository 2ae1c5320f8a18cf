/// A value of a JSON text as the tape keeps it: 32 bytes, trivial, in document order.
///
/// A container's first child is the next node; `end` is the node past the last descendant, so `end` of a child is its next
/// sibling while it is below the container's own.
package struct JSONNode: BitwiseCopyable {
    /// In this order: what is behind `string` holds others.
    package enum Kind: UInt8, BitwiseCopyable {
        case null, `false`, `true`, number, string, array, object
    }

    /// First byte of the value; of a string the byte after its quote.
    package var offset: UInt32
    /// Bytes of the value as written; of a string without its quotes, of a container with its brackets.
    package var byteCount: UInt32
    /// Index of the first node past this value and all that it holds.
    package var end: UInt32
    /// Members or elements.
    package var childCount: UInt32
    /// A member's name as written, without quotes; 0 and 0 for an element.
    package var nameOffset: UInt32
    package var nameByteCount: UInt32
    /// `NameHash` of the unescaped name.
    package var nameHash: UInt32
    package var kind: Kind
    package var flags: UInt8

    /// The string holds an escape: its bytes are not its text.
    static let valueEscaped: UInt8 = 1
    static let nameEscaped: UInt8 = 2

    package var isEscaped: Bool { flags & Self.valueEscaped != 0 }
    package var isNameEscaped: Bool { flags & Self.nameEscaped != 0 }
    package var isContainer: Bool { kind.rawValue >= Kind.array.rawValue }
}

/// The hash of a member's name: 32 bits, seeded afresh in each process, so that nobody can prepare names that collide.
///
/// Words of eight bytes are mixed by a multiplication to 128 bits whose halves are folded, as wyhash does it. The last word overlaps the one before it, and a
/// name of less than eight bytes is one word, so that there is no loop over single bytes. Names of one hash are then compared by their bytes.
enum NameHash {
    private static let seed = UInt64.random(in: 1...UInt64.max)

    @inline(__always)
    private static func mixed(_ value: UInt64) -> UInt64 {
        let product = value.multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        return product.high ^ product.low
    }

    static func hash(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> UInt32 { hash(bytes, count, seed: seed) }

    /// The seed, to be read once before a loop: a static's first use is checked each time.
    static var processSeed: UInt64 { seed }

    @inline(__always)
    static func hash(_ bytes: UnsafePointer<UInt8>, _ count: Int, seed: UInt64) -> UInt32 {
        let raw = UnsafeRawPointer(bytes)
        var state = seed ^ UInt64(truncatingIfNeeded: count)
        if count >= 8 {
            var offset = 0
            while offset &+ 8 < count {
                state = mixed(state ^ raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                offset &+= 8
            }
            state = mixed(state ^ raw.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self))
        } else if count >= 4 {
            let low = UInt64(raw.loadUnaligned(fromByteOffset: 0, as: UInt32.self))
            let high = UInt64(raw.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self))
            state = mixed(state ^ (low | high << 32))
        } else if count > 0 {
            let packed = UInt64(bytes[0]) | UInt64(bytes[count >> 1]) << 8 | UInt64(bytes[count &- 1]) << 16
            state = mixed(state ^ packed)
        }
        return UInt32(truncatingIfNeeded: mixed(state) >> 16)
    }

    static func hash(_ name: [UInt8]) -> UInt32 {
        name.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return emptyHash }
            return hash(base, buffer.count)
        }
    }

    private static var emptyHash: UInt32 {
        withUnsafePointer(to: 0 as UInt8) { hash($0, 0) }
    }
}
