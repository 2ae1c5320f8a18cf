internal import ColumnStore
internal import Documents
internal import Ingest
internal import Query

/// A document as JSON answers carry it.
struct DocumentBody {
    let contentType: String
    /// Of the row's, and no copy of them.
    let bytes: ArraySlice<UInt8>

    /// UTF-8's byte order mark, which JSON must not begin with (RFC 8259, section 8.1).
    private static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// Writes `document` verbatim where it is JSON, as a string where it is other text in UTF-8, else `document_base64`.
    ///
    /// - Parameter isLine: line ends within JSON become blanks, so that NDJSON keeps its lines.
    static func write(_ bytes: ArraySlice<UInt8>, contentType: String, isLine: Bool, to writer: inout JSONWriter) {
        if isJSON(contentType) {
            writer.key("document")
            let text = bytes.starts(with: mark) ? bytes.dropFirst(3) : bytes
            if isLine, text.contains(where: { $0 == 0x0A || $0 == 0x0D }) {
                // Byte by byte: a document may be as long as any, and is not there twice.
                writer.raw(text.lazy.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 })
            } else {
                writer.raw(text)
            }
        } else {
            writeText(bytes, to: &writer)
        }
    }

    /// Bytes that may not be what their content type says.
    static func writeText(_ bytes: ArraySlice<UInt8>, to writer: inout JSONWriter) {
        if isText(bytes) {
            writer.key("document")
            writer.string(utf8: bytes)
        } else {
            writer.key("document_base64")
            writeBase64(bytes, to: &writer)
        }
    }

    /// Whether the bytes are UTF-8.
    static func isText(_ bytes: ArraySlice<UInt8>) -> Bool { bytes.withUnsafeBufferPointer { UTF8Check.firstFault(in: $0) } == nil }

    static func writeBase64(_ bytes: ArraySlice<UInt8>, to writer: inout JSONWriter) {
        writer.value { text in
            text.append(UInt8(ascii: "\""))
            JSONText.appendBase64(bytes, to: &text)
            text.append(UInt8(ascii: "\""))
        }
    }

    private static func isJSON(_ contentType: String) -> Bool {
        // What nearly every row says is not taken apart for each.
        if contentType == "application/json" { return true }
        let essence = MediaType(contentType)?.essence ?? ""
        return essence == "application/json" || essence.hasSuffix("+json") || essence == "application/x-ndjson"
            || essence == "application/ndjson" || essence == "application/jsonl"
    }
}

/// One row of a table with its document.
struct ReceiptRow: BodyForm {
    /// By hand, in `Schemas`: its columns are those of the table.
    static var schema: SchemaText { .reference("Receipt") }

    private let schema: Schema
    private let batch: ColumnBatch
    /// Of the batch, in the schema's order.
    private let columns: [CellWriter]

    /// - Parameter batch: of one row.
    init(schema: Schema, batch: ColumnBatch) {
        (self.schema, self.batch) = (schema, batch)
        columns = batch.columns.map { CellWriter($0) }
    }

    private func bytes(_ name: String) -> ArraySlice<UInt8>? {
        schema.index(of: name).flatMap { $0 < columns.count ? columns[$0].bytes(0) : nil }
    }

    /// Of the row as it is.
    var heldByteCount: Int { batch.rowsByteCount }
    /// Of its text, at most.
    var textByteCountMax: Int { ReceiptPage.textByteCountMax(schema, batch) }

    var contentType: String? { bytes("content_type").map { String(decoding: $0, as: UTF8.self) } }

    /// Nil where it is not shown.
    var document: DocumentBody? {
        guard let bytes = bytes("document") else { return nil }
        return DocumentBody(contentType: contentType ?? "application/octet-stream", bytes: bytes)
    }

    func write(to writer: inout JSONWriter) {
        let contentType = bytes("content_type").map { String(decoding: $0, as: UTF8.self) } ?? ""
        writer.beginObject()
        ReceiptPage.writeMembers(schema, columns, 0, contentType: contentType, isLine: false, to: &writer)
        writer.endObject()
    }
}

/// A page of receipts in each of its forms.
///
/// As JSON and NDJSON a row has the document verbatim, as a text or in base64, as its content type and its bytes say (`DocumentBody`).
/// The content type is read of each row: it is a column, or stands beside the columns that were asked for (`Page.contentTypes`).
enum ReceiptPage {
    /// - Parameter byteCount: of `textByteCountMax`; so of the other forms.
    static func json(_ page: Page, reserving byteCount: Int) -> [UInt8] {
        var writer = JSONWriter(reserving: byteCount)
        writer.beginObject()
        writer.key("receipts")
        writer.beginArray()
        eachRow(page) { columns, row, contentType in
            writer.beginObject()
            writeMembers(page.schema, columns, row, contentType: contentType, isLine: false, to: &writer)
            writer.endObject()
        }
        writer.endArray()
        writer.member("next_cursor", page.nextCursor)
        writer.endObject()
        return writer.bytes
    }

