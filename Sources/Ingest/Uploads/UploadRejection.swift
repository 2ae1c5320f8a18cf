import ColumnStore
package import Documents

/// Why one record was not taken, and what could be read of it.
package struct UploadRejection: Sendable {
    /// From 1.
    package let record: Int64
    package let receiptID: String?
    package let violations: [Fault.Violation]
    /// JSON: by name, the columns that were valid.
    package let columns: [UInt8]

    /// Kept of one record: a file may be nothing but faults.
    private static let violationCountMax = 100
    private static let textByteCountMax = 1_000
    private static let columnsByteCountMax = 16 << 10

    package init(record: Int64, receiptID: String?, violations: [Fault.Violation], columns: [UInt8]) {
        (self.record, self.receiptID, self.violations, self.columns) = (record, receiptID, violations, columns)
    }

    init(_ record: Int, _ fault: Fault, receiptID: [UInt8]? = nil, form: RecordForm) {
        self.record = Int64(record)
        self.receiptID = (receiptID ?? fault.readable?.receiptID).map { String(decoding: $0, as: UTF8.self) }
        violations = fault.reasons.prefix(Self.violationCountMax).map { violation in
            // The reader numbers rows within a chunk, the client within the file.
            let pointer = form == .csv ? Self.placed(violation.pointer, record) : violation.pointer
            return Fault.Violation(pointer: Self.shortened(pointer), code: violation.code, message: Self.shortened(violation.message))
        }
        columns = fault.readable.map(Self.columns) ?? Array("{}".utf8)
    }

    /// Of a record that was valid, and was refused all the same.
    ///
    /// - Parameter sensitive: columns that nobody is told of here.
    init(_ record: Int, _ fault: Fault, of row: HotRow, sensitive: Set<String>, form: RecordForm) {
        var fault = fault
        fault.readable = ReadableColumns(receiptID: Array(row.receipt), fields: row.kind.fields, row: Array(row.values), faulty: VersionColumns.names.union(sensitive))
        self.init(record, fault, form: form)
    }

    /// For others than those who may see what became sensitive since.
    var withoutValues: UploadRejection {
        let violations = violations.map { Fault.Violation(pointer: "", code: $0.code, message: Ticket.notShown) }
        return UploadRejection(record: record, receiptID: receiptID, violations: violations, columns: Array("{}".utf8))
    }

    func without(columns hidden: Set<String>) -> UploadRejection {
        guard let members = (try? JSONParser.parse(columns))?.members, members.contains(where: { hidden.contains($0.name) }) else { return self }
        let shown = JSONValue.object(members.filter { !hidden.contains($0.name) })
        return UploadRejection(record: record, receiptID: receiptID, violations: violations, columns: shown.serialized)
    }

    /// `/<record>/<field>`.
    private static func placed(_ pointer: String, _ record: Int) -> String {
        let parts = pointer.split(separator: "/", maxSplits: 1)
        return "/\(record)" + (parts.count == 2 && Int(parts[0]) != nil ? "/" + parts[1] : "")
    }

    private static func shortened(_ text: String) -> String {
        text.utf8.count <= textByteCountMax ? text : String(decoding: text.utf8.prefix(textByteCountMax), as: UTF8.self) + "…"
    }

    private static func columns(_ readable: ReadableColumns) -> [UInt8] {
        guard !readable.row.isEmpty, let values = try? RowLayout(fields: readable.fields).values(of: readable.row) else { return Array("{}".utf8) }
        var writer = JSONWriter()
        writer.beginObject()
        for (field, value) in zip(readable.fields, values) where !readable.faulty.contains(field.name) && ChangedColumns.normal(value) != .null {
            let text = JSONForm.text(value, field.type)
            guard writer.bytes.count + text.utf8.count <= columnsByteCountMax else { continue }
            writer.key(field.name)
            writer.raw(text.utf8)
        }
        writer.endObject()
        return writer.bytes
    }
}
