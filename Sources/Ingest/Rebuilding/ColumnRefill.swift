import ColumnStore
import Documents

/// Values of one column, read out of stored documents by the types that are in force.
///
/// A row needs it whose own version of its type had no such column, or lacked members of the list. Rows of versions that had it keep what was
/// taken then, by whatever path.
///
/// Used by one thread: it counts, and remembers which versions need the column.
final class ColumnRefill {
    /// A type in force, cut down to the one column.
    private struct Reading {
        let kind: RowFormat
        let format: TypeFile.Format
        let reader: DocumentReader
    }
    private struct Version: Hashable {
        let type: [UInt8]
        let number: Int64
    }
    /// What was done so far.
    struct Counts: Sendable {
        /// Rows that were read again.
        var rows: Int64 = 0
        /// Of them, those whose documents do not give the column: it is NULL.
        var faulty = 0
    }

    let table: String
    let field: Field
    private(set) var counts = Counts()
    private let types: [String: Reading]
    private let typeFile: (_ name: String, _ version: Int) throws -> [UInt8]?
    /// Asked for row by row: a file has few versions of types.
    private var needs: [Version: Bool] = [:]

    /// - Parameters:
    ///   - table: as it is stored.
    ///   - types: those in force, of any table.
    ///   - typeFile: the file of any version.
    /// - Throws: `Fault` when the table has no such column, or no type in force gives it.
    init(
        _ column: String, of table: String, columns: [Field], types: [DocumentType],
        typeFile: @escaping (_ name: String, _ version: Int) throws -> [UInt8]?
    ) throws {
        guard let field = columns.first(where: { $0.name.hasSameBytes(as: column) }) else { throw Self.refusal("column", "the table has no column \(column) of a type") }
        self.table = table
        self.field = Field(field.name, field.type.withoutIDs)
        self.typeFile = typeFile
        var readings: [String: Reading] = [:]
        for type in types where TableName.stored(type) == table && type.layout.fields.contains(where: { $0.name.hasSameBytes(as: column) }) {
            readings[type.name] = try Self.reading(type, column)
        }
        guard !readings.isEmpty else { throw Self.refusal("column", "no type in force gives the column \(column)") }
        self.types = readings
    }

    /// - Parameter member: of the call that asks for the rebuild.
    private static func refusal(_ member: String, _ text: String) -> Fault {
        Fault(.badParameter, text, errors: [.init(pointer: "/\(member)", code: "no-such-column", message: text)])
    }

    /// Nothing is checked again but the column: a later version may ask for what earlier documents never had. Of the others those stay that it is
    /// computed from.
    private static func reading(_ type: DocumentType, _ column: String) throws -> Reading {
        var file = type.file
        file.each = nil
        (file.rules, file.register) = ([], [])
        (file.schema, file.xsd) = (nil, nil)
        file.ignoresExtraColumns = true
        let needed = sources(of: column, in: file)
        file.columns.removeAll { !needed.contains($0.name) }
        for index in file.columns.indices {
            file.columns[index].isStored = file.columns[index].name.hasSameBytes(as: column)
            if !file.columns[index].isStored { file.columns[index].isRequired = false }
        }
        let narrow = try DocumentType(file)
        let registry = TypeRegistry()
        try registry.put(narrow)
        let kind = RowFormat(
            table: TableName.stored(type), type: type.name, version: Int32(clamping: type.version), contentType: "", layout: narrow.layout)
        return Reading(kind: kind, format: type.format, reader: DocumentReader(registry: registry))
    }

    /// The column, and those that its expression names, and theirs; rather one too many.
    private static func sources(of column: String, in file: TypeFile) -> Set<String> {
        var needed: Set<String> = []
        var waiting = [column]
        while let name = waiting.popLast() {
            guard needed.insert(name).inserted, let found = file.columns.first(where: { $0.name.hasSameBytes(as: name) }) else { continue }
            for expression in [found.expression].compactMap({ $0 }) + found.members.compactMap(\.expression) {
                let words = Set(expression.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.map { $0.lowercased() })
                waiting += file.columns.map(\.name).filter { words.contains($0.lowercased()) }
            }
        }
        return needed
    }

    // MARK: Which rows

    /// Whether a row of that version of its type needs the column. Rows of types that are not in force, or do not give it, need nothing.
    private func isNeeded(_ type: Value, _ version: Value) throws -> Bool {
        guard case .bytes(let type) = type, case .integer(let number) = version else { return false }
        let key = Version(type: type, number: number)
        if let known = needs[key] { return known }
        let name = String(decoding: type, as: UTF8.self)
        var isNeeded = false
        if types[name] != nil, let json = try typeFile(name, Int(clamping: number)) {
            let had = try DocumentType(kept: json).layout.fields.first { $0.name.hasSameBytes(as: field.name) }
            isNeeded = had.map { !Self.hasAll($0.type, of: field.type) } ?? true
        }
        needs[key] = isNeeded
        return isNeeded
    }

