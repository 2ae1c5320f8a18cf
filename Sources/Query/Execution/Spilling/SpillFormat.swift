import ColumnStore

/// Batches as bytes for spill files, in the machine's own order: they never leave the process.
///
///     batch  = bodyByteCount: Int64, rowCount: Int64, column…
///     column = form: UInt8, hasValidity: UInt8, [words], values
///
///     words  = UInt64… of the bitmap, (rowCount + 63) / 64 of them; a set bit is a value, a clear one NULL
///     values = bits: words; int32 … interval: rowCount elements of 4, 8 or 16 bytes; null: nothing
///            | bytes: offsets, the text's bytes; list: offsets, column of elements; structure: a column for each member
///     offsets = Int32 × (rowCount + 1), from 0
///
/// `bodyByteCount` is what follows the header of 16 bytes, so that a reader needs two reads for a batch and no look-ahead.
/// Types are not in it: whoever made the file knows them. Nothing is aligned: elements are copied out by bytes.
/// Dictionaries and constants are laid out before they are written, since a code without its dictionary would mean nothing
/// after the batch is gone.
enum SpillFormat {
    static let headerByteCount = 16

    /// - Parameter header: `headerByteCount` bytes as `append` wrote them.
    static func bodyByteCount(_ header: [UInt8]) -> Int { header.withUnsafeBytes { $0.loadUnaligned(as: Int.self) } }

    /// Writes a batch behind what `bytes` holds.
    static func append(_ batch: ColumnBatch, to bytes: inout [UInt8]) {
        let start = bytes.count
        bytes.append(contentsOf: [UInt8](repeating: 0, count: headerByteCount))
        for column in batch.columns { append(column.flattened(), to: &bytes) }
        // The header's place was kept free: lengths are known only when the columns lie there.
        let (body, rows) = (bytes.count - start - headerByteCount, batch.rowCount)
        bytes.withUnsafeMutableBytes {
            $0.storeBytes(of: body, toByteOffset: start, as: Int.self)
            $0.storeBytes(of: rows, toByteOffset: start + 8, as: Int.self)
        }
    }

    /// How a column lies: of its type a column may have several forms (a decimal in 64 or in 128 bits), so that the reader
    /// must know which it is.
    private enum Form: UInt8 { case bits, int32, int64, int128, double, interval, bytes, list, structure, null }

    private static func append(_ column: Column, to bytes: inout [UInt8]) {
        func begin(_ form: Form) {
            bytes.append(form.rawValue)
            bytes.append(column.validity == nil ? 0 : 1)
            if let validity = column.validity { append(validity.words, to: &bytes) }
        }
        switch column.values {
        case .bits(let bits):
            begin(.bits)
            append(bits.words, to: &bytes)
        case .int32(let values):
            begin(.int32)
            append(values, to: &bytes)
        case .int64(let values):
            begin(.int64)
            append(values, to: &bytes)
        case .int128(let values):
            begin(.int128)
            append(values, to: &bytes)
        case .double(let values):
            begin(.double)
            append(values, to: &bytes)
        case .interval(let values):
            begin(.interval)
            append(values, to: &bytes)
        case .bytes(let arrays):
            begin(.bytes)
            append(arrays.offsets, to: &bytes)
            bytes.append(contentsOf: arrays.bytes)
        case .list(let offsets, let element):
            begin(.list)
            append(offsets, to: &bytes)
            append(element.flattened(), to: &bytes)
        case .structure(let members):
            begin(.structure)
            for member in members { append(member.flattened(), to: &bytes) }
        // What is constant after flattening is NULL throughout.
        case .constant: bytes.append(contentsOf: [Form.null.rawValue, 0])
        case .dictionary: preconditionFailure("columns are flattened first")
        }
    }

    private static func append<Element: BitwiseCopyable>(_ values: [Element], to bytes: inout [UInt8]) {
        values.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }

    // MARK: Reading

