import ColumnStore
package import Documents
import Synchronization

/// Reads the values of rows out of their documents again, each by the version of the type that took it: after a crash, for what was in
/// columns in memory only.
///
/// A type's paths, defaults and expressions look at the document alone, so the values are those of the first time. Not for elements of
/// envelopes, whose values may come from around them, nor for documents whose form depends on more than their bytes.
///
/// One object serves all hot files. Readers of types are kept for good: there are as many as versions of types in the files.
package final class DocumentValues: Sendable {
    private struct Key: Hashable {
        let type: String
        let version: Int32
    }

    /// A row that cannot be read again has no values, instead of being an error: for the verifier, never for answers.
    let isLenient: Bool
    private let readers = Mutex<[Key: DocumentReader]>([:])
    /// The type file of a version; nil when there never was one.
    ///
    /// Asked without the lock: two threads may read the same version at once, and the later reader replaces an equal one.
    private let typeFile: @Sendable (_ name: String, _ version: Int32) throws -> [UInt8]?

    package init(isLenient: Bool = false, typeFile: @escaping @Sendable (_ name: String, _ version: Int32) throws -> [UInt8]?) {
        self.isLenient = isLenient
        self.typeFile = typeFile
    }

    /// The kind of rows of a type's version; nil when the store does not know the version.
    func kind(table: String, type: String, version: Int32, contentType: String) throws -> RowFormat? {
        guard let json = try typeFile(type, version) else { return nil }
        return RowFormat(table: table, type: type, version: version, contentType: contentType, layout: try DocumentType(kept: json).layout)
    }

    /// Whether the document of a row of that kind gives its values by itself.
    func canRead(_ kind: RowFormat) throws -> Bool { try reader(of: kind).registry.snapshot.types.allSatisfy { Self.canRead($0) } }

    /// Whether a document of the type gives its row's values by itself.
    package static func canRead(_ type: DocumentType) -> Bool { type.format == .json && !type.hasSeveralReceipts }

    /// The values of one row, laid out as `RowLayout` of the kind says.
    ///
    /// - Parameter receivedAt: when the row was made durable, in microseconds.
    /// - Throws: when the type is not known any more, or no longer takes the document.
    func encoded(_ document: [UInt8], _ kind: RowFormat, receivedAt: Int64) throws -> [UInt8] {
        var options = ReadingOptions(type: kind.type, now: receivedAt, documentByteCountMax: .max, eachCountMax: 1)
        // It was accepted once: present bounds of its cost do not matter.
        options.allowance = .unlimited
        let reader = try reader(of: kind)
        let type = reader.registry.snapshot[kind.type]
        guard type?.hasSeveralReceipts != true else {
            throw Fault(.internalError, "a document of the type \(kind.type) may have values from around it")
        }
        let reading =
            switch type?.format {
            case .xml: try reader.readXML(document, options)
            case .csv: try reader.readCSV(document, options)
            default: try reader.readJSON(document, options)
            }
        guard reading.receipts.count == 1, case .some(let only) = reading.receipts.first else {
            throw Fault(.internalError, "the document holds more than a receipt")
        }
        switch only {
        case .accepted(let receipt): return receipt.row
        case .refused(let problem, _, _): throw problem
        }
    }

    private func reader(of kind: RowFormat) throws -> DocumentReader {
        let key = Key(type: kind.type, version: kind.version)
        if let known = readers.withLock({ $0[key] }) { return known }
        guard let json = try typeFile(kind.type, kind.version) else {
            throw Fault(.internalError, "the store has no version \(kind.version) of the type \(kind.type)")
        }
        let type = try DocumentType(kept: json)
        // Else bytes would be read as other columns than they were written as.
        guard type.layout.fields == kind.fields else {
            throw Fault(.internalError, "the type \(kind.type) of version \(kind.version) has other columns than the row")
        }
        let registry = TypeRegistry()
        try registry.put(type)
        let reader = DocumentReader(registry: registry)
        readers.withLock { $0[key] = reader }
        return reader
    }
}
