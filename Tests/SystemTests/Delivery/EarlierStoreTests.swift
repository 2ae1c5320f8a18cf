import Foundation
import TestSupport
import XCTest

/// Goal: a store that an earlier version wrote opens, with all that it held. Method: `EarlierStores` has one of each format that a binary was at hand for, made by
/// `Scripts/earlier_store.py` with that binary; `CatalogTests` takes a catalog through every step.
final class EarlierStoreTests: XCTestCase {
    func test_storesOfEarlierFormats_openAndHoldWhatTheyHeld() throws {
        let folder = Project.root.appendingPathComponent("Tests/SystemTests/Delivery/EarlierStores")
        let archives = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".tar.xz") }.sorted()
        XCTAssertGreaterThanOrEqual(archives.count, 7)
        for archive in archives {
            let run = try PythonReader.run("SystemTests/Scripts/earlier_open.py", [TillServer.binary.path, folder.appendingPathComponent(archive).path])
            XCTAssertEqual(run.exitCode, 0, "\(archive): \(run.output)")
        }
    }

    func test_migrate_ofThisVersionsStore_changesNothing_andOfNone_isOne() throws {
        let folder = try Project.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let server = try TillServer()
        defer { server.remove() }
        let data = server.data.path
        // Beside the server, which holds the directory: only looking is possible.
        let check = try TillRun(["migrate", "--check", "--data", data])
        XCTAssertEqual(check.status, 0, check.error)
        XCTAssertTrue(check.text.contains("nothing will change"), check.text)
        let held = try TillRun(["migrate", "--data", data])
        XCTAssertEqual(held.status, 1, held.text)
        XCTAssertTrue(held.error.contains("is held by the server at"), held.error)
        server.stop()
        XCTAssertEqual(try TillRun(["migrate", "--data", data]).text, "nothing to change: it is of this version's format\n")
        let none = try TillRun(["migrate", "--check", "--data", folder.path])
        XCTAssertEqual(none.status, 1)
        XCTAssertTrue(none.error.contains("is no store"), none.error)
        XCTAssertEqual(try TillRun(["migrate", "--check"]).status, 2)
    }
}
