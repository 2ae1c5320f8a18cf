import ColumnStore

/// Functions of text.
///
/// All lengths and places are in characters, of which UTF-8 shows the first byte: any but 10xxxxxx begins one. A place is found by going over the
/// bytes before it, so that functions by place are linear in the text's length.
///
/// PostgreSQL 15's documentation, section 9.4.
extension TextKernels {
    // MARK: Making

    static func lower(_ column: Column, _ meter: WorkMeter) throws(KernelError) -> Column {
        try mapped(column, meter) { CaseMapping.appendLower($0, to: &$1) }
    }

    static func upper(_ column: Column, _ meter: WorkMeter) throws(KernelError) -> Column {
        try mapped(column, meter) { CaseMapping.appendUpper($0, to: &$1) }
    }

    /// A text is mapped in parts, so that the query can end between two.
    private static let partByteCount = 1 << 16

    /// - Parameter map: appends what a part becomes. Parts end between characters, so that each is mapped as it would be within the text.
    private static func mapped(
        _ column: Column, _ meter: WorkMeter, _ map: (ArraySlice<UInt8>, inout [UInt8]) -> Void
    ) throws(KernelError) -> Column {
        let texts = TextRows(column)
        return try build(count: column.count, validity: column.rowValidity, meter) { (row, text) throws(KernelError) in
            var rest = texts[row]
            repeat {
                let part = rest.prefix(wholeScalars(rest, upTo: partByteCount))
                // Two bytes become three at most, one stays one.
                try text.write(atMost: part.count + part.count / 2 + 3) { map(part, &$0) }
                rest = rest.dropFirst(part.count)
            } while !rest.isEmpty
        }
    }

    /// The length of a beginning that does not cut a character.
    private static func wholeScalars(_ text: ArraySlice<UInt8>, upTo count: Int) -> Int {
        guard text.count > count else { return text.count }
        var end = count
        while end > 0, text[text.startIndex + end] & 0xC0 == 0x80 { end -= 1 }
        return end > 0 ? end : count
    }

    /// Texts or BLOBs of each row, one behind the other.
    ///
    /// - Parameter skippingNulls: as concat does; else a NULL makes its row NULL, as `||`.
    static func concat(_ columns: [Column], type: ColumnType, skippingNulls: Bool, _ meter: WorkMeter) throws(KernelError) -> Column {
        var parts: [(texts: TextRows, validity: Bitmap?)] = []
        for column in columns {
            // One row of it is laid down for each mention: the same long text may be named a thousand times.
            if let value = column.constantValue { try meter.charge(value.flatByteCount) }
            parts.append((TextRows(column), column.rowValidity))
        }
        let validity = skippingNulls ? nil : validity(columns)
        return try build(count: columns.first?.count ?? 0, validity: validity, type: type, meter) { (row, text) throws(KernelError) in
            var byteCount = 0
            for part in parts where part.validity?[row] ?? true { byteCount += part.texts.range(at: row).count }
            try text.reserve(byteCount)
            for part in parts where part.validity?[row] ?? true { try text.append(part.texts[row]) }
        }
    }

    /// Texts of each row that are not NULL, with the separator between two; NULL where that is.
    static func concat(_ columns: [Column], separator: Column, _ meter: WorkMeter) throws(KernelError) -> Column {
        var parts: [(texts: TextRows, validity: Bitmap?)] = []
        for column in [separator] + columns {
            // One row of it is laid down for each mention.
            if let value = column.constantValue { try meter.charge(value.flatByteCount) }
            parts.append((TextRows(column), column.rowValidity))
        }
        let separators = parts.removeFirst()
        return try build(count: separator.count, validity: separators.validity, meter) { (row, text) throws(KernelError) in
            let between = separators.texts[row]
            var byteCount = 0
            for part in parts where part.validity?[row] ?? true { byteCount += part.texts.range(at: row).count + between.count }
            try text.reserve(max(0, byteCount - between.count))
            var isFirst = true
            for part in parts where part.validity?[row] ?? true {
                if !isFirst { try text.append(between) }
                isFirst = false
                try text.append(part.texts[row])
            }
        }
    }

