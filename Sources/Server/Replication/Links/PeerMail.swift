internal import Cluster

/// How much of what peers have said waits for the node's thread. Where a disk stands still that thread does, too, and a leader sends what it has no answer to again and again: what has no room is dropped, as any
/// message may be that is lost on its way.
struct PeerMail {
    private(set) var byteCount = 0

    /// Some messages of the longest kind.
    static let byteCountMax = 16 << 20

    /// Takes a message in where there is room for it; one alone always has.
    ///
    /// - Returns: false where it is to be dropped.
    mutating func admit(_ message: Message) -> Bool {
        let own = Self.byteCount(of: message)
        guard byteCount == 0 || own <= Self.byteCountMax - byteCount else { return false }
        byteCount += own
        return true
    }

    /// About what it takes in memory: no message is longer than a frame.
    static func byteCount(of message: Message) -> Int {
        guard case .lead(let lead) = message else { return 512 }
        return 1_024 + lead.records.reduce(0) { $0 + $1.body.count + 128 } + 16 * (lead.resume?.history.spans.count ?? 0)
    }
}
