import ColumnStore

/// Texts against patterns.
extension TextKernels {
    /// A BOOLEAN column of a LIKE test of every row.
    static func like(_ column: Column, _ pattern: LikePattern, _ meter: WorkMeter) throws(KernelError) -> Column {
        .boolean(try pattern.matches(column.byteArrays(), validity: column.rowValidity, meter), validity: column.rowValidity)
    }

    /// The same of a regular expression, which is asked row by row.
    static func matches(_ column: Column, _ pattern: TextPattern, _ meter: WorkMeter) throws(KernelError) -> Column {
        let arrays = column.byteArrays()
        return .boolean(
            try arrays.bytes.withUnsafeBufferPointer { (bytes) throws(KernelError) in
                var bits = Bitmap(repeating: false, count: arrays.count)
                for row in 0..<arrays.count {
                    let text = UnsafeBufferPointer(rebasing: bytes[arrays.range(at: row)])
                    if try pattern.matches(text, meter) { bits[row] = true }
                }
                return bits
            }, validity: column.rowValidity)
    }

    /// RE2 cannot be interrupted: what would keep it for more than a second is refused, and between two searches the query may end.
    ///
    /// - Parameter start: where the search begins: it may look at all that is left.
    @inline(__always)
    static func admit(_ text: UnsafeBufferPointer<UInt8>, from start: Int = 0, _ pattern: RegularExpression, _ meter: WorkMeter) throws(KernelError) {
        try meter.step((text.count &- start) &* pattern.stepsPerByte &+ 16)
        if text.count > pattern.textByteCountMax / uninterruptedShare {
            throw .invalidArgument("the text is too long for this pattern: it takes \(pattern.textByteCountMax / uninterruptedShare) bytes at most")
        }
    }

    /// As `admit`, of a search further on in a text that was counted in full: most find the next match nearby, and RE2 does not tell how far one looked
    /// that went over all that is left, as for `x(.*y)?`. A sixteenth of that is counted beforehand, and what lies before the match's end behind it.
    static func furtherMatchGroups(
        in text: UnsafeBufferPointer<UInt8>, from start: Int, _ pattern: RegularExpression, _ meter: WorkMeter
    ) throws(KernelError) -> [Range<Int>?]? {
        let left = text.count &- start
        try meter.step((left / furtherShare) &* pattern.stepsPerByte &+ 16)
        let groups = pattern.firstMatchGroups(in: text, from: start)
        // The last search, which finds nothing, has looked at everything.
        let byteCount = groups?.first.flatMap { $0 }.map { $0.upperBound &- start } ?? left
        try meter.step(byteCount &* pattern.stepsPerByte)
        return groups
    }

    /// By so much more than was counted RE2 may look at, where it goes over all that is left each time.
    private static let furtherShare = 16

    /// What a search may take, of what one of a document's check may, for which nobody waits: 2^28 steps, each of which may take some nanoseconds.
    private static let uninterruptedShare = 8

    /// The first match, or its first group if the pattern has one; NULL without a match.
    static func firstMatch(_ column: Column, _ pattern: TextPattern, _ meter: WorkMeter) throws(KernelError) -> Column {
        let arrays = column.byteArrays()
        var found = Bitmap(repeating: false, count: column.count)
        let validity = column.rowValidity
        let texts = try arrays.bytes.withUnsafeBufferPointer { (bytes) throws(KernelError) -> Column in
            try build(count: column.count, validity: validity, meter) { (row, result) throws(KernelError) in
                let text = UnsafeBufferPointer(rebasing: bytes[arrays.range(at: row)])
                guard let groups = try pattern.firstMatchGroups(in: text, meter), let part = groups.count > 1 ? groups[1] : groups[0] else { return }
                found[row] = true
                try result.append(UnsafeBufferPointer(rebasing: text[part]))
            }
        }
        return Column(type: .string, count: column.count, validity: found.isAllSet ? nil : found, values: texts.values)
    }

