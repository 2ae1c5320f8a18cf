package import ColumnStore

/// How records lie in a file.
package enum RecordForm: Sendable {
    /// JSON values end to end, or the elements of one array.
    case json
    case lines
    /// One document.
    case xml
    case csv

    /// By the name without .gz and .zst, else by the first bytes once they are decoded.
    ///
    /// - Parameter first: as many as there are at hand; none says CSV.
    package static func of(name: String, first: [UInt8]) -> RecordForm {
        var name = name.lowercased()
        for ending in [".gz", ".zst"] where name.hasSuffix(ending) { name = String(name.dropLast(ending.count)) }
        if name.hasSuffix(".ndjson") || name.hasSuffix(".jsonl") { return .lines }
        if name.hasSuffix(".json") { return .json }
        if name.hasSuffix(".xml") { return .xml }
        if name.hasSuffix(".csv") { return .csv }
        if first.starts(with: [0xFF, 0xFE]) || first.starts(with: [0xFE, 0xFF]) { return .xml }
        let text = first.starts(with: [0xEF, 0xBB, 0xBF]) ? first.dropFirst(3) : first[...]
        switch text.first(where: { !JSONGrammar.isBlank($0) }) {
        case UInt8(ascii: "<"): return .xml
        case UInt8(ascii: "["): return .json
        // A value that ends with its line is a line of many: then a broken one cannot swallow its neighbours.
        case UInt8(ascii: "{"): return endsWithLine(text) ? .lines : .json
        default: return .csv
        }
    }

    /// By a media type without its parameters; nil for one that says nothing of the form.
    package static func of(contentType: String) -> RecordForm? {
        switch contentType.lowercased() {
        case "text/csv": .csv
        case "application/x-ndjson", "application/ndjson", "application/jsonl": .lines
        case "application/json": .json
        case "application/xml", "text/xml": .xml
        default: nil
        }
    }

    /// Whether the object that the text begins with is closed before a line ends within it, as a line of NDJSON is; false where the text ends first.
    private static func endsWithLine(_ text: ArraySlice<UInt8>) -> Bool {
        var depth = 0
        var isInString = false
        var isEscaped = false
        for byte in text {
            if isEscaped { isEscaped = false; continue }
            switch byte {
            case UInt8(ascii: "\\") where isInString: isEscaped = true
            case UInt8(ascii: "\""): isInString.toggle()
            case UInt8(ascii: "{") where !isInString: depth += 1
            case UInt8(ascii: "}") where !isInString: depth -= 1
            case 0x0A where depth > 0: return false
            default: break
            }
            if depth == 0, byte == UInt8(ascii: "}") { return true }
        }
        return false
    }
}

extension StreamCoding {
    /// The coding of a file whose first bytes these are; nil for a plain one.
    package static func of(first: some Collection<UInt8>) -> StreamCoding? {
        if first.starts(with: [0x1F, 0x8B]) { return .gzip }
        // A frame of data, or one to skip: pzstd begins with such a one (RFC 8878, 3.1).
        let isSkipped = first.first.map { (0x50...0x5F).contains($0) } ?? false
        if first.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) || isSkipped && first.dropFirst().starts(with: [0x2A, 0x4D, 0x18]) { return .zstd }
        return nil
    }

    /// The coding that a file's name says.
    package static func of(name: String) -> StreamCoding? {
        let name = name.lowercased()
        return name.hasSuffix(".gz") ? .gzip : name.hasSuffix(".zst") ? .zstd : nil
    }
}
