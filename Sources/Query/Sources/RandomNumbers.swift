internal import ColumnStore
internal import Synchronization

/// What random() draws from: xoroshiro128**, seeded as PostgreSQL 15 seeds it, so that one `setseed` has the same numbers behind it.
///
/// Blackman, Vigna, "Scrambled Linear Pseudorandom Number Generators" (2021), <https://prng.di.unimi.it>; PostgreSQL has it
/// in `src/common/pg_prng.c`.
///
/// One for a session, whose workers draw from it together; which row gets which number is nobody's promise.
package final class RandomNumbers: Sendable {
    private struct State {
        var low: UInt64
        var high: UInt64

        /// From one number, by splitmix64; a state of zeros would stay one.
        init(seed: UInt64) {
            var seed = seed
            (low, high) = (Self.mixed(&seed), Self.mixed(&seed))
            if low == 0, high == 0 { (low, high) = (0x5851_F42D_4C95_7F2D, 0x1405_7B7E_F767_814F) }
        }

        private static func mixed(_ seed: inout UInt64) -> UInt64 {
            seed &+= 0x9E37_79B9_7F4A_7C15
            var value = seed
            value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
            return value ^ (value >> 31)
        }

        mutating func next() -> UInt64 {
            let (first, second) = (low, high ^ low)
            let value = Self.turned(first &* 5, by: 7) &* 9
            low = Self.turned(first, by: 24) ^ second ^ (second << 16)
            high = Self.turned(second, by: 37)
            return value
        }

        private static func turned(_ value: UInt64, by count: UInt64) -> UInt64 { value << count | value >> (64 - count) }
    }

    private let state: Mutex<State>

    /// Of whoever has none of their own.
    static let shared = RandomNumbers()

    package init() {
        var system = SystemRandomNumberGenerator()
        state = Mutex(State(seed: system.next()))
    }

    /// As `setseed`.
    ///
    /// - Parameter fraction: from -1 to 1.
    func seed(_ fraction: Double) {
        let seed = UInt64(bitPattern: Int64(Double((UInt64(1) << 52) - 1) * fraction))
        state.withLock { $0 = State(seed: seed) }
    }

    /// So many numbers from 0 up to, and without, 1.
    /// The upper 52 bits of each number, as PostgreSQL takes them.
    func draw(_ count: Int) -> [Double] {
        state.withLock { state in
            (0..<count).map { _ in Double(state.next() >> 12) * 0x1p-52 }
        }
    }
}
