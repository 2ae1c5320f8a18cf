import ColumnStore

/// Functions of text. Lengths and places are in characters: Unicode scalars.
enum TextKernels {
    /// The longest text that a function may make: past it a query asks for nonsense.
    static let byteCountMax = 64 << 20

    /// Writes a text for each valid row.
    @inline(__always)
    static func build(
        count: Int, validity: Bitmap?, type: ColumnType = .string, _ append: (Int, inout [UInt8]) throws(KernelError) -> Void
    ) throws(KernelError) -> Column {
        var bytes: [UInt8] = []
        var offsets: [Int32] = [0]
        offsets.reserveCapacity(count + 1)
        for row in 0..<count {
            if validity?[row] ?? true { try append(row, &bytes) }
            guard bytes.count < Int(Int32.max) else { throw .invalidArgument("the texts of a batch grow past 2 GiB") }
            offsets.append(Int32(bytes.count))
        }
        return .text(ByteArrays(offsets: offsets, bytes: bytes), type: type, validity: validity)
    }

    static func validity(_ columns: [Column]) -> Bitmap? {
        columns.reduce(nil) { Bitmap.both($0, $1.rowValidity) }
    }

    // MARK: Making

    static func lower(_ column: Column) throws(KernelError) -> Column {
        let arrays = column.byteArrays()
        return try build(count: column.count, validity: column.rowValidity) { row, text in CaseMapping.appendLower(arrays[row], to: &text) }
    }

    static func upper(_ column: Column) throws(KernelError) -> Column {
        let arrays = column.byteArrays()
        return try build(count: column.count, validity: column.rowValidity) { row, text in CaseMapping.appendUpper(arrays[row], to: &text) }
    }

    static func concat(_ columns: [Column], type: ColumnType, skippingNulls: Bool) throws(KernelError) -> Column {
        let parts = columns.map { (arrays: $0.byteArrays(), validity: $0.rowValidity) }
        let validity = skippingNulls ? nil : validity(columns)
        return try build(count: columns.first?.count ?? 0, validity: validity, type: type) { row, text in
            for part in parts where part.validity?[row] ?? true { text.append(contentsOf: part.arrays[row]) }
        }
    }

    static func reverse(_ column: Column) throws(KernelError) -> Column {
        let arrays = column.byteArrays()
        return try build(count: column.count, validity: column.rowValidity) { row, text in
            var rest = arrays[row]
            while !rest.isEmpty {
                var start = rest.endIndex - 1
                while start > rest.startIndex, rest[start] & 0xC0 == 0x80 { start -= 1 }
                text.append(contentsOf: rest[start...])
                rest = rest[..<start]
            }
        }
    }

    static func repeatText(_ column: Column, _ times: Column) throws(KernelError) -> Column {
        let arrays = column.byteArrays()
        guard let counts = times.integers() else { throw .numericOverflow }
        return try build(count: column.count, validity: validity([column, times])) { (row, text) throws(KernelError) in
            let part = arrays[row]
            guard counts[row] > 0, !part.isEmpty else { return }
            let (total, overflow) = counts[row].multipliedReportingOverflow(by: Int64(part.count))
            guard !overflow, total <= Int64(byteCountMax) else { throw .invalidArgument("repeat would make a text past 64 MiB") }
            for _ in 0..<counts[row] { text.append(contentsOf: part) }
        }
    }

