internal import ColumnStore

/// How many bytes of memory each frame of an execution takes, and all of them, about: what its values take where none shares its parts with others, as after they are read from the file.
struct HeldBytes: Sendable, Equatable {
    private var counts: [Int: Int] = [:]
    private(set) var total = 0
    /// What strands hold that failed, their errors too: most were tolerated by some Map, and wait for a redrive alone. Errors are in no total: they are brief (`StateError.brief`), and
    /// executions of before, which may hold many, would end by being read.
    private(set) var failed = 0
    private var failures: [Int: Int] = [:]

    mutating func set(_ frame: Frame) {
        remove(frame.id)
        let count = frame.byteCount
        counts[frame.id] = count
        total += count
        guard case .failed(let error, _) = frame.phase else { return }
        failures[frame.id] = count + error.byteCount
        failed += count + error.byteCount
    }

    mutating func remove(_ frame: Int) {
        guard let count = counts.removeValue(forKey: frame) else { return }
        total -= count
        if let count = failures.removeValue(forKey: frame) { failed -= count }
    }

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
