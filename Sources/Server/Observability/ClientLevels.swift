package import Ingest
import Synchronization

/// `ServiceLevels` of each contract by itself: of the calls that bore its credential.
///
/// 1. The minute that runs is counted in `shares`; it goes into all three spans at once when it is over, so that all three tell of the same calls.
/// 2. A span has no more slots than its own length, those around the time of its last call; only those of the time asked for count, as in `ServiceLevels`.
/// 3. Recording takes the one lock for all clients, unlike `ServiceLevels`: no counter can stand ready for clients that nobody knows before they call.
///
/// What is kept of one is small (minutes of an hour, hours of a day, days of a month), and of contracts there are at most `clientCountMax`: those that
/// called last.
package final class ClientLevels: Sendable {
    package typealias Promise = ServiceLevels.Promise
    package typealias Share = ServiceLevels.Share

    /// A client has at most 60 + 24 + 30 slots, and four quarters of 65 counts.
    package static let clientCountMax = 1_024

    /// Spans over which is summed, from small to large: how long one is, in microseconds, and how many there are. On disk by their letters.
    private enum Span: Int, CaseIterable {
        case minute, hour, day

        var length: Int64 { switch self { case .minute: 60_000_000; case .hour: 3_600_000_000; case .day: 86_400_000_000 } }
        var count: Int64 { switch self { case .minute: 60; case .hour: 24; case .day: 30 } }
        var letter: String { switch self { case .minute: "m"; case .hour: "h"; case .day: "d" } }
    }

    /// Of how long POSTs took is known what the last minute had, in quarters of it.
    private static let quarter: Int64 = 15_000_000
    private static let quarterCount = 4

    private struct Own {
        /// By span, then by its number since 1970.
        var slots = [[Int64: [Share]]](repeating: [:], count: Span.allCases.count)
        /// Of the minute that runs: put into the slots when it is over.
        var shares = [Share](repeating: Share(), count: Promise.allCases.count)
        var minute: Int64 = 0
        var quarters: [(number: Int64, times: [UInt32])] = []

        /// The minute goes by its own number and not by `now`: after a quiet day it still lands on the day that it was of.
        ///
        /// Puts what was counted where it belongs, and lets go of what is too much.
        mutating func settle(now: Int64) {
            if shares.contains(where: { $0.of > 0 }) {
                for span in Span.allCases { ServiceLevels.add(shares, at: minute * Span.minute.length / span.length, to: &slots[span.rawValue]) }
                shares = [Share](repeating: Share(), count: Promise.allCases.count)
            }
            minute = now / Span.minute.length
            for span in Span.allCases { ServiceLevels.bound(&slots[span.rawValue], count: span.count, around: now / span.length) }
        }

        /// - Parameters:
        ///   - seconds: that a POST took.
        ///   - now: microseconds since 1970.
        mutating func countTime(_ seconds: Double, now: Int64) {
            let number = now / ClientLevels.quarter
            if quarters.last?.number != number {
                quarters = Array(quarters.suffix(ClientLevels.quarterCount - 1))
                quarters.append((number, [UInt32](repeating: 0, count: ServiceLevels.boundCount + 1)))
            }
            quarters[quarters.count - 1].times[ServiceLevels.place(of: seconds)] &+= 1
        }
    }

    private struct State {
        var clients: [ClientID: Own] = [:]
        var isChanged = false
    }

    private let state = Mutex(State())

    package init() {}

    /// - Parameters:
    ///   - isAnswered: false where the server failed, however soon.
    ///   - now: microseconds since 1970.
    /// - Complexity: as many steps as there are clients where a new one takes the last place; else a few, whatever there is.
    package func record(_ promise: Promise, of client: ClientID, seconds: Double, isAnswered: Bool, now: Int64) {
        state.withLock { state in
            state.isChanged = true
            if state.clients[client] == nil { Self.makeRoom(&state) }
            Self.count(promise, seconds, isAnswered, now, &state.clients[client, default: Own()])
        }
    }

    private static func count(_ promise: Promise, _ seconds: Double, _ isAnswered: Bool, _ now: Int64, _ own: inout Own) {
        if own.minute != now / Span.minute.length { own.settle(now: now) }
        own.shares[promise.rawValue].of &+= 1
        if isAnswered, promise.isKept(in: seconds) { own.shares[promise.rawValue].kept &+= 1 }
        if promise == .post { own.countTime(seconds, now: now) }
    }

    /// The one that called longest ago gives its place.
    private static func makeRoom(_ state: inout State) {
        guard state.clients.count >= clientCountMax, let idle = state.clients.min(by: { $0.value.minute < $1.value.minute }) else { return }
        state.clients[idle.key] = nil
    }

    // MARK: Reading

    /// Of the last hour, day and 30 days, the running ones among them. Nothing of a client that is not known, which counts as nothing asked for.
    package func kept(of client: ClientID, now: Int64) -> [ServiceLevels.Kept] {
        var own = state.withLock { $0.clients[client] } ?? Own()
        own.settle(now: now)
        return Promise.allCases.map { promise in
            func sum(_ span: Span) -> Share { ServiceLevels.sum(own.slots[span.rawValue], of: promise, last: span.count, until: now / span.length) }
            return .init(promise: promise, hour: sum(.minute), day: sum(.hour), month: sum(.day))
        }
    }

    /// As `ServiceLevels.postMilliseconds`, of the client's own.
    package func postMilliseconds(_ share: Double, of client: ClientID, now: Int64) -> Double? {
        let quarters = state.withLock { $0.clients[client]?.quarters } ?? []
        var counts = [Int](repeating: 0, count: ServiceLevels.boundCount + 1)
        for quarter in quarters where quarter.number > now / Self.quarter - Int64(Self.quarterCount) && quarter.number <= now / Self.quarter {
            for (place, count) in quarter.times.enumerated() { counts[place] += Int(count) }
        }
        return ServiceLevels.milliseconds(counts, share)
    }

    // MARK: On disk

    /// Has it written where something was counted since the last time. What could not be written is so the next time, whether or not anybody calls meanwhile.
    package func keep(now: Int64, _ write: ([UInt8]) throws -> Void) throws {
        guard let text = self.text(now: now) else { return }
        do { try write(text) } catch {
            state.withLock { $0.isChanged = true }
            throw error
        }
    }

    /// A line `c` and the client's id in hexadecimal digits, then its spans: letter, number, and of each promise how often it was kept and asked for.
    ///
    /// - Returns: nil where nothing was counted since the last time.
    package func text(now: Int64) -> [UInt8]? {
        // A copy is taken under the lock and written out beside it: calls that end meanwhile do not wait for the text.
        let clients: [ClientID: Own]? = state.withLock { state in
            guard state.isChanged else { return nil }
            state.isChanged = false
            return state.clients
        }
        guard let clients else { return nil }
        var lines: [String] = []
        for (client, found) in clients.sorted(by: { $0.key.text < $1.key.text }) {
            var own = found
            own.settle(now: now)
            guard own.slots.contains(where: { !$0.isEmpty }) else { continue }
            lines.append("c " + client.bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined())
            // All of them, of which `settle` leaves few: those that are too old by a clock that is ahead count again once it is right.
            for span in Span.allCases {
                for (number, shares) in own.slots[span.rawValue].sorted(by: { $0.key < $1.key }) {
                    lines.append("\(span.letter) \(number) " + shares.map { "\($0.kept) \($0.of)" }.joined(separator: " "))
                }
            }
        }
        return Array(lines.joined(separator: "\n").utf8)
    }

    /// Adds to what is there: called once, at the start.
    ///
    /// Takes in what an earlier run kept; a line that is none is passed over.
    package func restore(_ bytes: [UInt8]) {
        var client: ClientID?
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: " ")
            if parts.first == "c" {
                client = parts.count == 2 ? Self.client(parts[1]) : nil
                continue
            }
            guard let client, let letter = parts.first, let span = Span.allCases.first(where: { $0.letter == letter }),
                let (number, shares) = ServiceLevels.shares(parts.dropFirst())
            else { continue }
            state.withLock { state in
                if state.clients[client] == nil { Self.makeRoom(&state) }
                var own = state.clients[client] ?? Own()
                ServiceLevels.add(shares, at: number, to: &own.slots[span.rawValue])
                // By which it is known who called longest ago: of those that are read here too.
                let (minute, isBeyond) = number.multipliedReportingOverflow(by: span.length / Span.minute.length)
                if !isBeyond { own.minute = max(own.minute, minute) }
                state.clients[client] = own
            }
        }
    }

    /// Nil for an odd number of digits, for what is none, and for what is no id.
    private static func client(_ digits: Substring) -> ClientID? {
        let bytes = stride(from: 0, to: digits.utf8.count, by: 2).compactMap { place in UInt8(digits.dropFirst(place).prefix(2), radix: 16) }
        return bytes.count * 2 == digits.utf8.count ? ClientID(String(decoding: bytes, as: UTF8.self)) : nil
    }
}
