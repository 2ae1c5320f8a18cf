/// Taking rows out of columns and putting columns end to end.
extension Column {
    /// The rows at `indices`, in that order; a row may come more than once. Texts that come often enough to take more than they all do here are
    /// shared, as a dictionary.
    ///
    /// - Precondition: indices are 0 ..< `count`.
    /// - Complexity: O(indices), and the bytes of texts and elements that are copied.
    public func gathering(_ indices: [Int32]) -> Column {
        if case .bytes(let arrays) = values { return gathering(arrays, indices) }
        return copying(indices)
    }

    /// Fewer bytes are copied, however often they come.
    private static let sharedByteCountMin = 1 << 20

    /// Of texts: copied, or shared as the entries of a dictionary that these rows alone have.
    private func gathering(_ arrays: ByteArrays, _ indices: [Int32]) -> Column {
        let validity = validity.map { $0.gathering(indices) }
        let (offsets, total) = arrays.gatheredOffsets(indices)
        // As entries the texts are there once; what is added is a code for each row.
        if total > max(Self.sharedByteCountMin, arrays.bytes.count) {
            let entries = DictionaryValues(values: Column(type: type, count: count, values: values), isOwn: true)
            let codes = indices.map { UInt32(bitPattern: $0) }
            return Column(type: type, count: indices.count, validity: validity, values: .dictionary(codes: codes, entries))
        }
        return Column(type: type, count: indices.count, validity: validity, values: .bytes(arrays.gathering(indices, offsets, total)))
    }

    /// As `gathering`, with texts as they lie here.
    ///
    /// Elements and members are copied so, however long their texts are.
    private func copying(_ indices: [Int32]) -> Column {
        if case .constant = values { return Column(type: type, count: indices.count, values: values) }
        let validity = validity.map { $0.gathering(indices) }
        let gathered: Values
        switch values {
        case .bits(let bits): gathered = .bits(bits.gathering(indices))
        case .int32(let source): gathered = .int32(Self.gather(source, indices))
        case .int64(let source): gathered = .int64(Self.gather(source, indices))
        case .int128(let source): gathered = .int128(Self.gather(source, indices))
        case .double(let source): gathered = .double(Self.gather(source, indices))
        case .interval(let source): gathered = .interval(Self.gather(source, indices))
        case .bytes(let arrays): gathered = .bytes(arrays.gathering(indices))
        case .dictionary(let codes, let dictionary): gathered = .dictionary(codes: Self.gather(codes, indices), dictionary)
        case .list(let offsets, let element): gathered = Self.gatherLists(offsets, element, indices)
        case .structure(let members): gathered = .structure(members.map { $0.copying(indices) })
        case .constant: gathered = values
        }
        return Column(type: type, count: indices.count, validity: validity, values: gathered)
    }

    @inline(__always)
    private static func gather<Element: BitwiseCopyable>(_ source: [Element], _ indices: [Int32]) -> [Element] {
        [Element](unsafeUninitializedCapacity: indices.count) { target, count in
            source.withUnsafeBufferPointer { source in
                for row in indices.indices {
                    let index = Int(indices[row])
                    precondition(index >= 0 && index < source.count)
                    target[row] = source[index]
                }
            }
            count = indices.count
        }
    }

    /// Lists are copied whole: where mostly neighbours are taken, their elements in a few pieces, else element by element.
    ///
    /// - Precondition: the elements are fewer than 2^31.
    private static func gatherLists(_ offsets: [Int32], _ element: Column, _ indices: [Int32]) -> Values {
        var gatheredOffsets: [Int32] = [0]
        gatheredOffsets.reserveCapacity(indices.count + 1)
        var pieces: [Range<Int>] = []
        var total = 0
        for index in indices {
            let (start, end) = (Int(offsets[Int(index)]), Int(offsets[Int(index) + 1]))
            // Else pieces would hold more than `total`, for which alone there is room below.
            precondition(start <= end)
            total += end - start
            gatheredOffsets.append(Int32(total))
            // Goes on where the list before it ended.
            if let last = pieces.last, last.upperBound == start {
                pieces[pieces.count - 1] = last.lowerBound..<end
            } else if start < end {
                pieces.append(start..<end)
            }
        }
        if total >= pieces.count * pieceElementCountMin { return .list(offsets: gatheredOffsets, element: element.copying(pieces, count: total)) }
        let elementIndices = [Int32](unsafeUninitializedCapacity: total) { target, count in
            for piece in pieces {
                for place in piece {
                    target[count] = Int32(truncatingIfNeeded: place)
                    count += 1
                }
            }
        }
        return .list(offsets: gatheredOffsets, element: element.copying(elementIndices))
    }

