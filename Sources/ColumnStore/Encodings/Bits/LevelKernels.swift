/// Loops over levels, one byte each and below 128, eight at a time in a word.
///
/// Levels are below 128 since columns nest `Levels.greatestSupported` deep at most: the top bit of each byte is free to carry an answer.
enum LevelKernels {
    /// How many of the `count` levels from `from` on are at least `level`, which is above 0.
    ///
    /// - Complexity: O(`count`), eight levels a step.
    static func count(_ levels: [UInt8], _ from: Int, _ count: Int, atLeast level: UInt8) -> Int {
        precondition(from >= 0 && count >= 0 && from + count <= levels.count && level > 0 && level < 128)
        return levels.withUnsafeBytes { raw in
            guard count > 0, let base = raw.baseAddress else { return 0 }
            return countAtLeast(base + from, count, level)
        }
    }

    /// - Precondition: all levels are below 128, `level` is 1…127.
    static func countAtLeast(_ base: UnsafeRawPointer, _ count: Int, _ level: UInt8) -> Int {
        // A byte's top bit is set by this addition when the level is reached.
        // Nothing is carried into the next byte: 127 + 127 is below 256.
        let bias = UInt64(0x80 - level) &* 0x0101_0101_0101_0101
        var total = 0
        var index = 0
        while index &+ 8 <= count {
            // Each byte of the counters holds 255 at most. One simple loop, so that the compiler vectorises it.
            let wordCount = min((count &- index) >> 3, 255)
            var counters: UInt64 = 0
            for word in 0..<wordCount {
                let eight = (base + index).loadUnaligned(fromByteOffset: word &* 8, as: UInt64.self)
                counters &+= ((eight &+ bias) >> 7) & 0x0101_0101_0101_0101
            }
            // The eight counters are added up two by two to 16 bits each, and the multiplication brings the four sums into the top ones.
            let pairs = (counters & 0x00FF_00FF_00FF_00FF) &+ ((counters >> 8) & 0x00FF_00FF_00FF_00FF)
            total &+= Int((pairs &* 0x0001_0001_0001_0001) >> 48)
            index &+= wordCount &* 8
        }
        while index < count {
            total &+= (base + index).load(as: UInt8.self) >= level ? 1 : 0
            index &+= 1
        }
        return total
    }

    /// Whether an entry goes on with a list of this depth that has no element there or in the entry before: no shape has such levels.
    ///
    /// - Parameters:
    ///   - previous: the definition level before the first entry.
    ///   - depth: of the list, 1 for the outermost.
    ///   - elementLevel: the definition level from which on it has an element.
    static func breaksList(_ repetition: [UInt8], _ definition: [UInt8], previous: UInt8, depth: UInt8, elementLevel: UInt8) -> Bool {
        precondition(repetition.count == definition.count && depth > 0)
        return repetition.withUnsafeBufferPointer { repetition in
            definition.withUnsafeBufferPointer { definition in
                guard let first = repetition.first else { return false }
                // All are below 128: a difference has the highest bit where it is below 0.
                let below = depth &- 1
                // In a list of lists, repetition level 2 after an entry whose inner list is empty is such a case: it has no list to go on with.
                // Repetition level `depth` or more goes on with the list; a definition level below `elementLevel` has no element there.
                var broken = (below &- first) & ((definition[0] &- elementLevel) | (previous &- elementLevel))
                for index in 1..<repetition.count {
                    broken |= (below &- repetition[index]) & ((definition[index] &- elementLevel) | (definition[index &- 1] &- elementLevel))
                }
                return broken & 0x80 != 0
            }
        }
    }

    /// The entries, of the `count` from `from` on, before the start of row number `rowCountMax` + 1.
    ///
    /// - Returns: them, and how many rows start among them.
    ///
    /// - Parameters:
    ///   - repetition: a page's; 0 where a row starts.
    ///   - rowCountMax: how many rows are wanted. Entries after the start of the last of them belong to it as long as no other row starts.
    static func rows(_ repetition: [UInt8], _ from: Int, _ count: Int, upTo rowCountMax: Int) -> (entries: Int, rows: Int) {
        precondition(from >= 0 && count >= 0 && from + count <= repetition.count)
        return repetition.withUnsafeBytes { raw in
            guard count > 0, let start = raw.baseAddress else { return (0, 0) }
            let base = start + from
            var rows = 0
            var index = 0
            while index < count {
                // Counted a block at a time: only the block in which the row too many starts is walked byte by byte.
                let part = min(count &- index, 1_024)
                let starts = part &- countAtLeast(base + index, part, 1)
                if rows &+ starts > rowCountMax {
                    for place in index..<(index &+ part) where (base + place).load(as: UInt8.self) == 0 {
                        if rows == rowCountMax { return (place, rows) }
                        rows &+= 1
                    }
                }
                rows &+= starts
                index &+= part
            }
            return (count, rows)
        }
    }
}
