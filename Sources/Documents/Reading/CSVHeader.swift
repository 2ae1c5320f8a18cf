/// A CSV text's header, and the types that its records may be of: the one that is named, else those that find the columns in it that their `match` asks for.
///
/// For bodies and for files alike. What none of these types knows is a fault of the whole, and of a record a value that its own type does not know (`CSVReading`): so no value
/// is lost without a word.
package struct CSVHeader {
    /// A comma where no type claims the header: then every record is of no type, and told so.
    package let delimiter: UInt8
    /// None where no type claims it.
    let types: [DocumentType]

    /// By the type that is named.
    init(_ type: DocumentType) { (delimiter, types) = (type.file.delimiter, [type]) }

    /// By the one of the types' delimiters that cuts the header into the names that a type wants to match, and into the most of them.
    ///
    /// - Parameter text: begins with the header.
    init(_ text: UnsafeRawBufferPointer, _ snapshot: TypeRegistry.Snapshot) {
        var best = (delimiter: UInt8(ascii: ","), nameCount: 0)
        var claiming: [DocumentType] = []
        let types = snapshot.types.filter { $0.format == .csv && $0.file.hasMatch }
        for delimiter in Set(types.map(\.file.delimiter)).sorted() {
            // With some it is no header.
            guard let names = Self.names(text, delimiter), names.count > best.nameCount else { continue }
            let present = Set(names)
            let wanting = types.filter { type in
                type.file.delimiter == delimiter && type.file.match.allSatisfy { test in
                    if case .exists(false) = test.condition { true } else { present.contains(Array(test.path.text.utf8)) }
                }
            }
            if !wanting.isEmpty { (best, claiming) = ((delimiter, names.count), wanting) }
        }
        delimiter = best.delimiter
        self.types = claiming
    }

    /// Of a file.
    ///
    /// - Parameters:
    ///   - first: its first bytes, as many as there are at hand.
    ///   - name: of the type that is named; nil for none.
    /// - Returns: nil where there is no type of that name.
    package init?(first: [UInt8], type name: String?, _ snapshot: TypeRegistry.Snapshot) {
        if let name {
            guard let type = snapshot[name] else { return nil }
            self = CSVHeader(type)
        } else {
            self = Self.row(first).withUnsafeBytes { CSVHeader($0, snapshot) }
        }
    }

    private static func names(_ text: UnsafeRawBufferPointer, _ delimiter: UInt8) -> [[UInt8]]? {
        do throws(DocumentError) {
            return try CSVReader(text, delimiter: delimiter).names
        } catch {
            return nil
        }
    }

    /// Whether a file's header may end within its first bytes: of another no type can be told. One with a quote that is open is for whoever reads it to refuse.
    package static func ends(in first: [UInt8]) -> Bool { beginning(first).contains(0x0A) }

    private static func beginning(_ first: [UInt8]) -> ArraySlice<UInt8> {
        (first.starts(with: [0xEF, 0xBB, 0xBF]) ? first.dropFirst(3) : first[...]).drop { $0 == 0x0A || $0 == 0x0D }
    }

    /// The first row with anything in it, or as much of it as there is.
    private static func row(_ first: [UInt8]) -> ArraySlice<UInt8> {
        let text = beginning(first)
        var isQuoted = false
        for index in text.indices {
            if text[index] == UInt8(ascii: "\"") { isQuoted.toggle() }
            if text[index] == 0x0A, !isQuoted { return text[..<index] }
        }
        return text
    }

    /// Names that the header may have; nil for any: where no type claims it, where one passes over what it does not know, and where whoever sent it may not know all of the types.
    ///
    /// - Parameter knownTypes: nil for all.
    package func columns(knownTypes: Set<String>?) -> Set<[UInt8]>? {
        guard !types.isEmpty, types.allSatisfy({ !$0.file.ignoresExtraColumns && (knownTypes?.contains($0.name) ?? true) }) else { return nil }
        return ownColumns
    }

    private var ownColumns: Set<[UInt8]> { types.reduce(into: Set<[UInt8]>()) { $0.formUnion($1.csvPaths.map { path in Array(path.utf8) }) } }

    /// What is wrong with the names of a header as a whole.
    func fault(_ names: [[UInt8]], knownTypes: Set<String>?) -> Fault? {
        columns(knownTypes: knownTypes).flatMap { CSVColumns.fault(names, known: $0) }
    }

    /// Why a file of this row alone is none: a line of anything could be taken for a header.
    ///
    /// - Parameter isTypeNamed: its columns may be told then.
    package func faultWithoutRecords(_ row: [UInt8], isTypeNamed: Bool) -> Fault? {
        let known = ownColumns
        let names = row.withUnsafeBytes { Self.names($0, delimiter) } ?? []
        guard !names.contains(where: { known.contains($0) }) else { return nil }
        if isTypeNamed { return CSVColumns.noHeader(known: known) }
        return Fault(.unknownType, "the file is one row, which is no header of any document type", advice: .listTypes)
    }
}
