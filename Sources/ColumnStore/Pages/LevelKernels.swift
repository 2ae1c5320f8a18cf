/// Loops over levels, one byte each.
enum LevelKernels {
    /// How many of the `count` levels from `from` on are `level`.
    static func count(_ levels: [UInt8], _ from: Int, _ count: Int, equalTo level: UInt8) -> Int {
        precondition(from >= 0 && count >= 0 && from + count <= levels.count)
        return levels.withUnsafeBufferPointer { levels in
            var total = 0
            var index = from
            let end = from + count
            while index < end {
                // Counted in a byte, so that the loop is vectorised over sixteen or more at a time.
                let stop = min(index &+ 192, end)
                var part: UInt8 = 0
                for place in index..<stop { part &+= levels[place] == level ? 1 : 0 }
                total &+= Int(part)
                index = stop
            }
            return total
        }
    }

    static func count(_ levels: [UInt8], _ from: Int, _ count: Int, atLeast level: UInt8) -> Int {
        precondition(from >= 0 && count >= 0 && from + count <= levels.count)
        return levels.withUnsafeBufferPointer { levels in
            var total = 0
            var index = from
            let end = from + count
            while index < end {
                let stop = min(index &+ 192, end)
                var part: UInt8 = 0
                for place in index..<stop { part &+= levels[place] >= level ? 1 : 0 }
                total &+= Int(part)
                index = stop
            }
            return total
        }
    }

    /// The entries, of the `count` from `from` on, before the start of row number `rowCountMax` + 1.
    ///
    /// - Returns: them, and how many rows start among them.
    static func rows(_ repetition: [UInt8], _ from: Int, _ count: Int, upTo rowCountMax: Int) -> (entries: Int, rows: Int) {
        precondition(from >= 0 && count >= 0 && from + count <= repetition.count)
        return repetition.withUnsafeBufferPointer { levels in
            var rows = 0
            var index = from
            let end = from + count
            while index < end {
                let stop = min(index &+ 192, end)
                var part: UInt8 = 0
                for place in index..<stop { part &+= levels[place] == 0 ? 1 : 0 }
                if rows &+ Int(part) > rowCountMax {
                    for place in index..<stop where levels[place] == 0 {
                        if rows == rowCountMax { return (place &- from, rows) }
                        rows &+= 1
                    }
                }
                rows &+= Int(part)
                index = stop
            }
            return (count, rows)
        }
    }
}
