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
}