    /// Characters from the last to the first; each keeps the order of its bytes.
    static func reverse(_ column: Column, _ meter: WorkMeter) throws(KernelError) -> Column {
        let texts = TextRows(column)
        return try build(count: column.count, validity: column.rowValidity, meter) { (row, text) throws(KernelError) in
            var rest = texts[row]
            while !rest.isEmpty {
                var start = rest.endIndex - 1
                while start > rest.startIndex, rest[start] & 0xC0 == 0x80 { start -= 1 }
                try text.step(8)
                try text.append(rest[start...])
                rest = rest[..<start]
            }
        }
    }

    /// Empty for a count of 0 or less.
    ///
    /// - Throws: `.outside(.tooLong)` past `byteCountMax`, before anything is written.
    static func repeatText(_ column: Column, _ times: Column, _ meter: WorkMeter) throws(KernelError) -> Column {
        let texts = TextRows(column)
        guard let counts = times.integers() else { throw .numericOverflow }
        return try build(count: column.count, validity: validity([column, times]), meter) { (row, text) throws(KernelError) in
            let part = texts[row]
            guard counts[row] > 0, !part.isEmpty else { return }
            let (total, overflow) = counts[row].multipliedReportingOverflow(by: Int64(part.count))
            guard !overflow, total <= Int64(byteCountMax) else { throw .outside(.tooLong, "repeat would make a text past 64 MiB") }
            try text.append(part, times: Int(counts[row]))
        }
    }

    /// lpad and rpad, of which either cuts a text that is longer at its end; and the blanks of CHAR(n).
    ///
    /// - Parameters:
    ///   - length: in characters; less than 0 is 0.
    ///   - filler: blanks when nil. An empty one pads nothing.
    ///   - cuts: false leaves a text that is longer as it is.
    static func pad(
        _ column: Column, _ length: Column, _ filler: Column?, atStart: Bool, cuts: Bool, _ meter: WorkMeter
    ) throws(KernelError) -> Column {
        let texts = TextRows(column)
        let fillers = filler.map { TextRows($0) }
        guard let lengths = length.integers() else { throw .numericOverflow }
        return try build(count: column.count, validity: validity([column, length] + (filler.map { [$0] } ?? [])), meter) {
            (row, text) throws(KernelError) in
            guard lengths[row] <= Int64(byteCountMax) else { throw .outside(.tooLong, "the text would grow past 64 MiB") }
            let wanted = Int(max(0, lengths[row]))
            let own = texts[row]
            let ownCount = scalarCount(own)
            if ownCount >= wanted { return try text.append(cuts ? own.prefix(byteCount(own, scalars: wanted)) : own) }
            let fill = fillers?[row] ?? [0x20]
            let fillCount = scalarCount(fill)
            let missing = fillCount > 0 ? wanted - ownCount : 0
            if !atStart { try text.append(own) }
            // A character is four bytes at most.
            try text.reserve((atStart ? own.count : 0) + min(4 * missing, (missing / max(1, fillCount) + 1) * fill.count))
            if missing > 0 {
                try text.append(fill, times: missing / fillCount)
                try text.append(fill.prefix(byteCount(fill, scalars: missing % fillCount)))
            }
            if atStart { try text.append(own) }
        }
    }

    // MARK: Cutting

    /// Characters of a text, bytes of a BLOB.
    static func length(_ column: Column, type: ColumnType) -> Column {
        let texts = column.oneRow().byteArrays()
        let isText = column.type == .string
        var counts = [Int64](repeating: 0, count: texts.count)
        texts.bytes.withUnsafeBytes { bytes in
            texts.offsets.withUnsafeBufferPointer { offsets in
                for row in counts.indices {
                    let (start, end) = (Int(offsets[row]), Int(offsets[row + 1]))
                    counts[row] = Int64(isText ? scalarCount(bytes, start..<end) : end - start)
                }
            }
        }
        if column.constantValue != nil { counts = [Int64](repeating: counts.first ?? 0, count: column.count) }
        return .whole(counts, type: type, validity: column.rowValidity)
    }

    /// As of a slice, eight bytes at a time: a byte goes on with a character where its highest bit is set and the next one is not.
    @inline(__always)
    private static func scalarCount(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Int {
        var (count, place) = (range.count, range.lowerBound)
        while place + 8 <= range.upperBound {
            let eight = bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)
            // A bit for each, which the multiplication adds up in the highest byte.
            let further = (eight & ~(eight << 1) & 0x8080_8080_8080_8080) >> 7
            count -= Int((further &* 0x0101_0101_0101_0101) >> 56)
            place += 8
        }
        while place < range.upperBound {
            count -= bytes[place] & 0xC0 == 0x80 ? 1 : 0
            place += 1
        }
        return count
    }

