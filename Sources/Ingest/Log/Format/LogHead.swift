import ColumnStore
import Glibc

/// The object `head` of a log: whose it is, who writes it, and how far it goes. Replaced by swaps alone, so that a writer whose log was taken over hears
/// of it with its next segment.
struct LogHead: Equatable, Sendable {
    /// The store's id.
    var store: String
    /// Raised by each restore, and by a start that cannot go on where the log ends.
    var epoch: Int64
    /// Drawn by each writer at its start.
    var mark: String
    /// The last record that is there; 0 before the first.
    var last: Int64 = 0
    var hash = LogRecord.noHash
    /// Of the last record, in microseconds since 1970: no later one of the epoch has an earlier time, whatever the clock says then.
    var time: Int64 = 0
    /// The log tells the store's state up to here, in microseconds since 1970.
    var until: Int64 = 0
    /// Of the epoch, the newest last.
    private(set) var setBacks: [SetBack] = []
    /// For people.
    var host = Self.thisHost

    /// The clock was set back, or has caught up with one that was ahead: what was committed before it stood at `to` again bears that time or an earlier one that it never had, so that no instant
    /// of the two tells what had been committed by then.
    struct SetBack: Equatable, Sendable {
        /// Microseconds since 1970, as is `to`.
        var from: Int64
        var to: Int64
    }

    /// Of less nobody need hear: clocks are set right by that much.
    static let setBackMin: Int64 = 1_000_000
    /// The head is small, and read with a bound.
    private static let setBackCountMax = 8

    static let key = "head"

    /// What an epoch had come to when the next one began.
    ///
    /// Written before the swap that begins the next epoch, and again by each attempt: the epoch's writer may go on until then.
    static func key(ofEpoch epoch: Int64) -> String { ended + LogNumber.text(epoch) }

    static let ended = "epochs/"

    static func newMark() -> String { Hexadecimal.text((0..<16).map { _ in .random(in: 0...255) }) }

    var bytes: [UInt8] {
        Array("""
            till-log 1
            store \(store)
            epoch \(epoch)
            mark \(mark)
            last \(last)
            hash \(Hexadecimal.text(hash))
            time \(time)
            until \(until)
            host \(host)

            """.utf8) + Array((setBacks.isEmpty ? "" : "set-back \(setBacks.map { "\($0.from)-\($0.to)" }.joined(separator: " "))\n").utf8)
    }

    /// Notes where the clock stands before the time of what is committed.
    ///
    /// - Returns: whether it was set back just now.
    mutating func note(clock now: Int64, committed time: Int64) -> Bool {
        guard time.subtractingSaturating(now) > Self.setBackMin else { return false }
        if let last = setBacks.last, last.to == time {
            setBacks[setBacks.count - 1].from = min(last.from, now)
            return false
        }
        if setBacks.count >= Self.setBackCountMax { setBacks.removeFirst() }
        setBacks.append(SetBack(from: now, to: time))
        return true
    }

    init(store: String, epoch: Int64, mark: String = Self.newMark()) { (self.store, self.epoch, self.mark) = (store, epoch, mark) }

    /// - Throws: `.corruptFile` for what no store has written.
    init(parsing bytes: [UInt8], path: String) throws(ColumnStoreError) {
        let fields = LogFields(bytes)
        guard fields.title == "till-log 1", let store = fields["store"], let epoch = fields.number("epoch"), let mark = fields["mark"],
            let last = fields.number("last"), let hash = fields["hash"].flatMap(Hexadecimal.bytes), hash.count == SHA256.byteCount,
            let until = fields.number("until")
        else { throw ColumnStoreError(.corruptFile, path: path, "does not say whose log this is: is it one of a later version of till, or none?") }
        self.init(store: store, epoch: epoch, mark: mark)
        (self.last, self.hash, self.until, host) = (last, hash, until, fields["host"] ?? "?")
        // An earlier version has not told it: what the log tells of is about as late.
        time = fields.number("time") ?? until
        // For the words of a restore alone: what is none is passed over.
        setBacks = (fields["set-back"] ?? "").split(separator: " ").suffix(Self.setBackCountMax).compactMap { part in
            let numbers = part.split(separator: "-").compactMap { Int64($0) }
            return numbers.count == 2 && numbers.allSatisfy { (0...1 << 62).contains($0) } ? SetBack(from: numbers[0], to: numbers[1]) : nil
        }
    }

    private static var thisHost: String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "?" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// Lines of a name and a value below a title.
struct LogFields {
    let title: String
    private var values: [String: String] = [:]

    /// - Parameter bytes: any: a line without a value is passed over, and of two of one name the later counts.
    init(_ bytes: [UInt8]) {
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        title = lines.first ?? ""
        for line in lines.dropFirst() {
            let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
            if parts.count == 2 { values[parts[0]] = parts[1] }
        }
    }

    subscript(name: String) -> String? { values[name] }

    /// One that a log counts to: 0 to 2⁶², so that what is added to it does not overflow.
    func number(_ name: String) -> Int64? { values[name].flatMap { Int64($0) }.flatMap { (0...1 << 62).contains($0) ? $0 : nil } }
}

/// Numbers in keys, which sort as they count.
package enum LogNumber {
    package static func text(_ number: Int64) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 19 - digits.count)) + digits
    }

    /// - Returns: nil for what is none, or beyond what records count to: an object that somebody else has put there.
    package static func number(_ text: some StringProtocol) -> Int64? {
        guard text.utf8.count == 19, text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = Int64(text), number <= 1 << 60 else { return nil }
        return number
    }
}
