import ColumnStore
import Documents
import Processes

/// The table `executions`: what is kept of an execution whose time is over. It is a ledger as others are, hot first and cold later, but its rows have no
/// documents: their columns say all that is known.
///
/// An execution is a row; where its history is long, further rows go on with it. Another client's rows are as little seen as anywhere; those of the
/// administrator have an empty `client_id`, which no contract has.
struct ExecutionTable: Sendable {
    static let name = TableName.executions
    /// Of the history in one row, in bytes of JSON; at least one entry.
    static let historyByteCount = 256 << 10
    /// An entry has two values of 1 MiB each at most, and escapes of them.
    private static let byteCountMax = 64 << 20

    private static let file = """
        {"name": "till-execution", "version": 1, "table": "executions", "format": "json", "receipt_id": "/receipt_id", "issued_at": "/ended_at", "time_zone": "UTC",
        "accept_from": null, "columns": {
        "execution_id": {"path": "/execution_id", "type": "VARCHAR", "bloom": true}, "process": {"path": "/process", "type": "VARCHAR"},
        "process_version": {"path": "/process_version", "type": "BIGINT"}, "name": {"path": "/name", "type": "VARCHAR"},
        "execution_state": {"path": "/state", "type": "VARCHAR"}, "input": {"path": "/input", "type": "VARCHAR"}, "output": {"path": "/output", "type": "VARCHAR"},
        "error": {"path": "/error", "type": "VARCHAR"}, "cause": {"path": "/cause", "type": "VARCHAR"}, "started_at": {"path": "/started_at", "type": "TIMESTAMPTZ"},
        "ended_at": {"path": "/ended_at", "type": "TIMESTAMPTZ"}, "part": {"path": "/part", "type": "BIGINT"},
        "events": {"path": "/history", "columns": {"at": {"path": "/at", "type": "TIMESTAMPTZ"}, "event": {"path": "/event", "type": "VARCHAR"},
        "state": {"path": "/state", "type": "VARCHAR"}, "visit": {"path": "/visit", "type": "BIGINT"}, "attempt": {"path": "/attempt", "type": "BIGINT"},
        "input": {"path": "/input", "type": "VARCHAR"}, "output": {"path": "/output", "type": "VARCHAR"}, "error": {"path": "/error", "type": "VARCHAR"},
        "cause": {"path": "/cause", "type": "VARCHAR"}}}}}
        """

    /// What executions were given, made and said: any of it may be a value that few may see.
    static let values: Set<ColumnPath> = {
        let names = ["input", "output", "error", "cause"]
        return Set(names.map { ColumnPath($0) } + names.map { ColumnPath(["events", $0]) })
    }()

    private let reader: DocumentReader
    private let kind: RowFormat
    private let fields: [Field]

    /// - Throws: `TypeFileError` never, but for a mistake above.
    init() throws {
        let type = try DocumentType(json: Array(Self.file.utf8))
        let registry = TypeRegistry()
        try registry.put(type)
        reader = DocumentReader(registry: registry)
        kind = RowFormat(table: Self.name, type: TableName.executionType, version: 1, contentType: "", layout: type.layout)
        fields = VersionColumns.fields(of: Self.name) + type.layout.fields
    }

    /// Makes the table where there is none.
    ///
    /// - Returns: false where the store has another table of that name: a type's, with other columns.
    func make(_ tables: TableColumns, _ catalog: Catalog) throws -> Bool {
        let known = tables.columns(of: Self.name)
        guard let merged = SchemaEncoding.merged(known, adding: fields), (tables.storedName(ofShown: Self.name) ?? Self.name) == Self.name else { return false }
        if known.count == merged.count { return true }
        try catalog.write { try Catalog.setColumns(merged, of: Self.name, $0) }
        return tables.add(fields, to: Self.name) != nil
    }

    /// A row of an execution that has ended.
    ///
    /// - Parameters:
    ///   - part: from 1.
    ///   - entries: of the history, each as its JSON.
    func row(_ execution: ExecutionView, part: Int, _ entries: [[UInt8]], now: Int64) throws -> HotRow {
        let document = try Self.document(execution, part: part, entries)
        let reading = try reader.readJSON(document, ReadingOptions(type: TableName.executionType, now: now, documentByteCountMax: Self.byteCountMax))
        guard case .accepted(let receipt)? = reading.receipts.first else {
            if case .refused(let fault, _, _)? = reading.receipts.first { throw fault }
            throw Fault(.internalError, "an execution makes no row")
        }
        // The same execution again is the same row: of two that are alike in all but their bytes there is no question.
        return HotRow(
            kind: kind, client: execution.owner.client?.bytes ?? [], receipt: receipt.receiptID, businessDay: receipt.businessDay, issuedAt: receipt.issuedAt,
            values: receipt.row, sha256: SHA256.hash([]), storedDocument: [], documentByteCount: 0, coding: .plain)
    }

    private static func text(_ value: JSONValue) -> JSONValue { text(json: value.serialized) }
    private static func text(json: [UInt8]?) -> JSONValue { json.map { .string(String(decoding: $0, as: UTF8.self)) } ?? .null }
    private static func text(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }

    /// Values of any form stand in it as their JSON texts.
    private static func document(_ execution: ExecutionView, part: Int, _ entries: [[UInt8]]) throws -> [UInt8] {
        let id = execution.id.description
        let isFirst = part == 1
        let history = try entries.map { entry -> JSONValue in
            let members = try ValueLimits.parse(entry, within: 1, allowsRepeats: true).members ?? []
            return .object(members.map { $0.name == "input" || $0.name == "output" ? .init($0.name, $0.value == .null ? .null : text($0.value)) : $0 })
        }
        return JSONValue.object([
            "receipt_id": .string(isFirst ? id : "\(id):\(part)"), "execution_id": .string(id), "process": .string(execution.process),
            "process_version": .integer(execution.processVersion), "name": .string(execution.name), "state": .string(execution.status.text),
            "input": isFirst ? text(json: execution.input) : .null, "output": isFirst ? text(json: execution.output) : .null, "error": text(execution.error?.name),
            "cause": text(execution.error?.cause), "started_at": .string(CivilDate.text(microseconds: execution.startedAt)),
            "ended_at": .string(CivilDate.text(microseconds: execution.endedAt ?? execution.startedAt)), "part": .integer(part), "history": .array(history),
        ]).serialized
    }
}