    /// Shorter pieces cost less copied element by element.
    private static let pieceElementCountMin = 32

    /// The rows of `range` as a column of its own.
    ///
    /// - Precondition: `range` is within the rows.
    /// - Complexity: O(rows of the range): they are copied; dictionaries and constants are shared.
    public func slice(_ range: Range<Int>) -> Column {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        if range.count == count { return self }
        let sliced: Values
        switch values {
        case .bits(let bits): sliced = .bits(bits.slice(range))
        case .int32(let source): sliced = .int32(Array(source[range]))
        case .int64(let source): sliced = .int64(Array(source[range]))
        case .int128(let source): sliced = .int128(Array(source[range]))
        case .double(let source): sliced = .double(Array(source[range]))
        case .interval(let source): sliced = .interval(Array(source[range]))
        case .bytes(let arrays): sliced = .bytes(arrays.slice(range))
        case .dictionary(let codes, let dictionary): sliced = .dictionary(codes: Array(codes[range]), dictionary)
        case .list(let offsets, let element):
            let first = offsets[range.lowerBound]
            let rebased = offsets[range.lowerBound...range.upperBound].map { $0 - first }
            sliced = .list(offsets: rebased, element: element.slice(Int(first)..<Int(offsets[range.upperBound])))
        case .structure(let members): sliced = .structure(members.map { $0.slice(range) })
        case .constant: sliced = values
        }
        return Column(type: type, count: range.count, validity: validity?.slice(range), values: sliced)
    }

    /// The same rows with dictionary codes and constants replaced by plain values, in nested columns too.
    ///
    /// - Precondition: texts that a dictionary repeats stay below 2 GiB once they are laid out.
    /// - Complexity: O(rows), and the bytes of texts.
    public func flattened() -> Column {
        switch values {
        case .dictionary(let codes, let dictionary):
            let rows = codes.map { Int32(bitPattern: $0) }
            // Beneath a NULL no text is laid out: what stands there may be the longest of all.
            if let validity, case .bytes(let entries) = dictionary.values.values {
                let (offsets, total) = entries.gatheredOffsets(rows, where: validity)
                return Column(type: type, count: count, validity: validity, values: .bytes(entries.gathering(rows, offsets, total)))
            }
            return Column(type: type, count: count, validity: validity, values: dictionary.values.copying(rows).values)
        case .constant(let value):
            var builder = ColumnBuilder(type: type)
            for _ in 0..<count { builder.append(value) }
            return builder.finish()
        case .list(let offsets, let element):
            return Column(type: type, count: count, validity: validity, values: .list(offsets: offsets, element: element.flattened()))
        case .structure(let members):
            return Column(type: type, count: count, validity: validity, values: .structure(members.map { $0.flattened() }))
        default:
            return self
        }
    }

    /// One row as a value: for rims and tests, never for loops.
    ///
    /// DECIMAL comes as its digits, TIME and the like as their numbers, text as its bytes; the column's type says what they mean.
    public func value(at row: Int) -> Value {
        precondition(row >= 0 && row < count)
        if case .constant(let value) = values { return value }
        if isNull(at: row) { return .null }
        switch values {
        case .bits(let bits): return .boolean(bits[row])
        case .int32(let values): return .integer(Int64(values[row]))
        case .int64(let values):
            if case .decimal = type { return .decimal(Int128(values[row])) }
            return .integer(values[row])
        case .int128(let values): return .decimal(values[row])
        case .double(let values): return .double(values[row])
        case .interval(let values): return .interval(values[row])
        case .bytes(let arrays): return .bytes(Array(arrays[row]))
        case .dictionary(let codes, let dictionary):
            let entries = dictionary.values
            return (entries.type == type ? entries : entries.retyped(type)).value(at: Int(codes[row]))
        case .list(let offsets, let element):
            return .list((Int(offsets[row])..<Int(offsets[row + 1])).map { element.value(at: $0) })
        case .structure(let members): return .structure(members.map { $0.value(at: row) })
        case .constant(let value): return value
        }
    }