    static func pad(_ column: Column, _ length: Column, _ filler: Column?, atStart: Bool) throws(KernelError) -> Column {
        let arrays = column.byteArrays()
        let fillers = filler?.byteArrays()
        guard let lengths = length.integers() else { throw .numericOverflow }
        return try build(count: column.count, validity: validity([column, length] + (filler.map { [$0] } ?? []))) {
            (row, text) throws(KernelError) in
            let wanted = Int(max(0, min(lengths[row], Int64(byteCountMax))))
            guard lengths[row] <= Int64(byteCountMax) else { throw .invalidArgument("the text would grow past 64 MiB") }
            let own = arrays[row]
            let ownCount = scalarCount(own)
            if ownCount >= wanted { return text.append(contentsOf: own.prefix(byteCount(own, scalars: wanted))) }
            var padding: [UInt8] = []
            let fill = fillers.map { Array($0[row]) } ?? [0x20]
            let fillCount = scalarCount(fill[...])
            if fillCount > 0 {
                var missing = wanted - ownCount
                while missing >= fillCount {
                    padding.append(contentsOf: fill)
                    missing -= fillCount
                }
                padding.append(contentsOf: fill[..<byteCount(fill[...], scalars: missing)])
            }
            if atStart { text.append(contentsOf: padding) }
            text.append(contentsOf: own)
            if !atStart { text.append(contentsOf: padding) }
        }
    }

    // MARK: Cutting

    static func scalarCount(_ text: ArraySlice<UInt8>) -> Int {
        text.withUnsafeBufferPointer { text in
            var count = 0
            for byte in text { count &+= byte & 0xC0 != 0x80 ? 1 : 0 }
            return count
        }
    }

    /// How many bytes the first `scalars` characters take.
    static func byteCount(_ text: ArraySlice<UInt8>, scalars: Int) -> Int {
        guard scalars > 0 else { return 0 }
        var seen = 0
        for index in text.indices where text[index] & 0xC0 != 0x80 {
            if seen == scalars { return index - text.startIndex }
            seen += 1
        }
        return text.count
    }

    static func length(_ column: Column, type: ColumnType) -> Column {
        let arrays = column.byteArrays()
        let isText = column.type == .string
        let counts = (0..<column.count).map { row in Int64(isText ? scalarCount(arrays[row]) : arrays.range(at: row).count) }
        return .whole(counts, type: type, validity: column.rowValidity)
    }

    /// substring(text from start [for count]): places before the first count towards `count`.
    static func substring(_ column: Column, _ start: Column, _ count: Column?) throws(KernelError) -> Column {
        let arrays = column.byteArrays()
        guard let starts = start.integers() else { throw .numericOverflow }
        let counts = count?.integers()
        let isText = column.type == .string
        return try build(count: column.count, validity: validity([column, start] + (count.map { [$0] } ?? [])), type: column.type) {
            (row, text) throws(KernelError) in
            let from = starts[row]
            var end = Int64.max
            if let counts {
                guard counts[row] >= 0 else { throw .invalidArgument("substring: a negative length is not allowed") }
                let (sum, overflow) = from.addingReportingOverflow(counts[row])
                end = overflow ? .max : sum
            }
            let first = Int(max(1, min(from, Int64(Int32.max)))) - 1
            let past = Int(max(1, min(end, Int64(Int32.max)))) - 1
            guard past > first else { return }
            let own = arrays[row]
            let lower = isText ? byteCount(own, scalars: first) : min(first, own.count)
            let rest = own.dropFirst(lower)
            let length = isText ? byteCount(rest, scalars: past - first) : past - first
            text.append(contentsOf: rest.prefix(length))
        }
    }

    /// left and right: a negative count leaves that many out at the other end.
    static func side(_ column: Column, _ count: Column, isLeft: Bool) throws(KernelError) -> Column {
        let arrays = column.byteArrays()
        guard let counts = count.integers() else { throw .numericOverflow }
        return try build(count: column.count, validity: validity([column, count])) { row, text in
            let own = arrays[row]
            let total = scalarCount(own)
            let wanted = counts[row] >= 0 ? Int(min(counts[row], Int64(total))) : max(0, total + Int(max(counts[row], -Int64(total))))
            if isLeft {
                text.append(contentsOf: own.prefix(byteCount(own, scalars: wanted)))
            } else {
                text.append(contentsOf: own.dropFirst(byteCount(own, scalars: total - wanted)))
            }
        }
    }

    enum Side { case both, leading, trailing }

