/// Taking a few pieces of neighbouring rows out of a column: they are copied as they lie, not row by row.
extension Column {
    /// The rows of each piece, end to end.
    ///
    /// - Parameter count: rows of all pieces.
    /// - Precondition: pieces lie within the rows.
    func copying(_ pieces: [Range<Int>], count: Int) -> Column {
        if case .constant = values { return Column(type: type, count: count, values: values) }
        let copied: Values
        switch values {
        case .bits(let bits): copied = .bits(bits.copying(pieces))
        case .int32(let source): copied = .int32(Self.copy(source, pieces, count))
        case .int64(let source): copied = .int64(Self.copy(source, pieces, count))
        case .int128(let source): copied = .int128(Self.copy(source, pieces, count))
        case .double(let source): copied = .double(Self.copy(source, pieces, count))
        case .interval(let source): copied = .interval(Self.copy(source, pieces, count))
        case .bytes(let arrays):
            let (offsets, runs) = Self.rebased(arrays.offsets, pieces, count)
            copied = .bytes(ByteArrays(offsets: offsets, bytes: Self.copy(arrays.bytes, runs, Int(offsets[count]))))
        case .dictionary(let codes, let dictionary): copied = .dictionary(codes: Self.copy(codes, pieces, count), dictionary)
        case .list(let offsets, let element):
            let (rebased, runs) = Self.rebased(offsets, pieces, count)
            copied = .list(offsets: rebased, element: element.copying(runs, count: Int(rebased[count])))
        case .structure(let members): copied = .structure(members.map { $0.copying(pieces, count: count) })
        case .constant: copied = values
        }
        return Column(type: type, count: count, validity: validity?.copying(pieces), values: copied)
    }

    private static func copy<Element: BitwiseCopyable>(_ source: [Element], _ pieces: [Range<Int>], _ count: Int) -> [Element] {
        [Element](unsafeUninitializedCapacity: count) { target, filled in
            source.withUnsafeBufferPointer { source in
                for piece in pieces {
                    precondition(piece.lowerBound >= 0 && piece.upperBound <= source.count && piece.count <= count - filled)
                    guard !piece.isEmpty, let from = source.baseAddress, let to = target.baseAddress else { continue }
                    // Safe: both ranges were checked against their buffers.
                    (to + filled).initialize(from: from + piece.lowerBound, count: piece.count)
                    filled += piece.count
                }
            }
            precondition(filled == count)
        }
    }

    /// Offsets of what the pieces' rows hold, put end to end, and where that lies.
    private static func rebased(_ offsets: [Int32], _ pieces: [Range<Int>], _ count: Int) -> (offsets: [Int32], runs: [Range<Int>]) {
        var rebased: [Int32] = [0]
        rebased.reserveCapacity(count + 1)
        var runs: [Range<Int>] = []
        var total: Int32 = 0
        for piece in pieces {
            let move = total - offsets[piece.lowerBound]
            for row in piece { rebased.append(offsets[row + 1] + move) }
            runs.append(Int(offsets[piece.lowerBound])..<Int(offsets[piece.upperBound]))
            total = offsets[piece.upperBound] + move
        }
        return (rebased, runs)
    }
}

extension Bitmap {
    /// The bits of each piece, end to end.
    fileprivate func copying(_ pieces: [Range<Int>]) -> Bitmap {
        var copied = Bitmap()
        for piece in pieces { copied.append(contentsOf: slice(piece)) }
        return copied
    }
}
