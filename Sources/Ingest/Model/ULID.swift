import Synchronization

/// A ticket's name: 48 bits of milliseconds since 1970 and 80 bits that no one can guess, in Crockford's base 32.
///
/// Compared as bytes they are in order of their time, and those of one `ULIDGenerator` in the order in which it made them.
package struct ULID: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The 26 characters, upper or lower case; nil when they are no ULID (I, L, O, U, a length, more than 128 bits).
    package init?(_ text: String) {
        let characters = Array(text.utf8)
        guard characters.count == 26, let first = characters.first, first <= UInt8(ascii: "7") else { return nil }
        var value: UInt128 = 0
        for character in characters {
            guard let digit = Self.digit(character) else { return nil }
            value = value << 5 | UInt128(digit)
        }
        self.init(value)
    }

    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        self.init(bytes.reduce(UInt128(0)) { $0 << 8 | UInt128($1) })
    }

    private init(_ value: UInt128) {
        high = UInt64(truncatingIfNeeded: value >> 64)
        low = UInt64(truncatingIfNeeded: value)
    }

    /// The least one of a millisecond: a bound for searches by time.
    package static func least(milliseconds: Int64) -> ULID { ULID(high: UInt64(clamping: milliseconds) << 16, low: 0) }

    private var value: UInt128 { UInt128(high) << 64 | UInt128(low) }
    package var milliseconds: Int64 { Int64(high >> 16) }

    /// 16 bytes, most significant first.
    package var bytes: [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(16)
        for half in [high, low] {
            for shift in stride(from: UInt64(56), through: 0, by: -8) { result.append(UInt8(truncatingIfNeeded: half >> shift)) }
        }
        return result
    }

    fileprivate func raised(by step: UInt64) -> ULID {
        let (raised, overflow) = low.addingReportingOverflow(step)
        return ULID(high: high &+ (overflow ? 1 : 0), low: raised)
    }

    /// The next one above: the same time unless the 80 bits run over.
    package var successor: ULID { ULID(value &+ 1) }

    package static func < (left: ULID, right: ULID) -> Bool {
        left.high != right.high ? left.high < right.high : left.low < right.low
    }

    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

    private static func digit(_ character: UInt8) -> UInt8? {
        let upper = character >= UInt8(ascii: "a") ? character &- 32 : character
        return alphabet.firstIndex(of: upper).map { UInt8($0) }
    }

    private static let textByteCount = 26

    /// The 26 characters in UTF-8.
    package var text: [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(Self.textByteCount)
        appendText(to: &text)
        return text
    }

    /// As `text`, at the end of other bytes.
    func appendText(to target: inout [UInt8]) {
        // 26 digits of 5 bits are 130: the first has 3.
        for shift in stride(from: 61, through: 1, by: -5) { target.append(Self.alphabet[Int(truncatingIfNeeded: high >> UInt64(shift)) & 31]) }
        target.append(Self.alphabet[Int(truncatingIfNeeded: high << 4 | low >> 60) & 31])
        for shift in stride(from: 55, through: 0, by: -5) { target.append(Self.alphabet[Int(truncatingIfNeeded: low >> UInt64(shift)) & 31]) }
    }

    package var description: String { String(decoding: text, as: UTF8.self) }
}

/// Steps of 1 to 2^32 − 1 that no one can guess; one call to the system gives two.
private struct RandomSteps {
    private var random = SystemRandomNumberGenerator()
    private var pair: UInt64 = 0
    private var hasSecond = false

    mutating func next() -> UInt64 {
        if !hasSecond { pair = random.next() }
        let step = hasSecond ? pair >> 32 : pair & 0xFFFF_FFFF
        hasSecond.toggle()
        return step | 1
    }
}

/// Rising ULIDs of a range that a generator reserved. One owner on one thread.
struct ULIDSteps {
    private(set) var last: ULID
    private var steps = RandomSteps()

    init(from start: ULID) { last = start }

    mutating func next() -> ULID {
        last = last.raised(by: steps.next())
        return last
    }
}

/// Makes ULIDs that rise, whatever the clock does.
///
/// Within one millisecond, and while the clock stands behind the last one made, the next is the last plus a random step: rising, and
/// still not to be guessed from another's.
///
/// Any thread; one lock for the time of a step.
package final class ULIDGenerator: Sendable {
    private struct State {
        var last: ULID
        var random = SystemRandomNumberGenerator()
        var steps = RandomSteps()
    }
    private let state: Mutex<State>

    /// - Parameter floor: everything made is above it: the last one that the store holds.
    package init(above floor: ULID = ULID(high: 0, low: 0)) { state = Mutex(State(last: floor)) }

    /// Takes whole ranges of ULIDs for rows that are numbered elsewhere: `count` starts, each with room for 2^64 after it.
    ///
    /// Each start is in a `high` of its own, so that steps of 32 bits come to the end of none; the generator goes on above the last.
    func reserve(_ count: Int, milliseconds: Int64) -> [ULID] {
        let first = next(milliseconds: milliseconds)
        return state.withLock { state in
            let starts = (1...max(1, count)).map { number in
                ULID(high: first.high &+ UInt64(number), low: UInt64.random(in: 0...UInt64.max / 2, using: &state.random))
            }
            state.last = ULID(high: first.high &+ UInt64(count) &+ 1, low: 0)
            return starts
        }
    }

    package func next(milliseconds: Int64) -> ULID {
        state.withLock { state in
            var next: ULID
            if UInt64(clamping: milliseconds) > state.last.high >> 16 {
                next = ULID(
                    // The highest of the 80 bits is 0 in a new millisecond: there is room above it, so that steps do not run into the next.
                    high: UInt64(clamping: milliseconds) << 16 | UInt64.random(in: 0...0x7FFF, using: &state.random),
                    low: UInt64.random(in: 0...UInt64.max, using: &state.random))
            } else {
                next = state.last.raised(by: state.steps.next())
            }
            state.last = next
            return next
        }
    }
}
