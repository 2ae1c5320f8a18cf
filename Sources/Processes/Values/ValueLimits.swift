package import ColumnStore

/// How big a value may be wherever an execution keeps one: its input, a state's, an output.
package enum ValueLimits {
    /// Bytes as JSON without blanks.
    package static let byteCountMax = 1 << 20
    /// Lists and objects within each other.
    package static let depthMax = 1_000
    /// The same for a parser, which counts what the innermost holds too.
    package static let parsedDepthMax = depthMax + 1

    /// The text's value. Whatever `measure` says fits is read, at least: what an execution keeps must be found again.
    ///
    /// - Parameters:
    ///   - wrapperCount: objects or lists of others around a value that is within the bounds.
    ///   - allowsRepeats: as of `JSONParser`, for what an execution has kept: nothing that was let in once may be unreadable.
    ///   - boundsMarks: as of `JSONParser`, for definitions.
    package static func parse(
        _ text: [UInt8], within wrapperCount: Int = 0, allowsRepeats: Bool = false, boundsMarks: Bool = false
    ) throws(JSONSyntaxError) -> JSONValue {
        // Escapes and blanks may make a text longer than its value is.
        guard text.count <= 8 * byteCountMax else { throw JSONSyntaxError(offset: byteCountMax, message: "longer than \(byteCountMax) bytes") }
        return try JSONParser.parse(text, depthMax: parsedDepthMax + wrapperCount, allowsRepeats: allowsRepeats, boundsMarks: boundsMarks)
    }

    /// Whether the text is a value's, within the bounds of `parse`. Nothing of it is kept; members may be named twice.
    package static func isValue(_ text: [UInt8]) -> Bool {
        text.count <= 8 * byteCountMax && (try? JSONParser.check(text, depthMax: parsedDepthMax)) != nil
    }

    /// Whether an object within it names a member twice, by the names' bytes.
    ///
    /// - Precondition: `measure` says that it fits: recursion is as deep as the value.
    package static func hasRepeats(_ value: JSONValue) -> Bool {
        switch value {
        case .null, .boolean, .number, .string: return false
        case .array(let elements): return elements.contains { hasRepeats($0) }
        case .object(let members):
            var names: Set<[UInt8]> = []
            return members.contains { !names.insert(Array($0.name.utf8)).inserted || hasRepeats($0.value) }
        }
    }

    /// - Throws: `States.DataLimitExceeded` that says what is too big.
    package static func check(_ value: JSONValue, _ what: String) throws(StateError) {
        switch measure(value) {
        case .fits: return
        case .tooLong: throw StateError(.dataLimitExceeded, "\(what) is longer than \(byteCountMax) bytes")
        case .tooDeep: throw StateError(.dataLimitExceeded, "\(what) is nested deeper than \(depthMax)")
        }
    }

    package enum Measure: Sendable, Equatable { case fits, tooLong, tooDeep }

    /// Stops at the first byte or level too many: a path may have put one part into a value many times, which takes no memory until it is written.
    package static func measure(_ value: JSONValue) -> Measure {
        var room = Room()
        return take(value, depth: 1, &room)
    }

    /// The bytes of a value as JSON; `nil` when it is out of bounds.
    package static func byteCount(_ value: JSONValue) -> Int? {
        var room = Room()
        return take(value, depth: 1, &room) == .fits ? byteCountMax - room.left : nil
    }

    /// About what a value takes in memory where it shares nothing with others, in bytes: its text, and a place for each value within. A list of small numbers, which have two bytes of JSON each,
    /// takes some twenty times its text. Of a value that is out of bounds, what was seen of it.
    package static func memoryByteCount(_ value: JSONValue) -> Int {
        var room = Room()
        _ = take(value, depth: 1, &room)
        return byteCountMax - room.left + room.valueCount * placeByteCount
    }

    /// Of a value in a list that grew, or of a member with its name.
    private static let placeByteCount = 40

    /// What is left of the bounds, and what was seen within them.
    private struct Room {
        var left = byteCountMax
        var valueCount = 0
    }

    private static func take(_ value: JSONValue, depth: Int, _ room: inout Room) -> Measure {
        guard depth <= depthMax + 1 else { return .tooDeep }
        room.valueCount += 1
        switch value {
        case .null: room.left -= 4
        case .boolean(let isTrue): room.left -= isTrue ? 4 : 5
        case .number(let digits): room.left -= digits.utf8.count
        case .string(let text): room.left -= escapedByteCount(text)
        case .array(let elements):
            guard depth <= depthMax else { return .tooDeep }
            // Two brackets, and a comma less than there are elements.
            room.left -= max(elements.count, 1) + 1
            for element in elements where room.left >= 0 {
                let measure = take(element, depth: depth + 1, &room)
                if measure != .fits { return measure }
            }
        case .object(let members):
            guard depth <= depthMax else { return .tooDeep }
            room.left -= max(members.count, 1) + 1
            for member in members where room.left >= 0 {
                // The name, and its colon.
                room.left -= escapedByteCount(member.name) + 1
                let measure = take(member.value, depth: depth + 1, &room)
                if measure != .fits { return measure }
            }
        }
        return room.left < 0 ? .tooLong : .fits
    }

    /// With its quotes.
    private static func escapedByteCount(_ text: String) -> Int {
        var text = text
        return text.withUTF8 { 2 + $0.count + escapeByteCount(UnsafeRawBufferPointer($0)) }
    }

    /// What escapes add. Texts are measured at each step of an execution, and hardly have any: eight bytes are passed at a time, where none of them is a quote, a backslash or
    /// below a blank. (`x - 1 & ~x & 0x80` has a byte's highest bit set where the byte is 0, and may have where a lower one is; `x - 0x20` likewise where it is below a blank.)
    private static func escapeByteCount(_ bytes: UnsafeRawBufferPointer) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101, highest = ones &* 0x80
        var count = 0
        var place = 0
        while place < bytes.count {
            if place + 8 <= bytes.count {
                let word = bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)
                let quote = word ^ ones &* 0x22, backslash = word ^ ones &* 0x5C
                let found = (quote &- ones) & ~quote | (backslash &- ones) & ~backslash | (word &- ones &* 0x20) & ~word
                if found & highest == 0 {
                    place += 8
                    continue
                }
            }
            switch bytes[place] {
            case 0x22, 0x5C, 0x08, 0x09, 0x0A, 0x0C, 0x0D: count += 1
            case 0..<0x20: count += 5
            default: break
            }
            place += 1
        }
        return count
    }
}