    /// Takes characters of `characters` (blanks when nil) off the ends.
    static func trim(_ column: Column, _ characters: Column?, _ side: Side) throws(KernelError) -> Column {
        let arrays = column.byteArrays()
        let sets = characters?.byteArrays()
        return try build(count: column.count, validity: validity([column] + (characters.map { [$0] } ?? []))) { row, text in
            var rest = arrays[row]
            let set = sets.map { scalars($0[row]) } ?? [[0x20]]
            func begins() -> Int? { set.first { rest.starts(with: $0) }?.count }
            func ends() -> Int? { set.first { rest.count >= $0.count && rest.suffix($0.count).elementsEqual($0) }?.count }
            if side != .trailing { while let count = begins() { rest = rest.dropFirst(count) } }
            if side != .leading { while let count = ends() { rest = rest.dropLast(count) } }
            text.append(contentsOf: rest)
        }
    }

    private static func scalars(_ text: ArraySlice<UInt8>) -> [[UInt8]] {
        var result: [[UInt8]] = []
        for byte in text {
            if byte & 0xC0 == 0x80, !result.isEmpty { result[result.count - 1].append(byte) } else { result.append([byte]) }
        }
        return result
    }

    static func replace(_ column: Column, _ from: Column, _ to: Column) throws(KernelError) -> Column {
        let (arrays, searched, substitutes) = (column.byteArrays(), from.byteArrays(), to.byteArrays())
        return try build(count: column.count, validity: validity([column, from, to])) { row, text in
            let own = arrays[row]
            let wanted = searched[row]
            guard !wanted.isEmpty else { return text.append(contentsOf: own) }
            var rest = own
            while let place = find(wanted, in: rest) {
                text.append(contentsOf: rest[..<place])
                text.append(contentsOf: substitutes[row])
                rest = rest[(place + wanted.count)...]
            }
            text.append(contentsOf: rest)
        }
    }

    /// The index in `text` at which `wanted` first stands.
    static func find(_ wanted: ArraySlice<UInt8>, in text: ArraySlice<UInt8>) -> Int? {
        if wanted.isEmpty { return text.startIndex }
        return text.withUnsafeBufferPointer { bytes in
            ByteSearch(Array(wanted)).find(in: bytes, from: 0, to: bytes.count).map { $0 + text.startIndex }
        }
    }

    /// position(wanted in text), from 1; 0 when it is not there.
    static func position(of wanted: Column, in column: Column, type: ColumnType) -> Column {
        let (searched, arrays) = (wanted.byteArrays(), column.byteArrays())
        let isText = column.type == .string
        let places = (0..<column.count).map { row -> Int64 in
            let own = arrays[row]
            guard let place = find(searched[row], in: own) else { return 0 }
            return Int64(isText ? scalarCount(own[..<place]) : place - own.startIndex) + 1
        }
        return .whole(places, type: type, validity: validity([wanted, column]))
    }

    /// split_part(text, delimiter, n): from the end for a negative n.
    static func splitPart(_ column: Column, _ delimiter: Column, _ number: Column) throws(KernelError) -> Column {
        let (arrays, delimiters) = (column.byteArrays(), delimiter.byteArrays())
        guard let numbers = number.integers() else { throw .numericOverflow }
        return try build(count: column.count, validity: validity([column, delimiter, number])) { (row, text) throws(KernelError) in
            guard numbers[row] != 0 else { throw .invalidArgument("split_part: the field's number must not be 0") }
            let wanted = delimiters[row]
            var parts: [ArraySlice<UInt8>] = []
            var rest = arrays[row]
            if !wanted.isEmpty {
                while let place = find(wanted, in: rest) {
                    parts.append(rest[..<place])
                    rest = rest[(place + wanted.count)...]
                }
            }
            parts.append(rest)
            let index = numbers[row] > 0 ? numbers[row] - 1 : Int64(parts.count) + numbers[row]
            if index >= 0, index < Int64(parts.count) { text.append(contentsOf: parts[Int(index)]) }
        }
    }

