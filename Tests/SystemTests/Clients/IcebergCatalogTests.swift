import Foundation
import TestSupport
import XCTest

/// Goal: engines outside read the store's cold tables by its REST catalog alone, whoever may, and change nothing. Method: pyiceberg's RestCatalog and DuckDB's iceberg
/// extension against the real binary, and the protocol's calls one by one.
final class IcebergCatalogTests: XCTestCase {
    func test_catalog_isReadByOthers_andRefusesWhatItMust() throws {
        let server = try TillServer()
        defer { server.remove() }
        let run = try PythonReader.run("SystemTests/Scripts/iceberg_rest.py", [server.url, TillServer.adminKey])
        try XCTSkipIf(run.exitCode == 77, run.output)
        XCTAssertEqual(run.exitCode, 0, run.output)
        XCTAssertTrue(run.output.contains("the catalog is read"), run.output)
    }

    /// Goal: Spark, unpatched, has Till's answers from the tables' files, by a Hadoop catalog and by the REST catalog: of receipts, of documents that change, and of
    /// sums, which it adds up as docs/rollups.md says. By hand: `TILL_SPARK_PYTHON` names a Python with script/requirements-spark.txt.
    func test_spark_hasTheAnswersOfTill() throws {
        guard let python = ProcessInfo.processInfo.environment["TILL_SPARK_PYTHON"] else { throw XCTSkip("TILL_SPARK_PYTHON names no Python") }
        let server = try TillServer()
        defer { server.remove() }
        let warehouse = server.data.appendingPathComponent("warehouse").path
        let run = try PythonReader.run("SystemTests/Scripts/iceberg_spark.py", [server.url, warehouse, TillServer.adminKey], interpreter: python)
        XCTAssertEqual(run.exitCode, 0, run.output)
        XCTAssertTrue(run.output.contains("questions as Till does"), run.output)
    }
}
