import ColumnStore
import Foundation
import XCTest

@testable import Documents
@testable import Ingest

/// A store whose catalog is missing, older or another's refuses to start and keeps every file; `Recovery` makes the catalog anew, and every
/// answer is what it was.
final class RecoveryTests: XCTestCase {
    private let directory = TemporaryDirectory()
    private var path: String { directory.path }
    private var catalog: String { "\(path)/catalog.sqlite" }

    /// A type of a table of its own, which no program has built in.
    private static let sale = """
        {"name":"sale","version":1,"table":"sales","format":"json","match":{"/schema":"sale/1"},"receipt_id":"/id","issued_at":"/at",
         "time_zone":"UTC","columns":{"sum":{"path":"/sum","type":"DECIMAL(18,4)"},"who":{"path":"/who","type":"VARCHAR"}}}
        """
    private static func sale(_ id: String) -> String { "{\"schema\":\"sale/1\",\"id\":\"\(id)\",\"at\":\"2026-11-19T10:00:00Z\",\"sum\":\"12.5\",\"who\":\"Ann\"}" }

    /// Rows in cold, in a sealed hot file and in the open one, of two tables.
    private func fill(_ fixture: EngineFixture, _ mark: String) throws {
        _ = try fixture.engine.putType(name: "sale", body: Array(Self.sale.utf8))
        for round in 0..<3 {
            for number in 0..<5 {
                _ = try fixture.taken(EngineFixture.receipt("\(mark)-\(round)-\(number)", note: String(repeating: "x", count: number)))
                _ = try fixture.taken(Self.sale("\(mark)-\(round)-\(number)"))
            }
            if round == 0 { _ = try fixture.engine.compact(before: nil) }
            if round == 1 { try fixture.engine.tier.writer.seal() }
        }
    }

    /// Everything that can be asked.
    private func answers(_ engine: Engine) throws -> [String] {
        var answers: [String] = []
        for table in ["receipts", "sales"] {
            answers += try EngineFixture.walk(engine, PageRequest(table: table, fields: ["*"], limit: 7)).map { "\(table) \($0)" }
        }
        let changes = try engine.changes(after: 0, limit: 10_000, as: .admin)
        return answers + changes.changes.map { "\($0.sequence) \($0.event) \($0.receipt.ticketID)" }
    }

    private func refusal() throws -> [String] {
        do {
            try Engine(path: path).close()
            XCTFail("it started")
            return []
        } catch DataDirectory.Failure.unproven(_, let reasons) {
            return reasons
        }
    }

