internal import ColumnStore

/// How many bytes of memory each frame of an execution takes, and all of them, about: what its values take where none shares its parts with others, as after they are read from the file.
struct HeldBytes: Sendable, Equatable {
    private var counts: [Int: Int] = [:]
    private(set) var total = 0

    mutating func set(_ count: Int, of frame: Int) {
        total += count - (counts.updateValue(count, forKey: frame) ?? 0)
    }

    mutating func remove(_ frame: Int) { total -= counts.removeValue(forKey: frame) ?? 0 }

    /// It follows from the frames, and is no state of its own.
    static func == (_: HeldBytes, _: HeldBytes) -> Bool { true }
}

extension Frame {
    /// Of its values in memory, none of which is out of bounds.
    var byteCount: Int {
        func count(_ value: JSONValue?) -> Int { value.map(ValueLimits.memoryByteCount) ?? 0 }
        let own = count(input) + count(item)
        switch phase {
        case .done(let output): return own + count(output)
        case .items(let progress): return progress.items.reduce(own + count(progress.data) + count(progress.batchInput)) { $0 + count($1) } + count(progress.place)
        case .branches(_, let rest): return own + count(rest)
        case .ready, .task, .waiting, .retrying, .failed, .stopped: return own
        }
    }
}