    /// substring(text from start [for count]): places before the first count towards `count`.
    ///
    /// - Throws: `.outside(.badLength)` for a negative count.
    static func substring(_ column: Column, _ start: Column, _ count: Column?, _ meter: WorkMeter) throws(KernelError) -> Column {
        let texts = TextRows(column)
        guard let starts = start.integers() else { throw .numericOverflow }
        let counts = count?.integers()
        let isText = column.type == .string
        return try build(count: column.count, validity: validity([column, start] + (count.map { [$0] } ?? [])), type: column.type, meter) {
            (row, text) throws(KernelError) in
            let from = starts[row]
            // `from` and `end` are places from 1, the end past the last: substring('abcd', -1, 4) ends before place 3, and gives 'ab'.
            var end = Int64.max
            if let counts {
                guard counts[row] >= 0 else { throw .outside(.badLength, "substring: a negative length is not allowed") }
                let (sum, overflow) = from.addingReportingOverflow(counts[row])
                end = overflow ? .max : sum
            }
            // No text has as many characters as an INTEGER says.
            let first = Int(max(1, min(from, Int64(Int32.max)))) - 1
            let past = Int(max(1, min(end, Int64(Int32.max)))) - 1
            guard past > first else { return }
            let own = texts[row]
            let lower = isText ? byteCount(own, scalars: first) : min(first, own.count)
            let rest = own.dropFirst(lower)
            let length = isText ? byteCount(rest, scalars: past - first) : past - first
            try text.append(rest.prefix(length))
        }
    }

    /// overlay(text placing part from start [for count]): the text before the start, the part, and the text from so many characters behind the start on. Without a count as many
    /// go as come; of a negative one some of the text stands there twice.
    ///
    /// - Throws: `.outside(.badLength)` for a start below 1; `.numericOverflow` where the start and the count are no INTEGER together.
    static func overlay(
        _ column: Column, with part: Column, from start: Column, for count: Column?, _ meter: WorkMeter
    ) throws(KernelError) -> Column {
        let texts = TextRows(column), parts = TextRows(part)
        guard let starts = start.integers() else { throw .numericOverflow }
        let counts = count?.integers()
        let isText = column.type == .string
        /// How many bytes so many characters of a text take, or all of it.
        func length(_ text: ArraySlice<UInt8>, _ places: Int64) -> Int {
            let places = Int(clamping: max(0, places))
            return isText ? byteCount(text, scalars: places) : min(places, text.count)
        }
        return try build(count: column.count, validity: validity([column, part, start] + (count.map { [$0] } ?? [])), type: column.type, meter) {
            (row, text) throws(KernelError) in
            let own = texts[row], new = parts[row], from = starts[row]
            guard from >= 1 else { throw .outside(.badLength, "overlay: a negative length is not allowed") }
            let (past, overflow) = from.addingReportingOverflow(counts?[row] ?? Int64(isText ? scalarCount(new) : new.count))
            guard !overflow, Int32(exactly: past) != nil else { throw .numericOverflow }
            try text.step(own.count + new.count)
            let head = own.prefix(length(own, from - 1)), tail = own.dropFirst(length(own, past - 1))
            try text.reserve(head.count + new.count + tail.count)
            try text.append(head)
            try text.append(new)
            try text.append(tail)
        }
    }

    /// left and right: a negative count leaves that many out at the other end.
    static func side(_ column: Column, _ count: Column, isLeft: Bool, _ meter: WorkMeter) throws(KernelError) -> Column {
        let texts = TextRows(column)
        guard let counts = count.integers() else { throw .numericOverflow }
        return try build(count: column.count, validity: validity([column, count]), meter) { (row, text) throws(KernelError) in
            let own = texts[row]
            let total = scalarCount(own)
            // Clamped before the addition: the least BIGINT has no opposite.
            let wanted = counts[row] >= 0 ? Int(min(counts[row], Int64(total))) : max(0, total + Int(max(counts[row], -Int64(total))))
            if isLeft {
                try text.append(own.prefix(byteCount(own, scalars: wanted)))
            } else {
                try text.append(own.dropFirst(byteCount(own, scalars: total - wanted)))
            }
        }
    }

    enum Side { case both, leading, trailing }

