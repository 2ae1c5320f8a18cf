// SHA-256, as FIPS 180-4 defines it (sections 4.1.2, 4.2.2, 5.1.1, 6.2).
//
// A message is cut into blocks of 64 bytes; each is spread to a schedule of 64 words of which only the last 16 are alive,
// so the schedule is a ring of 16 words. The end is padded with 0x80, zeros, and the length in bits as 8 bytes big-endian.

/// The SHA-256 of bytes that arrive in pieces.
public struct SHA256: Sendable {
    private var state: [8 of UInt32]
    /// The start of a block that is not full yet.
    private var pending: [64 of UInt8]
    private var pendingCount = 0
    private var byteCount: UInt64 = 0

    public init() {
        state = [
            0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
        ]
        pending = .init(repeating: 0)
    }

    /// The 32 bytes of the hash of `bytes`.
    public static func hash(_ bytes: [UInt8]) -> [UInt8] {
        hash(bytes.span.bytes)
    }

    /// The 32 bytes of the hash of `bytes`.
    public static func hash(_ bytes: RawSpan) -> [UInt8] {
        var hasher = SHA256()
        hasher.update(bytes)
        return hasher.finalize()
    }

    public mutating func update(_ bytes: RawSpan) {
        byteCount &+= UInt64(bytes.byteCount)
        bytes.withUnsafeBytes { source in
            var offset = 0
            if pendingCount > 0 {
                let taken = min(64 - pendingCount, source.count)
                for index in 0..<taken { pending[pendingCount + index] = source[index] }
                pendingCount += taken
                offset = taken
                guard pendingCount == 64 else { return }
                compressPending()
            }
            let blockCount = (source.count - offset) / 64
            if blockCount > 0, let base = source.baseAddress {
                Self.compress(&state, base + offset, blockCount: blockCount)
                offset += blockCount * 64
            }
            for index in offset..<source.count {
                pending[pendingCount] = source[index]
                pendingCount += 1
            }
        }
    }

    /// Ends the message and gives its 32 bytes. The value is of no use afterwards.
    public mutating func finalize() -> [UInt8] {
        let bitCount = byteCount &* 8
        pending[pendingCount] = 0x80
        pendingCount += 1
        if pendingCount > 56 {
            for index in pendingCount..<64 { pending[index] = 0 }
            compressPending()
        }
        for index in pendingCount..<56 { pending[index] = 0 }
        for index in 0..<8 { pending[56 + index] = UInt8(truncatingIfNeeded: bitCount >> UInt64(56 - 8 * index)) }
        compressPending()
        var digest: [UInt8] = []
        digest.reserveCapacity(32)
        for index in 0..<8 {
            for shift in [24, 16, 8, 0] { digest.append(UInt8(truncatingIfNeeded: state[index] >> UInt32(shift))) }
        }
        return digest
    }

    private mutating func compressPending() {
        withUnsafeBytes(of: &pending) { block in
            // Safe: 64 bytes are never empty.
            Self.compress(&state, block.baseAddress!, blockCount: 1)
        }
        pendingCount = 0
    }

    // Section 4.2.2: the first 32 bits of the fractional parts of the cube roots of the first 64 primes.
    private static let constants: [64 of UInt32] = [
        0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
        0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
        0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
        0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
        0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
        0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
        0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
        0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
    ]

    /// - Precondition: `base` has `blockCount` × 64 readable bytes.
    private static func compress(_ state: inout [8 of UInt32], _ base: UnsafeRawPointer, blockCount: Int) {
        var source = base
        var words: [16 of UInt32] = .init(repeating: 0)
        for _ in 0..<blockCount {
            var a = state[0], b = state[1], c = state[2], d = state[3]
            var e = state[4], f = state[5], g = state[6], h = state[7]
            for index in 0..<16 {
                words[index] = UInt32(bigEndian: source.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self))
            }
            var first = 0
            while true {
                // The eight variables change roles instead of places: eight rounds bring them home.
                for half in [0, 8] {
                    let at = first + half
                    round(a, b, c, &d, e, f, g, &h, words[half], constants[at])
                    round(h, a, b, &c, d, e, f, &g, words[half + 1], constants[at + 1])
                    round(g, h, a, &b, c, d, e, &f, words[half + 2], constants[at + 2])
                    round(f, g, h, &a, b, c, d, &e, words[half + 3], constants[at + 3])
                    round(e, f, g, &h, a, b, c, &d, words[half + 4], constants[at + 4])
                    round(d, e, f, &g, h, a, b, &c, words[half + 5], constants[at + 5])
                    round(c, d, e, &f, g, h, a, &b, words[half + 6], constants[at + 6])
                    round(b, c, d, &e, f, g, h, &a, words[half + 7], constants[at + 7])
                }
                first += 16
                if first == 64 { break }
                extend(&words)
            }
            state[0] &+= a
            state[1] &+= b
            state[2] &+= c
            state[3] &+= d
            state[4] &+= e
            state[5] &+= f
            state[6] &+= g
            state[7] &+= h
            source += 64
        }
    }

    @inline(__always)
    private static func round(
        _ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: inout UInt32,
        _ e: UInt32, _ f: UInt32, _ g: UInt32, _ h: inout UInt32, _ word: UInt32, _ constant: UInt32
    ) {
        let choice = g ^ (e & (f ^ g))
        let majority = (a & b) ^ (c & (a ^ b))
        let first = h &+ (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) &+ choice &+ constant &+ word
        d = d &+ first
        h = first &+ (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) &+ majority
    }

    /// The next 16 words of the schedule, in place of the last 16.
    @inline(__always)
    private static func extend(_ words: inout [16 of UInt32]) {
        for index in 0..<16 {
            let fifteenth = words[(index &+ 1) & 15], second = words[(index &+ 14) & 15]
            let small0 = turn(fifteenth, 7) ^ turn(fifteenth, 18) ^ (fifteenth >> 3)
            let small1 = turn(second, 17) ^ turn(second, 19) ^ (second >> 10)
            words[index] = words[index] &+ small0 &+ words[(index &+ 9) & 15] &+ small1
        }
    }

    @inline(__always)
    private static func turn(_ word: UInt32, _ count: UInt32) -> UInt32 {
        (word &>> count) | (word &<< (32 &- count))
    }
}
