/// Frames that can go on at once, the oldest first: each is there once, and asked for without a walk.
///
/// A redrive may make a hundred thousand ready: taking the first of an array moved all others.
struct ReadyFrames: Sendable, Equatable, Sequence {
    private var frames: [Int] = []
    /// Those before it are taken.
    private var first = 0
    private var members: Set<Int> = []
    /// So many are taken before the rest moves up.
    private static let slackCount = 64

    var isEmpty: Bool { first == frames.count }
    var count: Int { frames.count - first }

    func contains(_ id: Int) -> Bool { members.contains(id) }

    /// What is there stays where it is.
    mutating func append(_ id: Int) {
        if members.insert(id).inserted { frames.append(id) }
    }

    /// - Precondition: not empty.
    /// - Complexity: O(1), over many.
    mutating func removeFirst() -> Int {
        let id = frames[first]
        first += 1
        members.remove(id)
        if first > Self.slackCount, first > frames.count / 2 {
            frames.removeFirst(first)
            first = 0
        }
        return id
    }

    /// - Complexity: O(what is there) where one of them is, else O(`ids`).
    mutating func remove(_ ids: some Sequence<Int>) {
        var gone: Set<Int> = []
        for id in ids where members.remove(id) != nil { gone.insert(id) }
        guard !gone.isEmpty else { return }
        frames = frames[first...].filter { !gone.contains($0) }
        first = 0
    }

    mutating func removeAll() { self = ReadyFrames() }

    func makeIterator() -> ArraySlice<Int>.Iterator { frames[first...].makeIterator() }

    static func == (left: ReadyFrames, right: ReadyFrames) -> Bool { left.frames[left.first...] == right.frames[right.first...] }
}

extension [Int] {
    /// Of a number in a rising list.
    func placeInOrder(of number: Int) -> Int? {
        var (low, high) = (0, count)
        while low < high {
            let middle = low + (high - low) / 2
            if self[middle] < number { low = middle + 1 } else { high = middle }
        }
        return low < count && self[low] == number ? low : nil
    }
}