    /// The same of one text.
    static func firstMatch(_ text: [UInt8], _ pattern: TextPattern, _ meter: WorkMeter) throws(KernelError) -> [UInt8]? {
        try text.withUnsafeBufferPointer { (text) throws(KernelError) in
            guard let groups = try pattern.firstMatchGroups(in: text, meter), let part = groups.count > 1 ? groups[1] : groups[0] else { return nil }
            return Array(text[part])
        }
    }

    /// What to put in the place of which matches.
    struct Replacement {
        var pattern: TextPattern
        var text: [UInt8]
        /// The character from which on to search, from 1.
        var start = 1
        /// Which match to replace, from 1; 0 for every one.
        var number: Int
    }

    /// regexp_replace: `\1` … `\9` and `\&` in the replacement.
    ///
    /// - Parameter replacement: of a row that is valid.
    static func replaceMatches(
        _ column: Column, validity: Bitmap?, _ meter: WorkMeter, _ replacement: (Int) throws(KernelError) -> Replacement
    ) throws(KernelError) -> Column {
        let texts = TextRows(column)
        return try build(count: column.count, validity: validity, meter) { (row, result) throws(KernelError) in
            let wanted = try replacement(row)
            try Array(texts[row]).withUnsafeBufferPointer { (text) throws(KernelError) in
                try replaceMatches(text, wanted, to: &result, meter)
            }
        }
    }

    /// Appends a text with its matches replaced: what lies between them, and for each match the replacement or itself.
    private static func replaceMatches(
        _ text: UnsafeBufferPointer<UInt8>, _ wanted: Replacement, to result: inout TextBuilder, _ meter: WorkMeter
    ) throws(KernelError) {
        var start = 0
        if wanted.start > 1 {
            // The start is a character's place; searches go by bytes.
            let before = wanted.start - 1, slice = Array(text)[...]
            guard before <= scalarCount(slice) else { return try result.append(text) }
            start = byteCount(slice, scalars: before)
            try result.append(UnsafeBufferPointer(rebasing: text[..<start]))
        }
        var found = 0
        while start <= text.count, let groups = try wanted.pattern.firstMatchGroups(in: text, from: start, isFurther: found > 0, meter), let match = groups[0] {
            try result.append(UnsafeBufferPointer(rebasing: text[start..<match.lowerBound]))
            found += 1
            if wanted.number == 0 || found == wanted.number {
                try appendReplacement(wanted.text, groups, text, to: &result)
            } else {
                try result.append(UnsafeBufferPointer(rebasing: text[match]))
            }
            start = match.upperBound
            if match.isEmpty {
                // An empty match: step over one character, so that the walk ends.
                var next = start + 1
                while next < text.count, text[next] & 0xC0 == 0x80 { next += 1 }
                if start < text.count { try result.append(UnsafeBufferPointer(rebasing: text[start..<min(next, text.count)])) }
                start = next
            }
            if wanted.number != 0, found == wanted.number { break }
        }
        if start < text.count { try result.append(UnsafeBufferPointer(rebasing: text[start...])) }
    }

    /// `\1` is what the first group took, `\&` the match, `\\` a backslash; before anything else a backslash stands for itself.
    private static func appendReplacement(
        _ replacement: [UInt8], _ groups: [Range<Int>?], _ text: UnsafeBufferPointer<UInt8>, to result: inout TextBuilder
    ) throws(KernelError) {
        var index = 0
        while index < replacement.count {
            let byte = replacement[index]
            index += 1
            guard byte == UInt8(ascii: "\\"), index < replacement.count else {
                try result.append(byte)
                continue
            }
            let next = replacement[index]
            index += 1
            switch next {
            case 0x31...0x39:
                let number = Int(next - 0x30)
                if number < groups.count, let range = groups[number] { try result.append(UnsafeBufferPointer(rebasing: text[range])) }
            case UInt8(ascii: "&"): if let range = groups[0] { try result.append(UnsafeBufferPointer(rebasing: text[range])) }
            case UInt8(ascii: "\\"): try result.append(next)
            default: try result.append([byte, next])
            }
        }
    }
}
