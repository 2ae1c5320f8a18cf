import Foundation
import TestSupport
import XCTest

/// Goal: a store that an earlier version wrote opens, with all that it held. Method: `EarlierStores` has one of each catalog version, made by `Scripts/earlier_store.py` with a
/// binary of it, and logs of some; `CatalogTests` takes a catalog through every step.
final class EarlierStoreTests: XCTestCase {
    private static let folder = Project.root.appendingPathComponent("Tests/SystemTests/Delivery/EarlierStores")

    private static func archives(_ prefix: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasPrefix(prefix) && $0.hasSuffix(".tar.xz") }.sorted()
    }

    func test_storesOfEarlierFormats_openAndHoldWhatTheyHeld() throws {
        let archives = try Self.archives("catalog-")
        // All but 15, which no binary ever had.
        XCTAssertEqual(archives, (1...22).filter { $0 != 15 }.map { "catalog-\($0 < 10 ? "0" : "")\($0).tar.xz" })
        for archive in archives {
            let run = try PythonReader.run("SystemTests/Scripts/earlier_open.py", [TillServer.binary.path, Self.folder.appendingPathComponent(archive).path])
            XCTAssertEqual(run.exitCode, 0, "\(archive): \(run.output)")
        }
    }

    private struct Known: Decodable {
        let instant: String
        let answer: String
        let end: String
    }

    /// The machine that wrote it is lost, and the version of then may be, too.
    func test_logsOfEarlierFormats_areProved_andRestoredToAnInstantAndTheEnd() throws {
        let archives = try Self.archives("log-")
        XCTAssertGreaterThanOrEqual(archives.count, 2)
        for archive in archives {
            let folder = try Project.temporaryFolder()
            defer { try? FileManager.default.removeItem(at: folder) }
            let unpacked = try Subprocess("/usr/bin/env", ["tar", "-xJf", Self.folder.appendingPathComponent(archive).path, "-C", folder.path])
            XCTAssertEqual(unpacked.status, 0, unpacked.all)
            let known = try JSONDecoder().decode(Known.self, from: try Data(contentsOf: folder.appendingPathComponent("known.json")))
            let log = "file://\(folder.path)/log"
            let proof = try TillRun(["verify", "--log", log])
            XCTAssertEqual(proof.status, 0, "\(archive): \(proof.text)\(proof.error)")
            // Each of a copy: a restore leaves the log at another epoch.
            for (name, more, answer) in [("then", ["--to", known.instant], known.answer), ("end", [], known.end)] as [(String, [String], String)] {
                let (data, own) = (folder.appendingPathComponent(name).path, folder.appendingPathComponent("\(name)-log"))
                try FileManager.default.copyItem(at: folder.appendingPathComponent("log"), to: own)
                let restored = try TillRun(["restore", "--from-log", "file://\(own.path)", "--data", data] + more)
                XCTAssertEqual(restored.status, 0, "\(archive), \(name): \(restored.text)\(restored.error)")
                let query = "SELECT client_id, receipt_id, business_day, issued_at, total, currency FROM receipts_accepted ORDER BY 1, 2"
                XCTAssertEqual(try TillRun(["sql", "--data", data, "--format", "csv", query]).text, answer, "\(archive), \(name)")
            }
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
