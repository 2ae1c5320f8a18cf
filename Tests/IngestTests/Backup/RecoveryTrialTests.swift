import ColumnStore
import Foundation
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: a trial says what a recovery then does, beside others who read, and not a byte changes. Method: stores that lack something; the trial's report beside the recovery's.
final class RecoveryTrialTests: XCTestCase {
    private let directory = TemporaryDirectory()
    private var path: String { directory.path }

    private static let sale = """
        {"name":"sale","version":1,"table":"sales","format":"json","match":{"/schema":"sale/1"},"receipt_id":"/id","issued_at":"/at",
         "time_zone":"UTC","columns":{"sum":{"path":"/sum","type":"DECIMAL(18,4)"}}}
        """

    /// Five rows of each of two tables in cold, as many hot.
    private func fill(_ fixture: EngineFixture) throws {
        _ = try fixture.engine.putType(name: "sale", body: Array(Self.sale.utf8))
        for round in 0..<2 {
            for number in 0..<5 {
                _ = try fixture.taken(EngineFixture.receipt("A-\(round)-\(number)"))
                _ = try fixture.taken(#"{"schema":"sale/1","id":"S-\#(round)-\#(number)","at":"2026-11-19T10:00:00Z","sum":"12.5"}"#)
            }
            if round == 0 { _ = try fixture.engine.compact(before: nil) }
        }
    }

    /// Every file with its bytes.
    private func files(_ path: String) throws -> [String: Data] {
        var found: [String: Data] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: path) { found[name] = (try? Data(contentsOf: URL(filePath: "\(path)/\(name)"))) ?? Data() }
        return found
    }

    private func assertSame(_ path: String, _ before: [String: Data], line: UInt = #line) throws {
        let after = try files(path)
        XCTAssertEqual(Set(after.keys), Set(before.keys), line: line)
        XCTAssertEqual(after.keys.filter { after[$0] != before[$0] }.sorted(), [], line: line)
    }

    private func trial(_ path: String, types: Bool = true) throws -> Recovery.Report {
        try Recovery(path: path, typeFiles: types ? [Array(Self.sale.utf8)] : [], isTrial: true).run()
    }

    private func words(_ report: Recovery.Report) -> [String] {
        report.hotFiles.map { "\($0.name) \($0.rowCount)" } + report.tables.map { "\($0.name) \($0.version) \($0.fileCount) \($0.rowCount)" } + report.missing.map { "missing \($0)" }
            + report.putAside.map { "aside \($0)" }.sorted() + ["\(report.contractCount) \(report.keyCount) \(report.typeCount) \(report.source ?? "")"]
    }

