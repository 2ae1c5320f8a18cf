internal import ColumnStore
internal import Ingest
internal import Query

/// Pages of receipts into a file of one format.
protocol ReceiptFileWriter: AnyObject {
    /// Called once for each page, in the walk's order.
    func add(_ page: Page) throws
    /// After the last page; the bytes of the file are whole then, and not yet durable (`ExportFile.finish`).
    func finish() throws
}

/// NDJSON as pages have it: documents as they are.
final class LineFileWriter: ReceiptFileWriter {
    private let file: ExportFile
    init(file: ExportFile) { self.file = file }
    func add(_ page: Page) throws { try file.write(ReceiptPage.lines(page, reserving: ReceiptPage.textByteCountMax(page))) }
    func finish() {}
}

/// A form that answers have too. The encoder may keep rows back, as Parquet does until a row group is full: `finish` must come.
final class EncodedFileWriter: ReceiptFileWriter {
    private var encoder: any ResultEncoder
    private let file: ExportFile

    init(_ encoder: any ResultEncoder, _ file: ExportFile) throws {
        (self.encoder, self.file) = (encoder, file)
        var bytes: [UInt8] = []
        try self.encoder.begin(into: &bytes)
        try file.write(bytes)
    }

    func add(_ page: Page) throws {
        for batch in page.batches {
            var bytes: [UInt8] = []
            try encoder.append(batch, into: &bytes)
            try file.write(bytes)
        }
    }

    func finish() throws {
        var bytes: [UInt8] = []
        try encoder.end(cursor: nil, statistics: QueryStatistics(), into: &bytes)
        try file.write(bytes)
    }
}

/// A workbook of one sheet, which its library writes by itself: `ExportFile` reads its result.
final class BookFileWriter: ReceiptFileWriter {
    private let book: WorkbookFile
    private let file: ExportFile

    init(_ book: WorkbookFile, _ name: String, _ columns: [ResultColumn], _ file: ExportFile) throws {
        (self.book, self.file) = (book, file)
        try book.beginSheet(named: name, columns: columns)
    }

    func add(_ page: Page) throws { for batch in page.batches { try book.append(batch) } }

    func finish() throws {
        _ = try book.finish()
        try file.takeWhole()
    }
}
