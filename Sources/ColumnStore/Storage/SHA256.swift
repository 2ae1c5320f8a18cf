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

    /// - Precondition: `base` has `blockCount` × 64 readable bytes.
    private static func compress(_ state: inout [8 of UInt32], _ base: UnsafeRawPointer, blockCount: Int) {
        var source = base
        var s0 = state[0], s1 = state[1], s2 = state[2], s3 = state[3]
        var s4 = state[4], s5 = state[5], s6 = state[6], s7 = state[7]
        for _ in 0..<blockCount {
            var a = s0, b = s1, c = s2, d = s3, e = s4, f = s5, g = s6, h = s7
            var w0 = word(source, 0)
            var w1 = word(source, 1)
            var w2 = word(source, 2)
            var w3 = word(source, 3)
            var w4 = word(source, 4)
            var w5 = word(source, 5)
            var w6 = word(source, 6)
            var w7 = word(source, 7)
            var w8 = word(source, 8)
            var w9 = word(source, 9)
            var w10 = word(source, 10)
            var w11 = word(source, 11)
            var w12 = word(source, 12)
            var w13 = word(source, 13)
            var w14 = word(source, 14)
            var w15 = word(source, 15)
            // The eight variables change roles instead of places: eight rounds bring them home. The constants are those of section
            // 4.2.2: the first 32 bits of the fractional parts of the cube roots of the first 64 primes.
            round(a, b, c, &d, e, f, g, &h, w0, 0x428a_2f98)
            round(h, a, b, &c, d, e, f, &g, w1, 0x7137_4491)
            round(g, h, a, &b, c, d, e, &f, w2, 0xb5c0_fbcf)
            round(f, g, h, &a, b, c, d, &e, w3, 0xe9b5_dba5)
            round(e, f, g, &h, a, b, c, &d, w4, 0x3956_c25b)
            round(d, e, f, &g, h, a, b, &c, w5, 0x59f1_11f1)
            round(c, d, e, &f, g, h, a, &b, w6, 0x923f_82a4)
            round(b, c, d, &e, f, g, h, &a, w7, 0xab1c_5ed5)
            round(a, b, c, &d, e, f, g, &h, w8, 0xd807_aa98)
            round(h, a, b, &c, d, e, f, &g, w9, 0x1283_5b01)
            round(g, h, a, &b, c, d, e, &f, w10, 0x2431_85be)
            round(f, g, h, &a, b, c, d, &e, w11, 0x550c_7dc3)
            round(e, f, g, &h, a, b, c, &d, w12, 0x72be_5d74)
            round(d, e, f, &g, h, a, b, &c, w13, 0x80de_b1fe)
            round(c, d, e, &f, g, h, a, &b, w14, 0x9bdc_06a7)
            round(b, c, d, &e, f, g, h, &a, w15, 0xc19b_f174)
            extend(&w0, w1, w9, w14)
            extend(&w1, w2, w10, w15)
            extend(&w2, w3, w11, w0)
            extend(&w3, w4, w12, w1)
            extend(&w4, w5, w13, w2)
            extend(&w5, w6, w14, w3)
            extend(&w6, w7, w15, w4)
            extend(&w7, w8, w0, w5)
            extend(&w8, w9, w1, w6)
            extend(&w9, w10, w2, w7)
            extend(&w10, w11, w3, w8)
            extend(&w11, w12, w4, w9)
            extend(&w12, w13, w5, w10)
            extend(&w13, w14, w6, w11)
            extend(&w14, w15, w7, w12)
            extend(&w15, w0, w8, w13)
            round(a, b, c, &d, e, f, g, &h, w0, 0xe49b_69c1)
            round(h, a, b, &c, d, e, f, &g, w1, 0xefbe_4786)
            round(g, h, a, &b, c, d, e, &f, w2, 0x0fc1_9dc6)
            round(f, g, h, &a, b, c, d, &e, w3, 0x240c_a1cc)
            round(e, f, g, &h, a, b, c, &d, w4, 0x2de9_2c6f)
            round(d, e, f, &g, h, a, b, &c, w5, 0x4a74_84aa)
            round(c, d, e, &f, g, h, a, &b, w6, 0x5cb0_a9dc)
            round(b, c, d, &e, f, g, h, &a, w7, 0x76f9_88da)
            round(a, b, c, &d, e, f, g, &h, w8, 0x983e_5152)
            round(h, a, b, &c, d, e, f, &g, w9, 0xa831_c66d)
            round(g, h, a, &b, c, d, e, &f, w10, 0xb003_27c8)
            round(f, g, h, &a, b, c, d, &e, w11, 0xbf59_7fc7)
            round(e, f, g, &h, a, b, c, &d, w12, 0xc6e0_0bf3)
            round(d, e, f, &g, h, a, b, &c, w13, 0xd5a7_9147)
            round(c, d, e, &f, g, h, a, &b, w14, 0x06ca_6351)
            round(b, c, d, &e, f, g, h, &a, w15, 0x1429_2967)
            extend(&w0, w1, w9, w14)
            extend(&w1, w2, w10, w15)
            extend(&w2, w3, w11, w0)
            extend(&w3, w4, w12, w1)
            extend(&w4, w5, w13, w2)
            extend(&w5, w6, w14, w3)
            extend(&w6, w7, w15, w4)
            extend(&w7, w8, w0, w5)
            extend(&w8, w9, w1, w6)
            extend(&w9, w10, w2, w7)
            extend(&w10, w11, w3, w8)
            extend(&w11, w12, w4, w9)
            extend(&w12, w13, w5, w10)
            extend(&w13, w14, w6, w11)
            extend(&w14, w15, w7, w12)
            extend(&w15, w0, w8, w13)
            round(a, b, c, &d, e, f, g, &h, w0, 0x27b7_0a85)
            round(h, a, b, &c, d, e, f, &g, w1, 0x2e1b_2138)
            round(g, h, a, &b, c, d, e, &f, w2, 0x4d2c_6dfc)
            round(f, g, h, &a, b, c, d, &e, w3, 0x5338_0d13)
            round(e, f, g, &h, a, b, c, &d, w4, 0x650a_7354)
            round(d, e, f, &g, h, a, b, &c, w5, 0x766a_0abb)
            round(c, d, e, &f, g, h, a, &b, w6, 0x81c2_c92e)
            round(b, c, d, &e, f, g, h, &a, w7, 0x9272_2c85)
            round(a, b, c, &d, e, f, g, &h, w8, 0xa2bf_e8a1)
            round(h, a, b, &c, d, e, f, &g, w9, 0xa81a_664b)
            round(g, h, a, &b, c, d, e, &f, w10, 0xc24b_8b70)
            round(f, g, h, &a, b, c, d, &e, w11, 0xc76c_51a3)
            round(e, f, g, &h, a, b, c, &d, w12, 0xd192_e819)
            round(d, e, f, &g, h, a, b, &c, w13, 0xd699_0624)
            round(c, d, e, &f, g, h, a, &b, w14, 0xf40e_3585)
            round(b, c, d, &e, f, g, h, &a, w15, 0x106a_a070)
            extend(&w0, w1, w9, w14)
            extend(&w1, w2, w10, w15)
            extend(&w2, w3, w11, w0)
            extend(&w3, w4, w12, w1)
            extend(&w4, w5, w13, w2)
            extend(&w5, w6, w14, w3)
            extend(&w6, w7, w15, w4)
            extend(&w7, w8, w0, w5)
            extend(&w8, w9, w1, w6)
            extend(&w9, w10, w2, w7)
            extend(&w10, w11, w3, w8)
            extend(&w11, w12, w4, w9)
            extend(&w12, w13, w5, w10)
            extend(&w13, w14, w6, w11)
            extend(&w14, w15, w7, w12)
            extend(&w15, w0, w8, w13)
            round(a, b, c, &d, e, f, g, &h, w0, 0x19a4_c116)
            round(h, a, b, &c, d, e, f, &g, w1, 0x1e37_6c08)
            round(g, h, a, &b, c, d, e, &f, w2, 0x2748_774c)
            round(f, g, h, &a, b, c, d, &e, w3, 0x34b0_bcb5)
            round(e, f, g, &h, a, b, c, &d, w4, 0x391c_0cb3)
            round(d, e, f, &g, h, a, b, &c, w5, 0x4ed8_aa4a)
            round(c, d, e, &f, g, h, a, &b, w6, 0x5b9c_ca4f)
            round(b, c, d, &e, f, g, h, &a, w7, 0x682e_6ff3)
            round(a, b, c, &d, e, f, g, &h, w8, 0x748f_82ee)
            round(h, a, b, &c, d, e, f, &g, w9, 0x78a5_636f)
            round(g, h, a, &b, c, d, e, &f, w10, 0x84c8_7814)
            round(f, g, h, &a, b, c, d, &e, w11, 0x8cc7_0208)
            round(e, f, g, &h, a, b, c, &d, w12, 0x90be_fffa)
            round(d, e, f, &g, h, a, b, &c, w13, 0xa450_6ceb)
            round(c, d, e, &f, g, h, a, &b, w14, 0xbef9_a3f7)
            round(b, c, d, &e, f, g, h, &a, w15, 0xc671_78f2)
            s0 &+= a
            s1 &+= b
            s2 &+= c
            s3 &+= d
            s4 &+= e
            s5 &+= f
            s6 &+= g
            s7 &+= h
            source += 64
        }
        state = [s0, s1, s2, s3, s4, s5, s6, s7]
    }

    @inline(__always)
    private static func word(_ source: UnsafeRawPointer, _ index: Int) -> UInt32 {
        UInt32(bigEndian: source.loadUnaligned(fromByteOffset: 4 &* index, as: UInt32.self))
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

    /// The word sixteen places on, in place of `word`: from those 1, 9 and 14 places after it.
    @inline(__always)
    private static func extend(_ word: inout UInt32, _ first: UInt32, _ ninth: UInt32, _ fourteenth: UInt32) {
        let small0 = turn(first, 7) ^ turn(first, 18) ^ (first >> 3)
        let small1 = turn(fourteenth, 17) ^ turn(fourteenth, 19) ^ (fourteenth >> 10)
        word = word &+ small0 &+ ninth &+ small1
    }

    @inline(__always)
    private static func turn(_ word: UInt32, _ count: UInt32) -> UInt32 {
        (word &>> count) | (word &<< (32 &- count))
    }
}
