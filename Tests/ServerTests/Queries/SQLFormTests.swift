import ColumnStore
import Query
import XCTest

@testable import Server

/// The table of formats: whatever names a format finds it there, and every one of them is written.
final class SQLFormTests: XCTestCase {
    func test_names_areTheFormsOwnAndLeadBack() {
        XCTAssertEqual(Set(SQLForm.allCases.map(\.name)).count, SQLForm.allCases.count)
        for form in SQLForm.allCases {
            XCTAssertEqual(SQLForm(name: form.name), form)
            XCTAssertTrue(form.contentType.hasPrefix(form.rawValue), form.name)
        }
        XCTAssertNil(SQLForm(name: "xlsx"))
        XCTAssertNil(SQLForm(name: ""))
    }

    /// The console knows media types alone, and names its files by them (`console/core/features.js`).
    func test_names_areWordsOfTheMediaTypes() {
        for form in SQLForm.streamed { XCTAssertTrue(form.rawValue.split { "/.-".contains($0) }.contains { $0 == form.name }, form.rawValue) }
    }

    func test_exportFormats_areFormsOrTheWorkbook() {
        XCTAssertEqual(ExportFormat.allCases.filter { $0.form == nil }, [.workbook])
        XCTAssertEqual(Set(ExportFormat.allCases.compactMap(\.form)), Set(SQLForm.streamed))
        XCTAssertEqual(ExportFormat.words, "xlsx, parquet, arrow, csv or ndjson")
        XCTAssertEqual(SQLCommand.Format.names, ["table", "json", "ndjson", "csv", "parquet", "arrow"])
        for name in SQLCommand.Format.names { XCTAssertNotNil(SQLCommand.Format(name: name), name) }
        XCTAssertNil(SQLCommand.Format(name: "xlsx"))
    }

    func test_encoder_ofEachForm_writesTheRow() throws {
        let columns = [ResultColumn(name: "number", type: .int64)]
        let batch = ColumnBatch(rowCount: 1, columns: [Column(type: .int64, count: 1, values: .int64([42]))])
        let marks: [SQLForm: String] = [.page: #"{"number":42}"#, .lines: #"{"number":42}"#, .csv: "42", .parquet: "PAR1", .arrow: "number"]
        for form in SQLForm.allCases {
            var encoder = try form.encoder(columns)
            var bytes: [UInt8] = []
            try encoder.begin(into: &bytes)
            try encoder.append(batch, into: &bytes)
            try encoder.end(cursor: nil, statistics: QueryStatistics(), into: &bytes)
            let text = String(decoding: bytes, as: UTF8.self)
            XCTAssertTrue(text.contains(try XCTUnwrap(marks[form], "a format that no test names")), "\(form.name): \(text)")
        }
    }
}
