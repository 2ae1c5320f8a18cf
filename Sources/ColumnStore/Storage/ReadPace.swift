internal import Synchronization

/// How much of a file is asked of a disk at a time: as much as it gives in a millisecond or two, so that whoever writes beside, a commit above all, waits for no more than that.
///
/// A megabyte of a quick disk, a sixteenth of that where one gives a hundred megabytes a second: there more together is read no sooner, and commits took ten times as long
/// (`docs/decisions/0017-latency.md`). It is found by what batches take.
final class ReadPace: Sendable {
    /// Of all that this process reads: which disk a file lies on is not known.
    static let shared = ReadPace()

    static let byteCountRange = 64 << 10...1 << 20
    private static let longNanoseconds: UInt64 = 2_500_000
    private static let shortNanoseconds: UInt64 = 1_250_000

    // Two threads that note at once lose one of two steps, and the next batch makes up for it.
    private let current = Atomic<Int>(ReadPace.byteCountRange.upperBound)
    /// What a batch of twice as much took, in nanoseconds; 0 where that is not known.
    private let ofTwice = Atomic<UInt64>(0)

    init() {}

    var byteCount: Int { current.load(ordering: .relaxed) }

    /// Tells what a batch took that came from the disk. One that was far shorter than might be says nothing.
    func note(byteCount: Int, nanoseconds: UInt64) {
        let known = self.byteCount
        // More than eight gigabytes a second came from memory: not every system says what it has there.
        guard byteCount >= known / 2, nanoseconds > UInt64(byteCount) / 8 else { return }
        let before = ofTwice.exchange(0, ordering: .relaxed)
        if nanoseconds > Self.longNanoseconds {
            // Where twice as much took about as long, it is the way to the disk that takes the time: asked for less, all is read later and nobody waits less.
            let isOfTheWay = before > 0 && nanoseconds > before / 4 * 3
            let next = isOfTheWay ? min(known * 2, Self.byteCountRange.upperBound) : max(known / 2, Self.byteCountRange.lowerBound)
            if next < known { ofTwice.store(nanoseconds, ordering: .relaxed) }
            current.store(next, ordering: .relaxed)
        } else if nanoseconds < Self.shortNanoseconds {
            current.store(min(known * 2, Self.byteCountRange.upperBound), ordering: .relaxed)
        }
    }
}