    static func startsWith(_ column: Column, _ prefix: Column) -> Column {
        let (arrays, prefixes) = (column.byteArrays(), prefix.byteArrays())
        return .boolean(
            .computed(count: column.count) { arrays[$0].starts(with: prefixes[$0]) }, validity: validity([column, prefix]))
    }

    // MARK: Matching

    static func like(_ column: Column, _ pattern: LikePattern) -> Column {
        .boolean(pattern.matches(column.byteArrays()), validity: column.rowValidity)
    }

    static func matches(_ column: Column, _ pattern: RegularExpression) -> Column {
        let arrays = column.byteArrays()
        let bits = arrays.bytes.withUnsafeBufferPointer { bytes in
            Bitmap.computed(count: arrays.count) { pattern.matches(UnsafeBufferPointer(rebasing: bytes[arrays.range(at: $0)])) }
        }
        return .boolean(bits, validity: column.rowValidity)
    }

    /// regexp_replace: the first match, or every one; `\1` … `\9` and `\&` in the replacement.
    /// The first match, or its first group if the pattern has one; NULL without a match.
    static func firstMatch(_ column: Column, _ pattern: RegularExpression) throws(KernelError) -> Column {
        let arrays = column.byteArrays()
        var found = Bitmap(repeating: false, count: column.count)
        let validity = column.rowValidity
        var result = ByteArrays()
        arrays.bytes.withUnsafeBufferPointer { bytes in
            for row in 0..<column.count {
                let text = UnsafeBufferPointer(rebasing: bytes[arrays.range(at: row)])
                guard validity?[row] ?? true, let groups = pattern.firstMatchGroups(in: text), let part = groups.count > 1 ? groups[1] : groups[0] else {
                    result.append([])
                    continue
                }
                found[row] = true
                result.append(Array(text[part]))
            }
        }
        return .text(result, validity: found.isAllSet ? nil : found)
    }

    static func replaceMatches(
        _ column: Column, _ pattern: RegularExpression, with replacement: [UInt8], everywhere: Bool
    ) throws(KernelError) -> Column {
        let arrays = column.byteArrays()
        return try arrays.bytes.withUnsafeBufferPointer { (bytes) throws(KernelError) -> Column in
            try build(count: column.count, validity: column.rowValidity) { row, result in
                let text = UnsafeBufferPointer(rebasing: bytes[arrays.range(at: row)])
                var start = 0
                while start <= text.count, let groups = pattern.firstMatchGroups(in: text, from: start), let match = groups[0] {
                    result.append(contentsOf: text[start..<match.lowerBound])
                    appendReplacement(replacement, groups, text, to: &result)
                    start = match.upperBound
                    if match.isEmpty {
                        // An empty match: step over one character, so that the walk ends.
                        var next = start + 1
                        while next < text.count, text[next] & 0xC0 == 0x80 { next += 1 }
                        if start < text.count { result.append(contentsOf: text[start..<min(next, text.count)]) }
                        start = next
                    }
                    if !everywhere { break }
                }
                if start < text.count { result.append(contentsOf: text[start...]) }
            }
        }
    }

    private static func appendReplacement(
        _ replacement: [UInt8], _ groups: [Range<Int>?], _ text: UnsafeBufferPointer<UInt8>, to result: inout [UInt8]
    ) {
        var index = 0
        while index < replacement.count {
            let byte = replacement[index]
            index += 1
            guard byte == UInt8(ascii: "\\"), index < replacement.count else {
                result.append(byte)
                continue
            }
            let next = replacement[index]
            index += 1
            switch next {
            case 0x31...0x39:
                let number = Int(next - 0x30)
                if number < groups.count, let range = groups[number] { result.append(contentsOf: text[range]) }
            case UInt8(ascii: "&"): if let range = groups[0] { result.append(contentsOf: text[range]) }
            case UInt8(ascii: "\\"): result.append(next)
            default: result.append(contentsOf: [byte, next])
            }
        }
    }
}
