internal import ColumnStore
import Synchronization

/// What is promised of how long calls take, how often it was kept, and how long receipts took of late. Recording takes no lock; `look`, called every few
/// seconds, makes minutes and hours of what was recorded.
///
/// 1. Counters only grow, over the life of the process; a minute is the difference of two looks at them.
/// 2. Of `minutes` there are 60 and of `hours` 720 (30 days) at most, by the system's clock; a minute counts in both. Only those of the time asked for count: a clock that was
///    ahead for a while has taken the place of one true minute with each of its own, and adds nothing once it is right.
/// 3. `look` is called by one thread at a time. One that is left out makes a minute longer, and loses nothing.
package final class ServiceLevels: Sendable {
    /// On disk, by their order: add at the end.
    /// `post`: a receipt is taken. `hot`: one receipt or ticket is read. `cold`: a question in SQL is answered. Routes say which is theirs.
    package enum Promise: Int, Sendable, CaseIterable {
        case post, hot, cold

        package var name: String { switch self { case .post: "post"; case .hot: "hot"; case .cold: "cold" } }
        /// An answer that takes just as long has kept it.
        package var limitMilliseconds: Int { switch self { case .post, .hot: 500; case .cold: 30_000 } }
        func isKept(in seconds: Double) -> Bool { seconds * 1_000 <= Double(limitMilliseconds) }
    }

    /// `kept` of `of` calls kept a promise.
    package struct Share: Sendable, Equatable {
        package var kept: Int
        package var of: Int
        package init(kept: Int = 0, of: Int = 0) { (self.kept, self.of) = (kept, of) }
        static func + (left: Share, right: Share) -> Share { Share(kept: left.kept &+ right.kept, of: left.of &+ right.of) }
        static func - (left: Share, right: Share) -> Share { Share(kept: left.kept &- right.kept, of: left.of &- right.of) }
    }

    private final class Counter: Sendable {
        let value = Atomic<Int>(0)
        func add() { value.wrappingAdd(1, ordering: .relaxed) }
        var count: Int { value.load(ordering: .relaxed) }
    }

    /// Between looks, in seconds.
    package static let interval = 5.0
    /// Twelve looks, five seconds apart.
    private static let looksOfMinute = 12
    private static let minuteCount: Int64 = 60
    private static let hourCount: Int64 = 720

    /// Upper bounds of times grow by a quarter each, from a tenth of a millisecond: a percentile is right to that.
    private static let leastBound = 0.000_1
    private static let growth = 1.25
    /// The last one is 0.1 ms × 1.25⁶³, about 127 s.
    static let boundCount = 64
    static let bounds: [Double] = (0..<boundCount).reduce(into: []) { bounds, _ in bounds.append((bounds.last ?? leastBound / growth) * growth) }

    private struct State {
        /// Of the looks of the last minute, the oldest first.
        var times: [[Int]] = []
        var counted = [Share](repeating: Share(), count: Promise.allCases.count)
        /// By the number of the minute, or hour, since 1970.
        var minutes: [Int64: [Share]] = [:]
        var hours: [Int64: [Share]] = [:]
        var lookCount = 0
    }

    private let kept = Promise.allCases.map { _ in Counter() }
    private let all = Promise.allCases.map { _ in Counter() }
    private let times = (0...boundCount).map { _ in Counter() }
    private let state = Mutex(State())

    package init() {}

    /// Any thread; no lock.
    ///
    /// - Parameter isAnswered: false where the server failed, however soon.
    package func record(_ promise: Promise, seconds: Double, isAnswered: Bool) {
        all[promise.rawValue].add()
        if isAnswered, promise.isKept(in: seconds) { kept[promise.rawValue].add() }
        if promise == .post { times[Self.place(of: seconds)].add() }
    }

    /// - Parameter now: microseconds since 1970.
    /// - Returns: what is to be kept on disk, when a minute is over.
    package func look(now: Int64) -> [UInt8]? {
        let snapshot = times.map(\.count)
        return state.withLock { state in
            // Thirteen looks bound twelve spans of five seconds: the difference of first and present is the last minute.
            state.times.append(snapshot)
            if state.times.count > Self.looksOfMinute + 1 { state.times.removeFirst() }
            state.lookCount += 1
            guard state.lookCount.isMultiple(of: Self.looksOfMinute) else { return nil }
            endMinute(&state, now)
            return Self.text(state)
        }
    }

    private func endMinute(_ state: inout State, _ now: Int64) {
        let present = Promise.allCases.map { Share(kept: kept[$0.rawValue].count, of: all[$0.rawValue].count) }
        let shares = zip(present, state.counted).map { $0 - $1 }
        state.counted = present
        let (minute, hour) = (now / 60_000_000, now / 3_600_000_000)
        Self.add(shares, at: minute, to: &state.minutes)
        Self.add(shares, at: hour, to: &state.hours)
        Self.bound(&state.minutes, count: Self.minuteCount, around: minute)
        Self.bound(&state.hours, count: Self.hourCount, around: hour)
    }

    /// Lets go of those that are farthest from `index`: by age alone all of them would go with a clock that is set ahead, though it be for a moment.
    static func bound(_ slots: inout [Int64: [Share]], count: Int64, around index: Int64) {
        guard slots.count > count else { return }
        let nearest = slots.keys.sorted { ($0.subtractingSaturating(index).magnitude, $0) < ($1.subtractingSaturating(index).magnitude, $1) }
        for key in nearest.dropFirst(Int(count)) { slots[key] = nil }
    }

    /// Of the last `count`, that of `index` among them. What a clock that was ahead has left counts when its time has come.
    static func sum(_ slots: [Int64: [Share]], of promise: Promise, last count: Int64, until index: Int64) -> Share {
        slots.reduce(Share()) { $1.key > index &- count && $1.key <= index ? $0 + $1.value[promise.rawValue] : $0 }
    }

    static func add(_ shares: [Share], at index: Int64, to slots: inout [Int64: [Share]]) {
        slots[index] = slots[index].map { zip($0, shares).map { $0 + $1 } } ?? shares
    }

    // MARK: Reading

    package struct Kept: Sendable {
        package let promise: Promise
        package let hour: Share
        package let day: Share
        package let month: Share
    }

    /// - Parameter now: microseconds since 1970.
    package func kept(now: Int64) -> [Kept] {
        let (minutes, hours) = state.withLock { ($0.minutes, $0.hours) }
        let (minute, hour) = (now / 60_000_000, now / 3_600_000_000)
        return Promise.allCases.map { promise in
            Kept(
                promise: promise, hour: Self.sum(minutes, of: promise, last: Self.minuteCount, until: minute), day: Self.sum(hours, of: promise, last: 24, until: hour),
                month: Self.sum(hours, of: promise, last: Self.hourCount, until: hour))
        }
    }

    /// How long POSTs of the last minute took, in milliseconds, by which `share` of them had their answer; nil where there was none.
    package func postMilliseconds(_ share: Double) -> Double? {
        let present = times.map(\.count)
        let before = state.withLock { $0.times.first } ?? present.map { _ in 0 }
        return Self.milliseconds(zip(present, before).map { $0 &- $1 }, share)
    }

    /// Among the bounds, the first that is no less; behind them for what is more than all.
    static func place(of seconds: Double) -> Int { bounds.firstIndex { seconds <= $0 } ?? boundCount }

    /// The bound within which `share` of what was counted by `place(of:)` lies.
    ///
    /// What is beyond the last bound counts as that bound.
    ///
    /// - Parameter share: from 0 to 1: 0.99 for the time that ninety-nine of a hundred had.
    /// - Returns: nil where nothing was counted.
    static func milliseconds(_ counts: [Int], _ share: Double) -> Double? {
        let all = counts.reduce(0, &+)
        guard all > 0 else { return nil }
        var seen = 0
        for (place, count) in counts.enumerated() {
            seen += count
            if Double(seen) >= Double(all) * share { return bounds[min(place, boundCount - 1)] * 1_000 }
        }
        return nil
    }

    // MARK: On disk

    /// A line a minute and an hour: `m` or `h`, its number, and of each promise how often it was kept and asked for.
    private static func text(_ state: State) -> [UInt8] {
        func lines(_ name: String, _ slots: [Int64: [Share]]) -> [String] {
            slots.sorted { $0.key < $1.key }.map { index, shares in "\(name) \(index) " + shares.map { "\($0.kept) \($0.of)" }.joined(separator: " ") }
        }
        return Array((lines("m", state.minutes) + lines("h", state.hours)).joined(separator: "\n").utf8)
    }

    /// Takes in what an earlier run kept; a line that is none is passed over.
    package func restore(_ bytes: [UInt8]) {
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: " ")
            guard let (number, shares) = Self.shares(parts.dropFirst()) else { continue }
            state.withLock { state in
                if parts[0] == "m" { Self.add(shares, at: number, to: &state.minutes) }
                if parts[0] == "h" { Self.add(shares, at: number, to: &state.hours) }
            }
        }
    }

    /// `28400123 17 18 4 4 0 0`: the number, then kept and asked for of each promise in its order.
    ///
    /// A span's number and its shares; nil for what says none.
    static func shares(_ words: ArraySlice<Substring>) -> (number: Int64, shares: [Share])? {
        let numbers = words.compactMap { Int64($0) }
        // 2^50 is more than any count or minute, and sums of it do not overflow in a life.
        guard words.count == numbers.count, !numbers.count.isMultiple(of: 2), numbers.allSatisfy({ $0 >= 0 && $0 < 1 << 50 }) else { return nil }
        let pairs = stride(from: 1, to: numbers.count, by: 2).map { Share(kept: Int(numbers[$0]), of: Int(numbers[$0 + 1])) }
        // A later till has promises that this one does not know, an earlier one fewer.
        return (numbers[0], Promise.allCases.map { $0.rawValue < pairs.count ? pairs[$0.rawValue] : Share() })
    }
}
