internal import ColumnStore

/// `States.Format`, `States.StringToJson` and `States.StringSplit`.
enum TextFunctions {
    /// `States.Format` whose template comes out of the data: every `{}` in it is a place.
    /// `States.Format('{} of {}', 1, 2)` is "1 of 2".
    ///
    /// - Throws: `.intrinsicFailure` where the template is no text, and as below.
    static func format(_ values: [JSONValue]) throws(StateError) -> JSONValue {
        guard case .string(let template) = values[0] else { throw StateError(.intrinsicFailure, "States.Format wants a text first, not \(values[0].kind)") }
        var pieces: [String] = []
        var piece: [UInt8] = []
        for byte in template.utf8 {
            // Byte by byte: neither sign is a part of a longer character in UTF-8.
            if byte == UInt8(ascii: "}"), piece.last == UInt8(ascii: "{") {
                piece.removeLast()
                pieces.append(String(decoding: piece, as: UTF8.self))
                piece = []
            } else {
                piece.append(byte)
            }
        }
        pieces.append(String(decoding: piece, as: UTF8.self))
        return try format(pieces, Array(values.dropFirst()))
    }

    /// The pieces with a value between each two of them.
    ///
    /// - Throws: `.intrinsicFailure` for another number of values than places; `.dataLimitExceeded` as soon as the text is too long.
    static func format(_ pieces: [String], _ values: [JSONValue]) throws(StateError) -> JSONValue {
        guard pieces.count == values.count + 1 else {
            throw StateError(.intrinsicFailure, "States.Format has \(pieces.count - 1) places {} and \(values.count) values")
        }
        var text = pieces[0]
        for (value, piece) in zip(values, pieces.dropFirst()) {
            append(value, to: &text)
            text += piece
            guard text.utf8.count <= ValueLimits.byteCountMax else { throw StateError(.dataLimitExceeded, "the result of States.Format is too long") }
        }
        return .string(text)
    }

    /// Texts bare, lists and objects as Java prints its own: `[1, a]`, `{b=2}`.
    ///
    /// - Complexity: recursion as deep as values may be.
    private static func append(_ value: JSONValue, to text: inout String) {
        switch value {
        case .string(let part): text += part
        case .number(let digits): text += digits
        case .boolean(let isTrue): text += isTrue ? "true" : "false"
        case .null: text += "null"
        case .array(let elements):
            text += "["
            for (index, element) in elements.enumerated() {
                if index > 0 { text += ", " }
                append(element, to: &text)
            }
            text += "]"
        case .object(let members):
            text += "{"
            for (index, member) in members.enumerated() {
                if index > 0 { text += ", " }
                text += member.name + "="
                append(member.value, to: &text)
            }
            text += "}"
        }
    }

    /// A text of nothing but blanks is null.
    static func stringToJson(_ value: JSONValue) throws(StateError) -> JSONValue {
        guard case .string(let text) = value else { throw StateError(.intrinsicFailure, "States.StringToJson wants a text, not \(value.kind)") }
        if text.utf8.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }) { return .null }
        do throws(JSONSyntaxError) {
            return try ValueLimits.parse(Array(text.utf8))
        } catch {
            throw StateError(.intrinsicFailure, "States.StringToJson: at byte \(error.offset): \(error.message)")
        }
    }

    /// At any of the delimiter's characters; what is empty is left out.
    static func split(_ value: JSONValue, _ delimiters: JSONValue, _ steps: inout Steps) throws(StateError) -> JSONValue {
        guard case .string(let text) = value, case .string(let characters) = delimiters else {
            throw StateError(.intrinsicFailure, "States.StringSplit wants two texts, not \(value.kind) and \(delimiters.kind)")
        }
        try steps.charge(text.utf8.count + characters.utf8.count)
        // Characters are code points: a delimiter of two of them divides at either.
        let marks = Set(characters.unicodeScalars)
        // Nothing to split at is no empty text to leave out.
        if marks.isEmpty { return .array(text.isEmpty ? [] : [value]) }
        var parts: [JSONValue] = []
        var part = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if marks.contains(scalar) {
                if !part.isEmpty { parts.append(.string(String(part))) }
                part = String.UnicodeScalarView()
            } else {
                part.append(scalar)
            }
        }
        if !part.isEmpty { parts.append(.string(String(part))) }
        return .array(parts)
    }
}