    /// Whether a list has every member of another; scalars are what they are.
    private static func hasAll(_ type: ColumnType, of other: ColumnType) -> Bool {
        guard case .list(let element) = type, case .structure(let members) = element.type, case .list(let wanted) = other,
            case .structure(let all) = wanted.type
        else { return true }
        return all.allSatisfy { one in members.contains { $0.name.hasSameBytes(as: one.name) } }
    }

    /// Whether any row of the two columns needs it.
    func isNeeded(types: Column, versions: Column) throws -> Bool {
        for row in 0..<types.count where try isNeeded(types.value(at: row), versions.value(at: row)) { return true }
        return false
    }

    // MARK: Values

    /// The column with what documents say in the rows that need it.
    ///
    /// Rows that need nothing keep their values: present and made ones are laid end to end, and each row's is taken from where it is.
    ///
    /// - Parameters:
    ///   - present: the column as it is, of the type of `field`.
    ///   - receivedAt: in microseconds.
    ///   - document: of a row; nil for one without, which stays as it is.
    /// - Returns: nil when no row needs it.
    ///
    /// - Complexity: a document is read for each row that needs the column, whole.
    func filled(
        _ present: Column, types: Column, versions: Column, receivedAt: Column, document: (_ row: Int) throws -> [UInt8]?
    ) throws -> Column? {
        var builder = HotChunkBuilder(typeColumns: [field])
        var places = (0..<Int32(present.count)).map { $0 }
        for row in 0..<present.count {
            let type = types.value(at: row)
            guard try isNeeded(type, versions.value(at: row)), case .bytes(let name) = type, let reading = self.types[String(decoding: name, as: UTF8.self)],
                let document = try document(row)
            else { continue }
            var received: Int64 = 0
            if case .integer(let instant) = receivedAt.value(at: row) { received = instant }
            places[row] = Int32(present.count + builder.rowCount)
            try builder.append(tailRow(reading, document, received, number: builder.rowCount))
        }
        guard builder.rowCount > 0 else { return nil }
        let made = builder.chunk().batch.columns[HotChunk.rowIDIndex + 1]
        return Column.concatenating([present, made.retyped(field.type)], type: field.type).gathering(places)
    }

    /// Whether each row has by now what `filled` made of it: nothing is to be written anew then.
    static func isThere(_ filled: Column, in present: Column) -> Bool {
        (0..<present.count).allSatisfy { isSame(filled.value(at: $0), present.value(at: $0)) }
    }

    /// An absent list is an empty one, within elements too.
    private static func isSame(_ one: Value, _ other: Value) -> Bool {
        switch (one, other) {
        case (.null, .list(let elements)), (.list(let elements), .null): elements.isEmpty
        case (.list(let ones), .list(let others)), (.structure(let ones), .structure(let others)):
            ones.count == others.count && zip(ones, others).allSatisfy { isSame($0, $1) }
        default: one == other
        }
    }

    /// A row as the hot tier's builder takes it, of which the one column alone is used.
    private func tailRow(_ reading: Reading, _ document: [UInt8], _ received: Int64, number: Int) -> TailRow {
        counts.rows += 1
        let row = Self.row(of: document, reading, received)
        if row == nil { counts.faulty += 1 }
        let none = [UInt8](repeating: 0, count: (reading.kind.fields.count + 7) / 8)
        return TailRow(
            row: Int64(number) + 1, sequence: 0, ticket: ULID(high: 0, low: 0), receivedAt: received, state: .complete, completedAt: nil,
            kind: reading.kind, businessDay: 0, issuedAt: 0, columns: row ?? none, clientByteCount: 0, receiptByteCount: 0)
    }

    /// The column as a row of bytes, by a type that is cut down to it.
    ///
    /// - Returns: nil when the document does not give the column as the type wants it.
    private static func row(of document: [UInt8], _ reading: Reading, _ received: Int64) -> [UInt8]? {
        var options = ReadingOptions(type: reading.kind.type, now: received, documentByteCountMax: .max, batchCountMax: 1, eachCountMax: 1)
        // It was accepted once: present bounds of its cost, and present rules, do not matter.
        options.allowance = .unlimited
        options.keepsReadable = true
        options.readableByteCountMax = .max
        let result =
            switch reading.format {
            case .json: try? reading.reader.readJSON(document, options)
            case .xml: try? reading.reader.readXML(document, options)
            case .csv: try? reading.reader.readCSV(document, options)
            }
        switch result?.receipts.first {
        case .accepted(let receipt): return receipt.row
        case .refused(let fault, _, _):
            guard let readable = fault.readable, !readable.row.isEmpty, readable.faulty.isDisjoint(with: reading.kind.fields.map(\.name)) else { return nil }
            return readable.row
        case nil: return nil
        }
    }
}