    /// Takes characters of `characters` (blanks when nil) off the ends.
    ///
    /// A constant set of characters is made once, at the first row that needs it.
    static func trim(_ column: Column, _ characters: Column?, _ side: Side, _ meter: WorkMeter) throws(KernelError) -> Column {
        let texts = TextRows(column)
        let sets = characters.map { TextRows($0) }
        var set = try CharacterSet(sets == nil ? [0x20] : [], meter)
        var setRow = -1
        return try build(count: column.count, validity: validity([column] + (characters.map { [$0] } ?? [])), meter) {
            (row, text) throws(KernelError) in
            if let sets, setRow < 0 || !sets.isConstant {
                set = try CharacterSet(sets[row], meter)
                setRow = row
            }
            var rest = texts[row]
            if side != .trailing { rest = rest.dropFirst(try set.beginning(of: rest, meter)) }
            if side != .leading { rest = rest.dropLast(try set.end(of: rest, meter)) }
            try text.append(rest)
        }
    }

    /// From the left, what is put in is not searched again; an empty text is found nowhere.
    static func replace(_ column: Column, _ from: Column, _ to: Column, _ meter: WorkMeter) throws(KernelError) -> Column {
        let (texts, searched, substitutes) = (TextRows(column), TextRows(from), TextRows(to))
        let searches = RowSearches(searched)
        return try build(count: column.count, validity: validity([column, from, to]), meter) { (row, text) throws(KernelError) in
            let own = texts[row]
            guard let search = searches.search(row) else { return try text.append(own) }
            var rest = own
            while let place = search.find(in: rest) {
                try meter.step(place - rest.startIndex + 16)
                try text.append(rest[..<place])
                try text.append(substitutes[row])
                rest = rest[(place + search.byteCount)...]
            }
            try text.append(rest)
        }
    }

    /// position(wanted in text), from 1; 0 when it is not there.
    ///
    /// Places are characters of a text and bytes of a BLOB. An empty text stands at place 1.
    static func position(of wanted: Column, in column: Column, type: ColumnType, _ meter: WorkMeter) throws(KernelError) -> Column {
        let (searched, texts) = (TextRows(wanted), TextRows(column))
        let searches = RowSearches(searched)
        let isText = column.type == .string
        let validity = validity([wanted, column])
        var places = [Int64](repeating: 0, count: column.count)
        for row in places.indices where validity?[row] ?? true {
            let own = texts[row]
            try meter.step(own.count + searched[row].count)
            guard let search = searches.search(row) else {
                places[row] = 1
                continue
            }
            guard let place = search.find(in: own) else { continue }
            places[row] = Int64(isText ? scalarCount(own[..<place]) : place - own.startIndex) + 1
        }
        return .whole(places, type: type, validity: validity)
    }

    /// split_part(text, delimiter, n): from the end for a negative n.
    ///
    /// Empty past the last field. With an empty delimiter the text is one field.
    ///
    /// - Throws: `.invalidArgument` for field 0.
    static func splitPart(_ column: Column, _ delimiter: Column, _ number: Column, _ meter: WorkMeter) throws(KernelError) -> Column {
        let texts = TextRows(column)
        let searches = RowSearches(TextRows(delimiter))
        guard let numbers = number.integers() else { throw .numericOverflow }
        return try build(count: column.count, validity: validity([column, delimiter, number]), meter) { (row, text) throws(KernelError) in
            guard numbers[row] != 0 else { throw .invalidArgument("split_part: the field's number must not be 0") }
            let search = searches.search(row)
            var wanted = numbers[row] - 1
            if numbers[row] < 0 {
                // From the end: how many there are comes first.
                var (count, rest) = (Int64(1), texts[row])
                while let search, let place = search.find(in: rest) {
                    try meter.step(place - rest.startIndex + 16)
                    count += 1
                    rest = rest[(place + search.byteCount)...]
                }
                guard -numbers[row] <= count else { return }
                wanted = count + numbers[row]
            }
            var rest = texts[row]
            while wanted > 0 {
                guard let search, let place = search.find(in: rest) else { return }
                try meter.step(place - rest.startIndex + 16)
                rest = rest[(place + search.byteCount)...]
                wanted -= 1
            }
            if let search, let place = search.find(in: rest) { rest = rest[..<place] }
            try text.append(rest)
        }
    }

    static func startsWith(_ column: Column, _ prefix: Column) -> Column {
        let (texts, prefixes) = (TextRows(column), TextRows(prefix))
        return .boolean(
            .computed(count: column.count) { texts[$0].starts(with: prefixes[$0]) }, validity: validity([column, prefix]))
    }
}
