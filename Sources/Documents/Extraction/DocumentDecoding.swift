internal import ColumnStore
import FoundationEssentials

/// Documents inside documents: a text that is decoded and read as JSON in its place, for all that looks at the document but its bytes.
///
/// What is read is the document with one more member for each step (`to`); what is stored is the document as it came.
///
/// `{"payload": "eyJhIjoxfQ=="}` with `from` payload and `to` data becomes `{"payload": "…", "data": {"a": 1}}` for schema, paths and rules. Steps
/// are applied in the order of the type file, so that a later one may decode what an earlier one put there. Each reads the whole text anew.
///
/// What `read` throws becomes a fault of the receipt with the code `decode` (`JSONReading.decoded`).
struct DocumentDecoding {
    /// What comes out of a document at most, as many times its own bound.
    static let growthMax = 16

    /// Why a text could not be decoded.
    ///
    /// `pointer` is the step's `from`; the message quotes no value.
    struct Failure: Error {
        let pointer: String
        let message: String
    }

    /// In the order of the type file.
    let steps: [TypeFile.Decoding]
    /// Of what comes out, of all steps together.
    let byteCountMax: Int
    /// Charged for each byte that comes out, before it is read: of a few kilobytes megabytes may come.
    let work: WorkBudget

    /// Lends the tape of the decoded document to `body`.
    ///
    /// The tape is valid for the call.
    ///
    /// - Parameter text: of the receipt, one JSON object.
    /// - Throws: `Failure`; `DocumentError` where the whole is too deep or too large.
    func read<Result>(_ text: [UInt8], _ body: (JSONTape) throws -> Result) throws -> Result {
        var text = text
        // Shared by the steps: many small ones are bounded like one large one.
        var left = byteCountMax
        for step in steps { try apply(step, &text, &left) }
        return try Self.withTape(of: text, body)
    }

    /// Within the room of what is decoded.
    private static func withTape<Result>(of text: [UInt8], _ body: (JSONTape) throws -> Result) throws -> Result {
        try text.withUnsafeBytes { bytes in
            let byteCount = bytes.count < JSONOutline.byteCountMin ? 0 : JSONOutline(bytes).readingByteCount
            return try ParsingRoom.decoded.with(byteCount) { try JSONReader().read(bytes, body) }
        }
    }

    /// One step: reads the text, decodes one of its values, and writes the result into the text as a member.
    private func apply(_ step: TypeFile.Decoding, _ text: inout [UInt8], _ left: inout Int) throws {
        let found = try Self.withTape(of: text) { tape in (try Self.source(step, tape), try Self.target(step, tape)) }
        // What is not there decodes to nothing: the schema, or a rule, says whether it must be.
        guard let source = found.0 else { return }
        let decoded = try Self.json(of: try Self.decode(source, step, byteCountMax: left, work), step, byteCountMax: left)
        left -= decoded.count
        // By itself first, so that a fault in it is reported as its own, not as one of the document around it.
        do {
            try Self.withTape(of: decoded) { _ in }
        } catch let error as DocumentError {
            throw Failure(pointer: step.path, message: "what it decodes to is neither JSON nor XML: \(error.detail)")
        }
        // Behind the members that are there.
        let member = Array((found.1.isEmpty ? "" : ",").utf8) + JSONValue.string(step.name).serialized + [UInt8(ascii: ":")]
        text.replaceSubrange(found.1.end..<found.1.end, with: member + decoded)
    }

    /// XML as the JSON that stands for it, all else as it is, without a byte order mark: it comes to stand within another text.
    ///
    /// A text that begins with `<` or with a mark of UTF-16 is taken for XML: JSON begins with neither.
    private static func json(of bytes: [UInt8], _ step: TypeFile.Decoding, byteCountMax: Int) throws -> [UInt8] {
        let isWide = bytes.starts(with: [0xFE, 0xFF]) || bytes.starts(with: [0xFF, 0xFE])
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let text = bytes.starts(with: mark) ? bytes.dropFirst(mark.count) : bytes[...]
        if text.starts(with: mark) { throw Failure(pointer: step.path, message: "what it decodes to is neither JSON nor XML: a second byte order mark") }
        guard isWide || text.first(where: { !ScalarText.isBlank($0) }) == UInt8(ascii: "<") else { return Array(text) }
        do {
            let members = try bytes.withUnsafeBytes { bytes in
                try ParsingRoom.decoded.with(XMLReader.readingByteCount(bytes)) {
                    XMLMembers.json(of: try XMLReader.read(bytes), lists: step.lists, byteCountMax: byteCountMax)
                }
            }
            if let members { return members }
        } catch let error as DocumentError {
            throw Failure(pointer: step.path, message: "what it decodes to is no XML: \(error.detail)")
        }
        throw Failure(pointer: step.path, message: "it decodes to more than \(byteCountMax) bytes")
    }

    /// The text that is decoded; nil where there is none, or null.
    private static func source(_ step: TypeFile.Decoding, _ tape: JSONTape) throws -> [UInt8]? {
        guard let node = node(step.from, tape), tape[node].kind != .null else { return nil }
        guard tape[node].kind == .string else { throw Failure(pointer: step.path, message: "a text is decoded, and here is none") }
        return tape.text(of: node)
    }

