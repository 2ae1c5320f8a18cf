import ColumnStore
import Foundation
import TestSupport
import XCTest

/// Goal: every file gives pyarrow's values. Method: files of the parquet-testing collection, and files that pyarrow writes in
/// each encoding, codec, page version and nesting, dumped by pyarrow and by us, compared line by line.
final class ParquetReferenceTests: XCTestCase {
    private static let script = "ColumnStoreTests/Readers/dump_parquet.py"
    static var good: URL { Project.shared.appendingPathComponent("parquet/good") }
    static var bad: URL { Project.shared.appendingPathComponent("parquet/bad") }

    static func files(_ folder: URL) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "parquet" }.sorted { $0.path < $1.path }
    }

    func test_goodFiles_giveTheValuesOfPyarrow() throws {
        var files = try Self.files(Self.good)
        XCTAssertGreaterThanOrEqual(files.count, 30)
        // By hand: a folder of more.
        if let more = ProcessInfo.processInfo.environment["TILL_PARQUET_FILES"] { files += try Self.files(URL(fileURLWithPath: more)) }
        let directory = try TemporaryDirectory()
        let result = try PythonReader.run(Self.script, ["dump", directory.path] + files.map(\.path))
        XCTAssertEqual(result.exitCode, 0, result.output)
        for file in files {
            let expected = try String(contentsOfFile: "\(directory.path)/\(file.lastPathComponent).txt", encoding: .utf8)
            do {
                let actual = try ParquetDump.text(of: try ParquetDump.open(file.path))
                XCTAssertNil(ParquetDump.difference(actual, expected), file.lastPathComponent)
            } catch {
                XCTFail("\(file.lastPathComponent): \(error)")
            }
        }
    }

    /// What each bad file must be refused for; a file without an entry fails the test.
    private static let expectations: [String: (code: ColumnStoreError.Code, detail: String)] = [
        "ARROW-GH-41317.parquet": (.corruptFile, "unknown type"),
        "ARROW-GH-43605.parquet": (.corruptFile, "the bit width of packed codes"),
        "ARROW-GH-47662.parquet": (.corruptFile, "end inside values of fixed width"),
        "ARROW-RS-GH-6229-LEVELS.parquet": (.corruptFile, "more values than the 1"),
    ]

    func test_badFiles_areRefusedWithAPlace() throws {
        let files = try Self.files(Self.bad)
        XCTAssertGreaterThanOrEqual(files.count, 4)
        for file in files {
            let name = file.lastPathComponent
            guard let expectation = Self.expectations[name] else {
                XCTFail("\(name) has no expectation")
                continue
            }
            do {
                _ = try ParquetDump.text(of: try ParquetDump.open(file.path))
                XCTFail("\(name) was read")
            } catch let error as ColumnStoreError {
                XCTAssertEqual(error.code, expectation.code, "\(name): \(error)")
                XCTAssertTrue(error.detail.contains(expectation.detail), "\(name): \(error)")
                XCTAssertEqual(error.path, file.path)
                XCTAssertNotNil(error.offset, "\(name): \(error)")
            }
        }
    }

    func test_filesOfPyarrow_eachLayout_giveEqualValues() throws {
        let directory = try TemporaryDirectory()
        let result = try PythonReader.run(Self.script, ["generate", directory.path])
        XCTAssertEqual(result.exitCode, 0, result.output)
        let files = try Self.files(URL(fileURLWithPath: directory.path))
        XCTAssertGreaterThan(files.count, 20)
        for file in files {
            let name = file.deletingPathExtension().lastPathComponent
            let expected = try String(contentsOfFile: "\(directory.path)/\(name).txt", encoding: .utf8)
            for batchRowCount in [8_192, 37] {
                do {
                    let request = ParquetScanRequest(batchRowCount: batchRowCount)
                    let actual = try ParquetDump.text(of: try ParquetDump.open(file.path), request)
                    XCTAssertNil(ParquetDump.difference(actual, expected), "\(name), batches of \(batchRowCount)")
                } catch {
                    XCTFail("\(name): \(error)")
                }
            }
        }
    }
}
