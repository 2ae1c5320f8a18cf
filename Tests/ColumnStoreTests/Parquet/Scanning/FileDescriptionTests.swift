import ColumnStore
import Foundation
import TestSupport
import XCTest

/// Every sample can be described, and the figures of one are those that pyarrow shows.
final class FileDescriptionTests: XCTestCase {
    func test_describe_everyGoodFile_namesItsColumns() throws {
        for path in try ParquetReferenceTests.files(ParquetReferenceTests.good) {
            let file = try ParquetDump.open(path.path)
            let text = try ParquetInspector.describe(file)
            for field in file.schema.fields { XCTAssertTrue(text.contains(field.name), path.lastPathComponent) }
        }
    }

    func test_describe_showsBoundsEncodingsAndIndexes() throws {
        let path = ParquetReferenceTests.good.appendingPathComponent("data_index_bloom_encoding_stats.parquet").path
        let text = try ParquetInspector.describe(try ParquetDump.open(path))
        for part in ["14 in 1 row groups", "parquet-mr", "VARCHAR", "BYTE_ARRAY", "GZIP", "Hello", "today", "column, offset, bloom"] {
            XCTAssertTrue(text.contains(part), "\(part) is missing in:\n\(text)")
        }
    }
}