    /// Where the member goes: before the brace that ends its object.
    private static func target(_ step: TypeFile.Decoding, _ tape: JSONTape) throws -> (end: Int, isEmpty: Bool) {
        guard let parent = node(step.to.dropLast(), tape), tape[parent].kind == .object else {
            throw Failure(pointer: step.path, message: "what it decodes to has no object to stand in")
        }
        guard tape.member(step.name, of: parent) == nil else { throw Failure(pointer: step.path, message: "the document has a member \(step.name) where it would be decoded to") }
        return (tape.range(of: parent).upperBound - 1 + tape.textOffset, tape[parent].childCount == 0)
    }

    /// Where a path of names leads from the root; nil where a member is missing.
    private static func node(_ path: some Sequence<String>, _ tape: JSONTape) -> Int? {
        var node = 0
        for name in path {
            guard let next = tape.member(name, of: node) else { return nil }
            node = next
        }
        return node
    }

    // MARK: Codings

    /// Codings one after the other, as they are listed: `["base64", "gzip"]` is base64 of a gzip stream.
    private static func decode(_ text: [UInt8], _ step: TypeFile.Decoding, byteCountMax: Int, _ work: WorkBudget) throws -> [UInt8] {
        var bytes = text
        for coding in step.codings {
            func failure(_ message: String) -> Failure { Failure(pointer: step.path, message: message) }
            switch coding {
            case .base64, .base64url:
                guard let data = base64(bytes, isURL: coding == .base64url) else { throw failure("it is no \(coding.rawValue)") }
                bytes = data
                try charge(data.count, work, failure)
            case .hex:
                guard let data = hex(bytes) else { throw failure("it is no \(coding.rawValue)") }
                bytes = data
                try charge(data.count, work, failure)
            case .gzip, .zlib, .zstd: bytes = try inflate(bytes, coding, byteCountMax: byteCountMax, work, failure)
            }
            // Of each step between, too: what is only large on the way takes the same memory.
            guard bytes.count <= byteCountMax else { throw failure("it decodes to more than \(byteCountMax) bytes") }
        }
        return bytes
    }

    /// A byte that comes out is inflated, and read twice: a step is about that.
    ///
    /// - Throws: a failure whose text is reported to nobody: the exhausted budget of work is reported in its place.
    private static func charge(_ byteCount: Int, _ work: WorkBudget, _ failure: (String) -> Failure) throws {
        guard work.charge(byteCount, .decoding) else { throw failure("it takes too much work to decode") }
    }

    /// RFC 4648, sections 4 and 5. Blanks are passed over, as lines are often wrapped; base64url may lack its padding, base64 may not.
    private static func base64(_ text: [UInt8], isURL: Bool) -> [UInt8]? {
        var text = text.filter { !ScalarText.isBlank($0) }
        if isURL {
            for (index, byte) in text.enumerated() {
                switch byte {
                case UInt8(ascii: "-"): text[index] = UInt8(ascii: "+")
                case UInt8(ascii: "_"): text[index] = UInt8(ascii: "/")
                // They are of the other alphabet.
                case UInt8(ascii: "+"), UInt8(ascii: "/"): return nil
                default: break
                }
            }
            while text.count % 4 != 0 { text.append(UInt8(ascii: "=")) }
        }
        return Data(base64Encoded: Data(text)).map { Array($0) }
    }

    /// RFC 4648, section 8: pairs of digits of either case, no blanks.
    private static func hex(_ text: [UInt8]) -> [UInt8]? {
        func digit(_ byte: UInt8) -> UInt8? {
            switch byte {
            case 0x30...0x39: byte - 0x30
            case 0x41...0x46: byte - 0x37
            case 0x61...0x66: byte - 0x57
            default: nil
            }
        }
        guard text.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 2)
        for place in stride(from: 0, to: text.count, by: 2) {
            guard let high = digit(text[place]), let low = digit(text[place + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    /// Piece by piece, so that a bomb ends at the bound.
    ///
    /// - Throws: `Failure` past the bound, for what is no stream of the coding, and for one that ends too early.
    private static func inflate(
        _ bytes: [UInt8], _ coding: TypeFile.Decoding.Coding, byteCountMax: Int, _ work: WorkBudget, _ failure: (String) -> Failure
    ) throws -> [UInt8] {
        let decompressor = StreamDecompressor(coding == .zstd ? .zstd : .gzip, windowLogMax: 23, takesZlib: coding == .zlib)
        var result: [UInt8] = []
        do {
            try bytes.withUnsafeBytes { source in
                try decompressor.decompress(source) { piece in
                    guard result.count + piece.count <= byteCountMax else { throw failure("it decodes to more than \(byteCountMax) bytes") }
                    try charge(piece.count, work, failure)
                    result += piece
                }
            }
            try decompressor.finish()
        } catch let error as Failure {
            throw error
        } catch {
            throw failure("it is no \(coding.rawValue), or is cut off")
        }
        return result
    }
}
