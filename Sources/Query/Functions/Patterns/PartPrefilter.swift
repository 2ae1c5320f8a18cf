import ColumnStore

/// Which of many texts may hold a part of a pattern: its bytes are looked for in all texts at once, 64 places at a time, so that hardly
/// any text is looked at, folded or matched by itself.
///
/// Without regard to case a byte may be that of either form. Texts that hold the part are always among the candidates, if they are UTF-8.
///
/// Two bytes of the part, the rarest ones at fixed distances from its beginning, are compared in blocks of 64 places without a branch, which the
/// compiler makes vector instructions of. Only in a block where some place has both the others are looked for there, one after another, until no place is left:
/// two letters come in every other text of a language, where the whole part hardly ever does. A place at which all stand is a candidate; that the part stands
/// there, in one and the same case, is asked later.
///
///     part "fjord", marks j at 1 and f at 0:    a block is a hit where some place has both, and is looked through where some has o, r and d as well
///
/// Invariant: a text with the part in it has a place where all marks stand.
struct PartPrefilter {
    /// A byte of the part: where it stands and what it may be.
    fileprivate struct Mark {
        let offset: Int
        let one: UInt8
        let other: UInt8
    }

    private let first: Mark
    private let second: Mark
    /// The next rarest.
    private let others: [Mark]
    /// Of the bytes that every form of the part has, from the first one on.
    private let byteCount: Int

    /// - Parameter part: in lower case when `ignoringCase`.
    /// - Returns: nil when the part has not two bytes at places that all of its forms share.
    init?(_ part: some Collection<UInt8>, ignoringCase: Bool) {
        var marks: [Mark] = []
        var best: (marks: [Mark], byteCount: Int) = ([], 0)
        var offset = 0
        func close() {
            if offset > best.byteCount { best = (marks, offset) }
            (marks, offset) = ([], 0)
        }
        for scalar in String(decoding: part, as: UTF8.self).unicodeScalars {
            let forms = ([scalar] + (ignoringCase ? CaseMapping.origins[scalar] ?? [] : [])).map { Array(UTF8.encode($0) ?? UTF8.encodedReplacementCharacter) }
            // A form of another length moves what stands behind it.
            guard forms.allSatisfy({ $0.count == forms[0].count }) else {
                close()
                continue
            }
            for index in forms[0].indices {
                let bytes = Set(forms.map { $0[index] }).sorted()
                if bytes.count <= 2 { marks.append(Mark(offset: offset + index, one: bytes[0], other: bytes[bytes.count - 1])) }
            }
            offset += forms[0].count
        }
        close()
        func commonness(_ mark: Mark) -> Int { max(ByteSearch.commonness(mark.one), ByteSearch.commonness(mark.other)) }
        let rarest = best.marks.sorted { (commonness($0), $0.offset) < (commonness($1), $1.offset) }
        guard rarest.count >= 2 else { return nil }
        (first, second, others, byteCount) = (rarest[0], rarest[1], Array(rarest[2..<min(rarest.count, Self.markCountMax)]), best.byteCount)
    }

    /// The texts that may hold the part, ascending.
    func candidates(_ texts: ByteArrays) -> [Int32] {
        var rows: [Int32] = []
        texts.bytes.withUnsafeBufferPointer { bytes in
            texts.offsets.withUnsafeBufferPointer { offsets in
                var row = 0
                var place = Int(offsets[0])
                // Texts lie end to end: a hit belongs to the text that its place lies in, unless the part would reach into the next one.
                while let found = next(in: bytes, from: place) {
                    while Int(offsets[row + 1]) <= found { row += 1 }
                    let end = Int(offsets[row + 1])
                    if found + byteCount <= end { rows.append(Int32(truncatingIfNeeded: row)) }
                    // What begins further on in this text reaches even further.
                    place = end
                }
            }
        }
        return rows
    }

    private static let blockCount = 64
    /// Of a longer part: what has as many of its rarest bytes is hardly ever another, and a text that is made to have them all again and again costs no more.
    private static let markCountMax = 8

    /// The first place from `start` on at which all marks stand.
    private func next(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        let end = bytes.count - byteCount + 1
        guard start < end, let base = bytes.baseAddress else { return nil }
        var place = start
        // Safe: `place + blockCount` is `end` at most, so that marks stand within `byteCount` bytes of a place before `end`.
        while place + Self.blockCount <= end {
            if isHit(base + place + first.offset, base + place + second.offset), let found = firstHit(in: base + place) { return place + found }
            place += Self.blockCount
        }
        while place < end {
            if isAt(base + place) { return place }
            place += 1
        }
        return nil
    }

    /// Whether the two rarest marks stand at one of 64 places: a loop without branches.
    @inline(__always)
    private func isHit(_ one: UnsafePointer<UInt8>, _ two: UnsafePointer<UInt8>) -> Bool {
        var hits: UInt8 = 0
        for index in 0..<Self.blockCount { hits |= first.isAt(one[index]) & second.isAt(two[index]) }
        return hits != 0
    }

    /// The first of 64 places at which all marks stand.
    private func firstHit(in block: UnsafePointer<UInt8>) -> Int? {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.blockCount) { hits in
            let (one, two) = (block + first.offset, block + second.offset)
            for index in 0..<Self.blockCount { hits.initializeElement(at: index, to: first.isAt(one[index]) & second.isAt(two[index])) }
            for mark in others {
                let next = block + mark.offset
                var left: UInt8 = 0
                for index in 0..<Self.blockCount {
                    let hit = hits[index] & mark.isAt(next[index])
                    hits[index] = hit
                    left |= hit
                }
                if left == 0 { return nil }
            }
            return hits.firstIndex { $0 != 0 }
        }
    }

    /// Whether all marks stand at a place.
    private func isAt(_ place: UnsafePointer<UInt8>) -> Bool {
        first.isAt(place[first.offset]) & second.isAt(place[second.offset]) != 0 && others.allSatisfy { $0.isAt(place[$0.offset]) != 0 }
    }
}

extension PartPrefilter.Mark {
    @inline(__always)
    fileprivate func isAt(_ byte: UInt8) -> UInt8 { (byte == one ? 1 : 0) | (byte == other ? 1 : 0) }
}
