internal import Cluster
internal import ColumnStore

/// Reads slots, and further ones beside the next where they are asked for one after the other: who takes over after a long outage has very many to read. What was found stays what it is; that one was
/// empty is never kept.
///
/// Owned by the thread of `SlotCalls`. What is ahead belongs to one generation, and is dropped with it.
struct SlotsAhead {
    private let place: SlotPlace
    private var generation = 0
    /// The last one that was asked for and found.
    private var last = 0
    private var ahead: [Int: Record] = [:]

    /// At once; each may be of 128 KiB.
    private static let count = 16

    init(_ place: SlotPlace) { self.place = place }

    /// As `SlotPlace.read`.
    mutating func read(_ generation: Int, _ sequence: Int, of log: Configuration.LogStart?) throws -> Record? {
        if self.generation != generation { (self.generation, last, ahead) = (generation, 0, [:]) }
        if let record = ahead.removeValue(forKey: sequence) {
            last = sequence
            return record
        }
        guard let record = try place.read(generation, sequence, of: log) else { return nil }
        if last > 0, sequence - 1 == last { ahead = Self.fetch(place, generation, after: sequence) }
        last = sequence
        return record
    }

    /// Those of the next that are there; an error of one is thrown when that one is read.
    private static func fetch(_ place: SlotPlace, _ generation: Int, after sequence: Int) -> [Int: Record] {
        let found = Monitor<[Int: Record]>([:])
        // What no thread is had for is read in its turn.
        let threads = (1...count).compactMap { number in
            WorkerThread.joinable(name: "cluster-ahead") {
                if let record = try? place.read(generation, sequence.addingSaturating(number), of: nil) { found.withLock { $0[record.sequence] = record } }
            }
        }
        for thread in threads { thread.join() }
        return found.withLock { $0 }
    }
}