    /// Columns of one type end to end. Dictionaries are kept when all share one, else flattened.
    ///
    /// - Parameter type: what the result is of; the columns' own types lie alike.
    /// - Precondition: texts stay below 2 GiB together.
    public static func concatenating(_ columns: [Column], type: ColumnType) -> Column {
        if columns.count == 1, let only = columns.first { return only }
        if let shared = sharedDictionary(columns) {
            var codes: [UInt32] = []
            for column in columns { if case .dictionary(let more, _) = column.values { codes.append(contentsOf: more) } }
            return Column(
                type: type, count: codes.count, validity: joinedValidity(columns), values: .dictionary(codes: codes, shared))
        }
        var builder = ColumnBuilder(type: type)
        // Growing bit by bit would leave up to as much room again.
        builder.reserve(rowCount: columns.reduce(0) { $0 + $1.count }, byteCount: columns.reduce(0) { $0 + $1.textByteCount })
        for column in columns { builder.append(contentsOf: column) }
        return builder.finish()
    }

    /// Of the texts of the rows, where they lie one after another.
    private var textByteCount: Int { if case .bytes(let arrays) = values { arrays.bytes.count } else { 0 } }

    /// The one dictionary of all columns; nil where there are several, or a column without.
    private static func sharedDictionary(_ columns: [Column]) -> DictionaryValues? {
        var shared: DictionaryValues?
        for column in columns {
            guard case .dictionary(_, let dictionary) = column.values else { return nil }
            if let shared, shared !== dictionary { return nil }
            shared = dictionary
        }
        return shared
    }

    /// Nil where no column has a NULL.
    private static func joinedValidity(_ columns: [Column]) -> Bitmap? {
        guard columns.contains(where: { $0.validity != nil }) else { return nil }
        var joined = Bitmap()
        for column in columns { joined.append(contentsOf: column.validity ?? Bitmap(repeating: true, count: column.count)) }
        return joined
    }
}

extension ByteArrays {
    /// The strings at `indices`, in that order, copied end to end.
    ///
    /// - Precondition: what is gathered stays below 2 GiB.
    public func gathering(_ indices: [Int32]) -> ByteArrays {
        let (offsets, total) = gatheredOffsets(indices)
        return gathering(indices, offsets, total)
    }

    /// Where the strings lie once gathered, and how long they are together: as offsets only below 2 GiB.
    ///
    /// Past that the offsets are of no use, and the length tells so.
    ///
    /// - Parameter present: a bit a row, nil for all: without one it is empty.
    fileprivate func gatheredOffsets(_ indices: [Int32], where present: Bitmap? = nil) -> (offsets: [Int32], total: Int) {
        var gatheredOffsets: [Int32] = [0]
        gatheredOffsets.reserveCapacity(indices.count + 1)
        var total = 0
        for (row, index) in indices.enumerated() {
            if present?[row] ?? true { total += Int(offsets[Int(index) + 1] &- offsets[Int(index)]) }
            gatheredOffsets.append(Int32(truncatingIfNeeded: total))
        }
        return (gatheredOffsets, total)
    }

    fileprivate func gathering(_ indices: [Int32], _ gatheredOffsets: [Int32], _ total: Int) -> ByteArrays {
        precondition(total <= Int32.max, "texts past 2 GiB")
        let gathered = [UInt8](unsafeUninitializedCapacity: total) { target, count in
            bytes.withUnsafeBytes { source in
                for row in indices.indices {
                    let start = Int(offsets[Int(indices[row])])
                    let length = Int(gatheredOffsets[row + 1] - gatheredOffsets[row])
                    precondition(start + length <= source.count)
                    guard length > 0, let from = source.baseAddress, let to = target.baseAddress else { continue }
                    // Safe: both ranges were checked against their buffers.
                    UnsafeMutableRawPointer(to + Int(gatheredOffsets[row])).copyMemory(from: from + start, byteCount: length)
                }
            }
            count = total
        }
        return ByteArrays(offsets: gatheredOffsets, bytes: gathered)
    }

    /// The strings of `range` with offsets from 0 on, copied.
    public func slice(_ range: Range<Int>) -> ByteArrays {
        let first = offsets[range.lowerBound]
        let last = offsets[range.upperBound]
        return ByteArrays(
            offsets: offsets[range.lowerBound...range.upperBound].map { $0 - first }, bytes: Array(bytes[Int(first)..<Int(last)]))
    }
}

extension ColumnBatch {
    public func gathering(_ indices: [Int32]) -> ColumnBatch {
        ColumnBatch(rowCount: indices.count, columns: columns.map { $0.gathering(indices) })
    }

    public func slice(_ range: Range<Int>) -> ColumnBatch {
        ColumnBatch(rowCount: range.count, columns: columns.map { $0.slice(range) })
    }
}