    private func removeCatalog(_ path: String) { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: "\(path)/catalog.sqlite\(suffix)") } }

    func test_trial_besideAReader_saysWhatTheRecoveryDoes() throws {
        let fixture = try EngineFixture(path)
        try fill(fixture)
        XCTAssertThrowsError(try trial(path), "somebody works on it") { error in
            guard case DataDirectory.Failure.locked? = error as? DataDirectory.Failure else { return XCTFail("\(error)") }
        }
        try fixture.engine.close()
        let reader = try RestingStore(path: path)
        XCTAssertThrowsError(try trial(path)) { XCTAssertTrue("\($0)".contains("nothing to recover"), "\($0)") }
        removeCatalog(path)
        let before = try files(path)
        XCTAssertThrowsError(try trial(path, types: false)) { XCTAssertTrue("\($0)".contains("the type sale"), "\($0)") }
        let told = try trial(path)
        XCTAssertEqual(told.tables.map(\.rowCount), [5, 5])
        XCTAssertEqual(told.hotFiles.reduce(0) { $0 + $1.rowCount }, 10)
        XCTAssertTrue(told.missing.contains { $0.contains("1 clients with receipts: c1") }, "\(told.missing)")
        XCTAssertFalse(told.isCut)
        try assertSame(path, before)
        reader.close()
        XCTAssertEqual(words(try Recovery(path: path, typeFiles: [Array(Self.sale.utf8)]).run()), words(told))
    }

    /// What was acknowledged stands in logs alone.
    func test_trial_ofAKilledStore_readsItsLogs() throws {
        let killed = TemporaryDirectory()
        let fixture = try EngineFixture(path)
        try fill(fixture)
        try FileManager.default.copyItem(atPath: path, toPath: killed.path)
        try fixture.engine.close()
        removeCatalog(killed.path)
        let before = try files(killed.path)
        XCTAssertTrue(before.contains { $0.key.hasPrefix("hot/") && $0.key.hasSuffix("-wal") && !$0.value.isEmpty })
        XCTAssertEqual(try trial(killed.path).hotFiles.reduce(0) { $0 + $1.rowCount }, 10)
        try assertSame(killed.path, before)
        // A copy without the logs' indexes: a look says so, and recovery itself reads them.
        for name in try DataDirectory.names(in: "\(killed.path)/hot") where name.hasSuffix("-shm") { try FileManager.default.removeItem(atPath: "\(killed.path)/hot/\(name)") }
        XCTAssertThrowsError(try trial(killed.path)) { XCTAssertTrue("\($0)".contains("let recover have the copy"), "\($0)") }
        XCTAssertEqual(try Recovery(path: killed.path, typeFiles: [Array(Self.sale.utf8)]).run().hotFiles.reduce(0) { $0 + $1.rowCount }, 10)
    }

    /// What would have to be made first is said, and what of it would be missing.
    func test_trial_whereSomethingIsToBeMadeFirst_endsThere() throws {
        let fixture = try EngineFixture(path)
        try fill(fixture)
        try fixture.engine.close()
        let file = try XCTUnwrap(try DataDirectory.names(in: "\(path)/hot").sorted().first { $0.hasSuffix(".sqlite") })
        let hot = "\(path)/hot/\(file)"
        let whole = try Data(contentsOf: URL(filePath: hot))
        let page = try XCTUnwrap(try SQLiteConnection(path: hot, mode: .readOnly).integer("SELECT rootpage FROM sqlite_master WHERE name = 'days'"))
        var damaged = whole
        damaged[Int(page - 1) * 4_096 + 2_048] ^= 1
        try damaged.write(to: URL(filePath: hot))
        var before = try files(path)
        let told = try trial(path)
        XCTAssertEqual(told.madeAnew, ["hot/\(file)"])
        XCTAssertTrue(told.isCut)
        try assertSame(path, before)
        try whole.write(to: URL(filePath: hot))
        // Metadata that is gone would be made of the data files.
        let metadata = "\(path)/warehouse/sales/metadata"
        for name in try FileManager.default.contentsOfDirectory(atPath: metadata) { try FileManager.default.removeItem(atPath: "\(metadata)/\(name)") }
        before = try files(path)
        let second = try trial(path)
        XCTAssertTrue(second.isCut)
        XCTAssertTrue(second.missing.contains { $0.contains("the metadata of the table sales: it would be made anew, of 1 data file with 5 documents") }, "\(second.missing)")
        try assertSame(path, before)
        XCTAssertTrue(try Recovery(path: path).run().missing.contains { $0.contains("it was made anew, of 1 data file with 5 documents") })
    }

    /// A copy of a hot file may be as large as all that is free.
    func test_draftsOfATrial_goOneByOne() throws {
        let fixture = try EngineFixture(path)
        try fill(fixture)
        try fixture.engine.close()
        let file = try XCTUnwrap(try DataDirectory.names(in: "\(path)/hot").sorted().first { $0.hasSuffix(".sqlite") })
        let hot = "\(path)/hot/\(file)"
        let page = try XCTUnwrap(try SQLiteConnection(path: hot, mode: .readOnly).integer("SELECT rootpage FROM sqlite_master WHERE name = 'days'"))
        var damaged = try Data(contentsOf: URL(filePath: hot))
        damaged[Int(page - 1) * 4_096 + 2_048] ^= 1
        for name in [file, "2099-01-01.sqlite", "2099-01-02.sqlite"] { try damaged.write(to: URL(filePath: "\(path)/hot/\(name)")) }
        let aside = TemporaryDirectory()
        let drafts = try LocalStorageFactory.files(try aside.made())
        let directory = try DataDirectory(provingPath: path)
        defer { directory.release() }
        var found: [[String]] = []
        let made = try HotSalvage.run(directory, aside: drafts) { _ in found.append((try? FileManager.default.contentsOfDirectory(atPath: aside.path)) ?? ["?"]) }
        XCTAssertEqual(made.map { $0.name }, ["hot/\(file)", "hot/2099-01-01.sqlite", "hot/2099-01-02.sqlite"])
        XCTAssertEqual(found, [[], [], []])
        XCTAssertEqual(try FileManager.default.contentsOfDirectory(atPath: aside.path), [])
    }
}
