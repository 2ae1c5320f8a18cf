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
    /// Of all of them together: what says the least of a file's faults must not be longer than the file.
    static let violationsByteCountMax = 32 << 10
    private static let columnsByteCountMax = 16 << 10

    package init(record: Int64, receiptID: String?, violations: [Fault.Violation], columns: [UInt8]) {
        (self.record, self.receiptID, self.violations, self.columns) = (record, receiptID, violations, columns)
    }

    init(_ record: Int, _ fault: Fault, receiptID: [UInt8]? = nil, form: RecordForm) {
        self.record = Int64(record)
        self.receiptID = (receiptID ?? fault.readable?.receiptID).map { String(decoding: $0, as: UTF8.self) }
        var byteCount = 0
        var violations: [Fault.Violation] = []
        for violation in fault.reasons.prefix(Self.violationCountMax) {
            // The reader numbers rows within a chunk, the client within the file.
            let pointer = form == .csv ? Self.placed(violation.pointer, record) : violation.pointer
            let shown = Fault.Violation(pointer: Self.shortened(pointer), code: violation.code, message: Self.shortened(violation.message))
            byteCount += shown.pointer.utf8.count + shown.code.utf8.count + shown.message.utf8.count
            if byteCount > Self.violationsByteCountMax, !violations.isEmpty { break }
            violations.append(shown)
        }
        self.violations = violations
        columns = fault.readable.map(Self.columns) ?? Array("{}".utf8)
    }

    /// Of a record that was valid, and was refused all the same.
    ///
    /// - Parameter sensitive: columns that are left out here.
    init(_ record: Int, _ fault: Fault, of row: HotRow, sensitive: Set<String>, form: RecordForm) {
        var fault = fault
        fault.readable = ReadableColumns(receiptID: Array(row.receipt), fields: row.kind.fields, row: Array(row.values), faulty: VersionColumns.names.union(sensitive))
        self.init(record, fault, form: form)
    }

    /// Of it all, and of its columns: what is longer is left out.
    private static let briefByteCountMax = 1_000
    private static let briefTextByteCountMax = 300

    /// The first of its reasons, in a few words each: for a file that has many records like it.
    var inBrief: UploadRejection {
        var byteCount = 0
        var brief: [Fault.Violation] = []
        for violation in violations {
            let shown = Fault.Violation(
                pointer: Self.shortened(violation.pointer, Self.briefTextByteCountMax), code: violation.code,
                message: Self.shortened(violation.message, Self.briefTextByteCountMax))
            byteCount += shown.pointer.utf8.count + shown.code.utf8.count + shown.message.utf8.count
            if byteCount > Self.briefByteCountMax, !brief.isEmpty { break }
            brief.append(shown)
        }
        return UploadRejection(record: record, receiptID: receiptID, violations: brief, columns: columns.count <= Self.briefByteCountMax ? columns : Array("{}".utf8))
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
        // A field may have no name: an empty part counts.
        let parts = pointer.dropFirst().split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        return "/\(record)" + (parts.count == 2 && Int(parts[0]) != nil ? "/" + parts[1] : "")
    }

    private static func shortened(_ text: String, _ byteCountMax: Int = UploadRejection.textByteCountMax) -> String {
        text.utf8.count <= byteCountMax ? text : String(decoding: text.utf8.prefix(byteCountMax), as: UTF8.self) + "…"
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

/// Some of an upload's feedback, in the file's order: as much as is asked for, and less where that is long.
package struct RejectionPage: Sendable {
    package let rejections: [UploadRejection]
    /// There are more behind the last.
    package let hasMore: Bool

    /// Of a page, as the catalog keeps it.
    package static let byteCountMax = 16 << 20
    /// Memory is asked for so many bytes at a time.
    static let heldStepByteCount = 256 << 10

    package init(rejections: [UploadRejection] = [], hasMore: Bool = false) { (self.rejections, self.hasMore) = (rejections, hasMore) }

    /// The same records, each as `change` shows it.
    func map(_ change: (UploadRejection) -> UploadRejection) -> RejectionPage { RejectionPage(rejections: rejections.map(change), hasMore: hasMore) }
}