    private func removeCatalog() throws {
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: catalog + suffix) }
    }

    private func files() throws -> Set<String> {
        Set(try XCTUnwrap(FileManager.default.enumerator(atPath: path)).compactMap { $0 as? String }.filter { !$0.hasSuffix("-shm") && !$0.hasSuffix("-wal") })
    }

    func test_start_catalogMissing_refusesAndRecovers() throws {
        let fixture = try EngineFixture(path)
        try fill(fixture, "A")
        let before = try answers(fixture.engine)
        try fixture.engine.close()
        try removeCatalog()
        let files = try files()
        let reasons = try refusal()
        XCTAssertTrue(reasons.contains { $0.contains("catalog.sqlite is missing") }, "\(reasons)")
        XCTAssertEqual(try self.files(), files)
        XCTAssertThrowsError(try Recovery(path: path).run(), "rows whose columns only their type tells") { error in
            XCTAssertTrue("\(error)".contains("the type sale"), "\(error)")
        }
        XCTAssertEqual(try self.files(), files, "a recovery that fails changes nothing")
        let report = try Recovery(path: path, typeFiles: [Array(Self.sale.utf8)]).run()
        XCTAssertEqual(report.tables.map(\.rowCount), [5, 5])
        XCTAssertEqual(report.hotFiles.reduce(0) { $0 + $1.rowCount }, 20)
        XCTAssertTrue(report.missing.contains { $0.hasPrefix("contracts and keys") }, "\(report.missing)")
        XCTAssertTrue(report.missing.contains { $0.contains("1 clients with receipts: c1") }, "\(report.missing)")
        let again = try EngineFixture(path)
        XCTAssertEqual(try answers(again.engine), before)
        XCTAssertTrue(try again.taken(EngineFixture.receipt("A-0-0")).isRepeat)
        XCTAssertTrue(try again.taken(Self.sale("A-2-1")).isRepeat)
        let next = try again.taken(EngineFixture.receipt("after"))
        XCTAssertGreaterThan(next.summary.sequence, 30)
        _ = try again.engine.compact(before: nil)
        XCTAssertEqual(try answers(again.engine).filter { $0.hasPrefix("receipts") }.count, 16)
        try again.engine.close()
        XCTAssertEqual(try Verifier(path: path).run().findings.map(\.description), [])
    }

    /// A refusal says that nothing was changed: the catalog's own version is not either.
    func test_start_refused_leavesTheCatalogOfAnEarlierVersion() throws {
        let fixture = try EngineFixture(path)
        _ = try fixture.taken(EngineFixture.receipt("first"))
        let hot = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().files.first).path
        try fixture.engine.close()
        let earlier = Int64(CatalogSchema.migrations.count - 1)
        do {
            let connection = try SQLiteConnection(path: catalog, mode: .readWrite)
            // What the last step made, whatever that is by now.
            for made in try XCTUnwrap(CatalogSchema.migrations.last).matches(of: /CREATE TABLE (\w+)\(/) { try connection.execute("DROP TABLE \(made.1)") }
            for added in try XCTUnwrap(CatalogSchema.migrations.last).matches(of: /ALTER TABLE (\w+) ADD COLUMN (\w+)/) {
                try connection.execute("ALTER TABLE \(added.1) DROP COLUMN \(added.2)")
            }
            try connection.execute("PRAGMA user_version = \(earlier)")
        }
        try FileManager.default.moveItem(atPath: hot, toPath: hot + ".away")
        let reasons = try refusal()
        XCTAssertTrue(reasons.contains { $0.contains("is missing") }, "\(reasons)")
        XCTAssertEqual(try SQLiteConnection(path: catalog, mode: .readOnly).integer("PRAGMA user_version"), earlier)
        try FileManager.default.moveItem(atPath: hot + ".away", toPath: hot)
        let again = try EngineFixture(path)
        XCTAssertTrue(try again.taken(EngineFixture.receipt("first")).isRepeat)
        try again.engine.close()
    }

    func test_start_olderCatalog_refusesWhateverChangedSince() throws {
        // Each leaves a trace that the copy contradicts.
        let changes: [(String, (EngineFixture) throws -> Void)] = [
            ("moved", { _ = try $0.engine.compact(before: nil) }),
            ("sealed and begun", { fixture in
                try fixture.engine.tier.writer.seal()
                _ = try fixture.taken(EngineFixture.receipt("later"))
            }),
            ("a key revoked, then a receipt", { fixture in
                _ = try fixture.engine.deleteContract("c2")
                _ = try fixture.taken(EngineFixture.receipt("later"))
            }),
            ("a key revoked, then an orderly end", { try $0.engine.deleteContract("c2") }),
        ]
        for (name, change) in changes {
            let directory = TemporaryDirectory()
            let catalog = "\(directory.path)/catalog.sqlite"
            let fixture = try EngineFixture(directory.path)
            _ = try fixture.taken(EngineFixture.receipt("first"))
            let copy = directory.path + ".copy"
            defer { try? FileManager.default.removeItem(atPath: copy) }
            try SQLiteConnection(path: catalog, mode: .readOnly).copy(to: copy)
            try change(fixture)
            let before = try EngineFixture.walk(fixture.engine, PageRequest(fields: ["*"]))
            try fixture.engine.close()
            try FileManager.default.removeItem(atPath: catalog)
            try FileManager.default.copyItem(atPath: copy, toPath: catalog)
            XCTAssertThrowsError(try Engine(path: directory.path), name) { error in
                guard case DataDirectory.Failure.unproven(_, let reasons) = error else { return XCTFail("\(name): \(error)") }
                XCTAssertTrue("\(error)".contains("till recover --data \(directory.path)"), "\(error)")
                XCTAssertFalse(reasons.isEmpty)
            }
            XCTAssertNotEqual(try Verifier(path: directory.path).run().findings.count, 0, name)
            let report = try Recovery(path: directory.path).run()
            XCTAssertEqual(report.contractCount, 2, "those of the copy: \(name)")
            XCTAssertTrue(report.missing.contains { $0.contains("look whether one was changed or revoked since") }, "\(name): \(report.missing)")
            let again = try Engine(path: directory.path)
            XCTAssertEqual(try EngineFixture.walk(again, PageRequest(fields: ["*"])), before, name)
            try again.close()
            XCTAssertEqual(try Verifier(path: directory.path).run().findings.map(\.description), [], name)
        }
    }

    /// What a power cut leaves of a hot file that is being made: its first page, in the mode of logs, and the journal of that page not yet gone.
    func test_recover_hotFileCutOffAsItWasMade_isPutAside() throws {
        let fixture = try EngineFixture(path)
        try fill(fixture, "a")
        let before = try answers(fixture.engine)
        try fixture.engine.close()
        let hot = "\(path)/hot/2026-11-21.9999.sqlite"
        do {
            let made = try SQLiteConnection(path: hot, mode: .create)
            try made.execute("PRAGMA page_size=4096; PRAGMA journal_mode=WAL")
        }
        let header: [UInt8] = [0xD9, 0xD5, 0x05, 0xF9, 0x20, 0xA1, 0x63, 0xD7, 0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0x10, 0]
        try Data(header + [UInt8](repeating: 0, count: 512 - header.count)).write(to: URL(filePath: hot + "-journal"))
        try removeCatalog()
        _ = try refusal()
        _ = try Recovery(path: path, typeFiles: [Array(Self.sale.utf8)]).run()
        let engine = try Engine(path: path)
        XCTAssertEqual(try answers(engine), before)
        try engine.close()
        XCTAssertEqual(try Verifier(path: path).run().findings.map(\.description), [])
    }

    func test_start_catalogOfAnotherStore_refuses() throws {
        let other = TemporaryDirectory()
        for path in [path, other.path] {
            let fixture = try EngineFixture(path)
            try fill(fixture, "A")
            try fixture.engine.close()
        }
        try removeCatalog()
        try FileManager.default.copyItem(atPath: "\(other.path)/catalog.sqlite", toPath: catalog)
        let reasons = try refusal()
        XCTAssertTrue(reasons.contains { $0.contains("of the store") }, "\(reasons)")
        let report = try Recovery(path: path, typeFiles: [Array(Self.sale.utf8)]).run()
        XCTAssertEqual(report.contractCount, 0, "another store's contracts are not ours")
    }

    func test_recover_takesFromTheBackup() throws {
        let (backup, fixture) = (TemporaryDirectory(), try EngineFixture(path))
        try fill(fixture, "A")
        _ = try fixture.engine.backup(to: backup.path)
        _ = try fixture.taken(EngineFixture.receipt("since"))
        let before = try answers(fixture.engine)
        try fixture.engine.close()
        try removeCatalog()
        let report = try Recovery(path: path, backup: backup.path).run()
        XCTAssertEqual(report.contractCount, 2)
        XCTAssertTrue(report.source?.contains(backup.path) == true)
        let again = try Engine(path: path)
        XCTAssertEqual(try answers(again), before)
        XCTAssertEqual(["c1", "c2", "c3"].map { again.catalog.contract($0) != nil }, [true, true, false])
        try again.close()
    }

    private func rootPage(of name: String, in file: String) throws -> Int64 {
        let connection = try SQLiteConnection(path: file, mode: .readOnly)
        return try XCTUnwrap(try connection.integer("SELECT rootpage FROM sqlite_master WHERE name = '\(name)'"))
    }

    private func flip(page: Int64, of file: String) throws {
        let handle = try FileHandle(forUpdating: URL(filePath: file))
        defer { try? handle.close() }
        let place = UInt64((page - 1) * 4_096 + 2_048)
        try handle.seek(toOffset: place)
        let byte = try XCTUnwrap(try handle.read(upToCount: 1)?.first)
        try handle.seek(toOffset: place)
        try handle.write(contentsOf: Data([byte ^ 1]))
    }

    /// One bit of a table that is made of the rows, or stands elsewhere too: no receipt is lost.
    func test_recover_damagedTablesOfHotFile_areMadeAnew() throws {
        for name in ["days", "tables", "dictionaries", "meta", "rows_identity", "events"] {
            let directory = TemporaryDirectory()
            let fixture = try EngineFixture(directory.path)
            for number in 0..<20 { _ = try fixture.taken(EngineFixture.receipt("r\(number)")) }
            let before = try EngineFixture.walk(fixture.engine, PageRequest(table: "receipts", fields: ["*"], limit: 7))
            try fixture.engine.close()
            let hot = "\(directory.path)/hot"
            let file = try XCTUnwrap(try DataDirectory.names(in: hot).sorted().first { $0.hasSuffix(".sqlite") })
            try flip(page: try rootPage(of: name, in: "\(hot)/\(file)"), of: "\(hot)/\(file)")
            if name == "meta" {
                // Nothing else says what stands in columns.
                XCTAssertThrowsError(try Recovery(path: directory.path).run()) { XCTAssertTrue("\($0)".contains("restore it from a backup"), "\($0)") }
                continue
            }
            let report = try Recovery(path: directory.path).run()
            XCTAssertEqual(report.madeAnew, ["hot/\(file)"], name)
            if name == "days" {
                // As a crash leaves it between the two: the damaged one put aside, and the new one not in its place.
                try FileManager.default.moveItem(atPath: "\(hot)/\(file)", toPath: "\(hot)/\(file).recovering")
                XCTAssertEqual(try Recovery(path: directory.path).run().madeAnew, ["hot/\(file)"])
            }
            XCTAssertTrue(report.keepsCatalog, name)
            let engine = try Engine(path: directory.path)
            let after = try EngineFixture.walk(engine, PageRequest(table: "receipts", fields: ["*"], limit: 7))
            XCTAssertEqual(after.map { "\($0)" }, before.map { "\($0)" }, name)
            _ = try engine.close()
            XCTAssertEqual(try Verifier(path: directory.path).run().findings.map(\.description), [], name)
            XCTAssertTrue(try DataDirectory.names(in: directory.path).contains("lost+found"), name)
        }
    }

    /// A pipe would be waited for; a directory is no file either.
    func test_filesThatAreNone_areRefusedAtOnce() throws {
        for name in ["FORMAT", "LOCK", "catalog.sqlite", "queues.sqlite", "executions.sqlite", "admin.key", "hot/2026-01-01.sqlite"] {
            for isPipe in [true, false] {
                let directory = TemporaryDirectory()
                try EngineFixture(directory.path).engine.close()
                let file = "\(directory.path)/\(name)"
                try? FileManager.default.removeItem(atPath: file)
                XCTAssertEqual(isPipe ? mkfifo(file, 0o600) : mkdir(file, 0o700), 0)
                for open in [{ try Engine(path: directory.path).close() }, { _ = try Verifier(path: directory.path).run() }, { _ = try FormatReport(path: directory.path) }] {
                    XCTAssertThrowsError(try open(), "\(name) \(isPipe)") { XCTAssertTrue("\($0)".contains("is no plain file"), "\(name) \(isPipe): \($0)") }
                }
                guard name == "catalog.sqlite" else { continue }
                let report = try Recovery(path: directory.path).run()
                XCTAssertTrue(report.missing.contains { $0.contains("no plain file") }, "\(report.missing)")
                try Engine(path: directory.path).close()
            }
        }
    }

    func test_start_formatMissing_saysWhatToDo() throws {
        try EngineFixture(path).engine.close()
        try FileManager.default.removeItem(atPath: "\(path)/FORMAT")
        try Data("x".utf8).write(to: URL(filePath: "\(path)/admin.key"))
        XCTAssertThrowsError(try Engine(path: path).close()) { XCTAssertTrue("\($0)".contains("till recover"), "\($0)") }
        _ = try Recovery(path: path).run()
        try Engine(path: path).close()
    }

    func test_start_formatDamaged_isMadeAnew() throws {
        try EngineFixture(path).engine.close()
        try Data("\(DataDirectory.format)\nstore x\n".utf8).write(to: URL(filePath: "\(path)/FORMAT"))
        XCTAssertThrowsError(try Engine(path: path).close())
        XCTAssertTrue(try Recovery(path: path).run().missing.contains { $0.hasPrefix("FORMAT was damaged") })
        try Engine(path: path).close()
    }

    /// Its first line tells a file of another version; one that is none, or whose sum is of this version's, has changed.
    func test_recover_formatWhoseFirstLineChanged_isMadeAnew_andAnotherVersionsIsNot() throws {
        try EngineFixture(path).engine.close()
        let file = URL(filePath: "\(path)/FORMAT")
        let sound = try String(contentsOf: file, encoding: .utf8)
        XCTAssertTrue(sound.hasPrefix("till 1\n"), sound)
        let rest = String(sound.dropFirst(6))
        for text in ["", "tixl 1" + rest, "till 5" + rest, "till" + rest] {
            try Data(text.utf8).write(to: file)
            XCTAssertThrowsError(try Engine(path: path).close(), text) { XCTAssertTrue("\($0)".contains("till recover"), "\($0)") }
            XCTAssertTrue(try Recovery(path: path).run().missing.contains { $0.hasPrefix("FORMAT was damaged") }, text)
            try Engine(path: path).close()
        }
        for text in ["till 2\n", "till 2\nwhatever that has\n"] {
            try Data(text.utf8).write(to: file)
            XCTAssertThrowsError(try Recovery(path: path).run(), text) { XCTAssertTrue("\($0)".contains("FORMAT says") && "\($0)".contains("put FORMAT elsewhere"), "\($0)") }
            XCTAssertEqual(try String(contentsOf: file, encoding: .utf8), text)
        }
    }

    func test_recover_hotFileThatIsGone_isNamed() throws {
        let fixture = try EngineFixture(path)
        try fill(fixture, "A")
        let file = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().files.first)
        let (name, last) = (file.name, file.state.lastSequence)
        try fixture.engine.close()
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: "\(path)/hot/\(name).sqlite\(suffix)") }
        XCTAssertTrue(try refusal().contains { $0.contains("hot/\(name).sqlite is missing") })
        for isTrial in [true, false] {
            let missing = try Recovery(path: path, isTrial: isTrial).run().missing
            XCTAssertEqual(missing.filter { $0.contains("hot/\(name).sqlite") && $0.contains("its receipts up to sequence \(last) are left out") }.count, 1, "\(missing)")
        }
        try Engine(path: path).close()
    }

    /// Descriptors that ran out, or a file of somebody else's, say nothing of what is in it.
    func test_recover_whatCannotBeOpened_isRefused_andTakenForLostByNobody() throws {
        let fixture = try EngineFixture(path)
        try fill(fixture, "A")
        let hot = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().files.first).name
        try fixture.engine.close()
        for name in ["catalog.sqlite", "hot/\(hot).sqlite"] {
            // SQLite reads no file without its index, and follows no link to one.
            let index = "\(path)/\(name)-shm"
            try? FileManager.default.removeItem(atPath: index)
            try FileManager.default.createSymbolicLink(atPath: index, withDestinationPath: "/nowhere/index")
            let before = try files()
            XCTAssertThrowsError(try Recovery(path: path).run(), name) { XCTAssertTrue("\($0)".contains("\(name) cannot be read, and not for what is in it"), "\($0)") }
            XCTAssertEqual(try files(), before, name)
            try FileManager.default.removeItem(atPath: index)
        }
        XCTAssertThrowsError(try Recovery(path: path).run()) { XCTAssertTrue("\($0)".contains("nothing to recover"), "\($0)") }
    }

    func test_recover_soundStore_isRefused() throws {
        let fixture = try EngineFixture(path)
        try fill(fixture, "A")
        try fixture.engine.close()
        XCTAssertThrowsError(try Recovery(path: path).run()) { XCTAssertTrue("\($0)".contains("nothing to recover"), "\($0)") }
        XCTAssertThrowsError(try Recovery(path: TemporaryDirectory().path)) { XCTAssertTrue("\($0)".contains("is no store"), "\($0)") }
    }

    /// A crash after one table's version and before the other's: the rows of both are in the hot file.
    func test_recover_moveCutOffBetweenTables_takesTheVersionBack() throws {
        let fixture = try EngineFixture(path)
        try fill(fixture, "A")
        let before = try answers(fixture.engine)
        try fixture.engine.close()
        let saved = path + ".saved"
        defer { try? FileManager.default.removeItem(atPath: saved) }
        try FileManager.default.copyItem(atPath: "\(path)/hot", toPath: saved)
        let sales = "\(path)/warehouse/sales/metadata"
        let names = Set(try FileManager.default.contentsOfDirectory(atPath: sales))
        let moving = try Engine(path: path)
        _ = try moving.compact(before: nil)
        try moving.close()
        // As it was before, but for the receipts' table.
        for name in try FileManager.default.contentsOfDirectory(atPath: sales) where !names.contains(name) {
            try FileManager.default.removeItem(atPath: "\(sales)/\(name)")
        }
        try FileManager.default.removeItem(atPath: "\(path)/hot")
        try FileManager.default.moveItem(atPath: saved, toPath: "\(path)/hot")
        let last = try XCTUnwrap(FileManager.default.contentsOfDirectory(atPath: "\(path)/hot").filter { $0.hasSuffix(".sqlite") }.sorted().first)
        // Only one file had begun to move.
        let receipts = try LocalStorage(root: "\(path)/warehouse/receipts")
        for version in try Table.versions(receipts).reversed() {
            let table = try Table.open(receipts, version: version)
            if table.metadata.currentSnapshot?.summary["till.hot-file"].map({ $0 + ".sqlite" }) == last { break }
            try FileManager.default.removeItem(atPath: "\(receipts.root)/metadata/v\(version).metadata.json")
        }
        try removeCatalog()
        let report = try Recovery(path: path, typeFiles: [Array(Self.sale.utf8)]).run()
        XCTAssertTrue(report.putAside.contains { $0.hasPrefix("warehouse/receipts/metadata/v") }, "\(report.putAside)")
        let again = try Engine(path: path)
        XCTAssertEqual(try answers(again), before)
        try again.close()
        XCTAssertEqual(try Verifier(path: path).run().findings.map(\.description), [])
    }

    private func removeMetadata(keeping kept: Set<String> = []) throws {
        for table in ["receipts", "sales"] {
            let path = "\(path)/warehouse/\(table)/metadata"
            for name in try FileManager.default.contentsOfDirectory(atPath: path) where !kept.contains(name) {
                try FileManager.default.removeItem(atPath: "\(path)/\(name)")
            }
        }
    }

    /// Parquet files have their columns' ids and their rows' sequences: files that a merge has replaced and that still lie there are found by them.
    func test_recover_parquetAlone_makesTheMetadataAnew() throws {
        for hasCatalog in [false, true] {
            try? FileManager.default.removeItem(atPath: path)
            let fixture = try EngineFixture(path)
            try fill(fixture, "A")
            _ = try fixture.engine.compact(before: nil)
            let before = try answers(fixture.engine)
            try fixture.engine.close()
            try removeMetadata()
            // One that cannot be read is in nobody's way.
            try Data("{".utf8).write(to: URL(filePath: "\(path)/warehouse/sales/metadata/v3.metadata.json"))
            if !hasCatalog { try removeCatalog() }
            XCTAssertTrue(try refusal().contains { $0.contains(hasCatalog ? "is missing, which the catalog names" : "catalog.sqlite is missing") })
            let report = try Recovery(path: path, typeFiles: hasCatalog ? [] : [Array(Self.sale.utf8)]).run()
            XCTAssertEqual(report.tables.map(\.rowCount), [15, 15])
            XCTAssertEqual(report.tables.map(\.version), [2, 5])
            for table in ["receipts", "sales"] {
                let told = report.missing.filter { $0.contains("metadata of the table \(table)") }
                XCTAssertEqual(told.count, 1, "\(report.missing)")
                XCTAssertTrue(told.first?.contains("with 15 documents") == true, "\(told)")
            }
            let again = try EngineFixture(path)
            XCTAssertEqual(try answers(again.engine), before)
            XCTAssertTrue(try again.taken(Self.sale("A-2-1")).isRepeat)
            _ = try again.taken(EngineFixture.receipt("after"))
            _ = try again.engine.compact(before: nil)
            XCTAssertEqual(try EngineFixture.walk(again.engine, PageRequest(fields: ["*"], limit: 7)).count, 16)
            try again.engine.close()
            XCTAssertEqual(try Verifier(path: path).run().findings.map(\.description).filter { !$0.contains("is part of nothing") && !$0.contains("v3.metadata") }, [])
        }
    }

    /// Columns that files have are there for good: a built-in type that does not fit them keeps the store neither from being recovered nor from opening.
    func test_recover_builtInTypeThatDoesNotFit_isLeftOut() throws {
        let own = Array(
            #"{"name":"own","version":1,"format":"json","match":{"/schema":"own/1"},"receipt_id":"/id","issued_at":"/at","time_zone":"UTC","columns":{"lines":{"path":"/l","columns":{"is_return":{"path":"/r","type":"VARCHAR"}}}}}"#
                .utf8)
        for isGiven in [true, false] {
            try? FileManager.default.removeItem(atPath: path)
            try EngineFixture(path).engine.close()
            // As before there was a built-in type with that column.
            let catalog = try Catalog(path: self.catalog)
            try catalog.write { try $0.execute("DELETE FROM types WHERE name = 'arts-poslog'") }
            let columns = try DocumentType(json: own).layout.fields
            try catalog.put([NewType(name: "own", version: 1, json: own, isBuiltIn: false, table: "receipts", columns: columns, place: try catalog.lastTypePlace() + 1)])
            catalog.close()
            let fixture = try EngineFixture(path)
            XCTAssertNil(fixture.engine.types.registry.snapshot["arts-poslog"])
            _ = try fixture.taken(#"{"schema":"own/1","id":"A","at":"2026-11-19T10:00:00Z","l":[{"r":"x"}]}"#)
            _ = try fixture.engine.compact(before: nil)
            // Of files without their types only those can be recovered whose rows are all in cold.
            if isGiven { _ = try fixture.taken(#"{"schema":"own/1","id":"B","at":"2026-11-19T10:00:00Z","l":[{"r":"y"}]}"#) }
            try fixture.engine.close()
            try removeCatalog()
            _ = try Recovery(path: path, typeFiles: isGiven ? [own] : []).run()
            let again = try EngineFixture(path)
            XCTAssertNil(again.engine.types.registry.snapshot["arts-poslog"])
            XCTAssertNotNil(again.engine.types.registry.snapshot["pos-receipt"])
            XCTAssertEqual(try again.walk(PageRequest(fields: ["receipt_id"])).sorted(), isGiven ? ["A", "B"] : ["A"])
            try again.engine.close()
        }
    }

    /// Where files share a part of their rows nobody can say which were the table's.
    func test_recover_parquetAlone_filesThatContradict_isRefused() throws {
        let fixture = try EngineFixture(path)
        try fill(fixture, "A")
        _ = try fixture.engine.compact(before: nil)
        try fixture.engine.close()
        let other = TemporaryDirectory()
        let stranger = try EngineFixture(other.path)
        for number in 0..<8 { _ = try stranger.taken(EngineFixture.receipt("B-\(number)")) }
        _ = try stranger.engine.compact(before: nil)
        try stranger.engine.close()
        let theirs = "\(other.path)/warehouse/receipts/data"
        let file = try XCTUnwrap(FileManager.default.enumerator(atPath: theirs)?.compactMap { $0 as? String }.first { $0.hasSuffix(".parquet") })
        try FileManager.default.copyItem(atPath: "\(theirs)/\(file)", toPath: "\(path)/warehouse/receipts/data/\(file)")
        try removeMetadata()
        let files = try files()
        XCTAssertThrowsError(try Recovery(path: path).run()) { XCTAssertTrue("\($0)".contains("rows in common"), "\($0)") }
        XCTAssertEqual(try self.files(), files)
        try FileManager.default.removeItem(atPath: "\(path)/warehouse/receipts/data/\(file)")
        _ = try Recovery(path: path).run()
        let again = try Engine(path: path)
        XCTAssertEqual(try EngineFixture.walk(again, PageRequest(fields: ["*"], limit: 7)).count, 15)
        try again.close()
    }

    /// Metadata that says which files there are, one of which is gone, is not made anew without it.
    func test_recover_dataFileMissing_isRefused() throws {
        let fixture = try EngineFixture(path)
        try fill(fixture, "A")
        try fixture.engine.close()
        let data = "\(path)/warehouse/sales/data"
        let file = try XCTUnwrap(FileManager.default.enumerator(atPath: data)?.compactMap { $0 as? String }.first { $0.hasSuffix(".parquet") })
        try FileManager.default.copyItem(atPath: "\(data)/\(file)", toPath: "\(data)/\(file).copy.parquet")
        try FileManager.default.removeItem(atPath: "\(data)/\(file)")
        try removeCatalog()
        XCTAssertThrowsError(try Recovery(path: path, typeFiles: [Array(Self.sale.utf8)]).run()) {
            XCTAssertTrue("\($0)".contains("restore the files that are gone from a backup"), "\($0)")
        }
        // As the refusal says: the table is made of what is there, and its contents are reported.
        try FileManager.default.moveItem(atPath: "\(path)/warehouse/sales/metadata", toPath: "\(path)/metadata.away")
        let report = try Recovery(path: path, typeFiles: [Array(Self.sale.utf8)]).run()
        XCTAssertTrue(report.missing.contains { $0.contains("the table sales: it was made anew") && $0.contains("with 5 documents") }, "\(report.missing)")
    }
}
