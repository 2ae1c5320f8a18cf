/// How many exports of each owner have come to their end since its rows were looked through.
///
/// What is over stays to be looked at, and a client may ask for more than anybody would ever look at: the oldest rows go. To find them takes a look at all that are over, which is worth it once there may be
/// many.
struct EndedExports {
    /// Of one owner, of those that wait or have a file. Each has a row, and the files of all are listed every few seconds.
    static let liveCountMax: Int64 = 10_000
    /// Of one owner, beside those that have come to their end since the last look.
    static let keptCountMax: Int64 = 10_000

    private let lookCount: Int
    private var counts: [Identity: Int] = [:]

    init(lookCount: Int = 1_000) { self.lookCount = lookCount }

    mutating func note(_ owner: Identity) { counts[owner, default: 0] += 1 }

    /// Those whose rows are to be looked through.
    mutating func takeDue() -> [Identity] {
        let due = counts.filter { $0.value >= lookCount }.map(\.key)
        for owner in due { counts[owner] = nil }
        return due
    }
}