    /// Of its rows as they are.
    static func heldByteCount(_ page: Page) -> Int { page.batches.reduce(0) { $0.addingSaturating($1.rowsByteCount) } }

    /// Of its text in any form but Arrow's, at most: a text of control characters becomes six times as long. Room is made for it at once, since an array that
    /// grows by itself is there twice; what is not written of it takes no memory.
    static func textByteCountMax(_ page: Page) -> Int {
        page.batches.indices.reduce(64 << 10) { sum, number in
            let contentTypes = page.contentTypes.flatMap { number < $0.count ? $0[number] : nil }
            return sum.addingSaturating(textByteCountMax(page.schema, page.batches[number], contentTypes))
        }
    }

    /// - Parameter contentTypes: of the rows, where they are not among the columns.
    static func textByteCountMax(_ schema: Schema, _ batch: ColumnBatch, _ contentTypes: Column? = nil) -> Int {
        var others = batch.columns
        let types = (schema.index(of: "content_type").flatMap { $0 < others.count ? others[$0] : nil } ?? contentTypes).map { CellWriter($0) }
        guard let place = schema.index(of: "document"), place < others.count else { return EncodedSize.most(batch) }
        let documents = CellWriter(others.remove(at: place))
        return (0..<batch.rowCount).reduce(EncodedSize.most(ColumnBatch(rowCount: batch.rowCount, columns: others))) { sum, row in
            // Where it is NULL it is so by name.
            let document = documents.bytes(row) ?? []
            // Most are JSON, which goes out as it is, but for CSV, which has it in base64.
            let isJSON = types?.bytes(row)?.elementsEqual("application/json".utf8) ?? false
            return sum.addingSaturating(isJSON ? document.count + document.count / 3 + 128 : EncodedSize.most(asText: document))
        }
    }

    static func lines(_ page: Page, reserving byteCount: Int) -> [UInt8] {
        var writer = JSONWriter(reserving: byteCount)
        eachRow(page) { columns, row, contentType in
            writer.beginObject()
            writeMembers(page.schema, columns, row, contentType: contentType, isLine: true, to: &writer)
            writer.endObject()
            writer.endLine()
        }
        return writer.bytes
    }

    static func csv(_ page: Page, reserving byteCount: Int) throws -> [UInt8] { try encoded(page, CSVEncoder(columns: columns(page)), reserving: byteCount) }

    /// A stream with its end, as a page of its own; documents are bytes.
    static func arrow(_ page: Page, _ compression: ArrowCompression?, reserving byteCount: Int) throws -> [UInt8] {
        try encoded(page, ArrowEncoder(columns: columns(page), compression: compression), reserving: byteCount)
    }

    private static func columns(_ page: Page) -> [ResultColumn] { page.schema.fields.map { ResultColumn(name: $0.name, type: $0.type) } }

    private static func encoded(_ page: Page, _ encoder: some ResultEncoder, reserving byteCount: Int) throws -> [UInt8] {
        var (encoder, bytes) = (encoder, [UInt8]())
        bytes.reserveCapacity(byteCount)
        try encoder.begin(into: &bytes)
        for batch in page.batches { try encoder.append(batch, into: &bytes) }
        try encoder.end(cursor: nil, statistics: QueryStatistics(), into: &bytes)
        return bytes
    }

    static func writeMembers(
        _ schema: Schema, _ columns: [CellWriter], _ row: Int, contentType: String, isLine: Bool, to writer: inout JSONWriter
    ) {
        for (field, column) in zip(schema.fields, columns) {
            if field.name == "document", let document = column.bytes(row) {
                DocumentBody.write(document, contentType: contentType, isLine: isLine, to: &writer)
                continue
            }
            writer.key(field.name)
            writer.value { column.appendJSON(row, to: &$0) }
        }
    }

    private static func eachRow(_ page: Page, _ body: ([CellWriter], Int, String) -> Void) {
        let place = page.schema.index(of: "content_type")
        for (number, batch) in page.batches.enumerated() {
            let columns = batch.columns.map { CellWriter($0) }
            let types = place.map { columns[$0] } ?? page.contentTypes.flatMap { number < $0.count ? CellWriter($0[number]) : nil }
            for row in 0..<batch.rowCount {
                let contentType = types?.bytes(row).map { String(decoding: $0, as: UTF8.self) } ?? ""
                body(columns, row, contentType)
            }
        }
    }
}