    /// - Parameter types: as the file's writer had them.
    static func batch(header: [UInt8], body: [UInt8], types: [ColumnType]) -> ColumnBatch {
        let rowCount = header.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 8, as: Int.self) }
        var reader = Reader(bytes: body)
        return ColumnBatch(rowCount: rowCount, columns: types.map { reader.column($0, count: rowCount) })
    }

    /// Takes a body apart from its beginning to its end.
    ///
    /// Invariant: `place` is where the next column begins, and at most `bytes.count`.
    private struct Reader {
        let bytes: [UInt8]
        var place = 0

        mutating func array<Element: BitwiseCopyable>(_: Element.Type, count: Int) -> [Element] {
            let byteCount = count * MemoryLayout<Element>.stride
            precondition(place + byteCount <= bytes.count)
            defer { place += byteCount }
            return [Element](unsafeUninitializedCapacity: count) { target, initialized in
                bytes.withUnsafeBytes { source in
                    // Safe: the range was checked above; the elements are trivial and filled whole.
                    UnsafeMutableRawBufferPointer(target).copyMemory(
                        from: UnsafeRawBufferPointer(rebasing: source[place..<(place + byteCount)]))
                }
                initialized = count
            }
        }

        mutating func column(_ type: ColumnType, count: Int) -> Column {
            let (form, hasValidity) = (Form(rawValue: bytes[place]), bytes[place + 1] == 1)
            place += 2
            let validity = hasValidity ? Bitmap(words: array(UInt64.self, count: (count + 63) / 64), count: count) : nil
            let values: Column.Values
            switch form {
            case .bits: values = .bits(Bitmap(words: array(UInt64.self, count: (count + 63) / 64), count: count))
            case .int32: values = .int32(array(Int32.self, count: count))
            case .int64: values = .int64(array(Int64.self, count: count))
            case .int128: values = .int128(array(Int128.self, count: count))
            case .double: values = .double(array(Double.self, count: count))
            case .interval: values = .interval(array(Interval.self, count: count))
            case .bytes:
                let offsets = array(Int32.self, count: count + 1)
                values = .bytes(ByteArrays(offsets: offsets, bytes: array(UInt8.self, count: Int(offsets[count]))))
            case .list:
                guard case .list(let element) = type else { preconditionFailure("a spilled list of type \(type)") }
                let offsets = array(Int32.self, count: count + 1)
                values = .list(offsets: offsets, element: column(element.type, count: Int(offsets[count])))
            case .structure:
                guard case .structure(let fields) = type else { preconditionFailure("a spilled struct of type \(type)") }
                values = .structure(fields.map { column($0.type, count: count) })
            case .null, nil: return .constant(.null, type: type, count: count)
            }
            return Column(type: type, count: count, validity: validity, values: values)
        }
    }
}

extension Column {
    /// About how many bytes the rows take in memory; a dictionary's own are counted to one of its columns only when `countingDictionaries`.
    func byteCount(countingDictionaries: Bool = false) -> Int {
        let own: Int
        switch values {
        case .bits(let bits): own = bits.words.count * 8
        case .int32(let values): own = values.count * 4
        case .int64(let values): own = values.count * 8
        case .int128(let values): own = values.count * 16
        case .double(let values): own = values.count * 8
        case .interval(let values): own = values.count * 16
        case .bytes(let arrays): own = arrays.bytes.count + arrays.offsets.count * 4
        case .dictionary(let codes, let dictionary):
            own = codes.count * 4 + (countingDictionaries ? dictionary.values.byteCount() : 0)
        case .list(let offsets, let element): own = offsets.count * 4 + element.byteCount(countingDictionaries: countingDictionaries)
        case .structure(let members): own = members.reduce(0) { $0 + $1.byteCount(countingDictionaries: countingDictionaries) }
        case .constant: own = 32
        }
        return own + (validity?.words.count ?? 0) * 8
    }
}

extension ColumnBatch {
    var byteCount: Int { columns.reduce(0) { $0 + $1.byteCount() } }
}
