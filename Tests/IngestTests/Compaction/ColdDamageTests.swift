import ColumnStore
import Foundation
import Synchronization
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: a cold file that is not as it was written is reported, is in nobody's way but of those who need it, and is whole again once the documents of
/// its damaged rows were sent again, or the file was put back. Method: bytes of single columns' pages are changed on the disk.
final class ColdDamageTests: XCTestCase {
    private static let count = 60
    private static func document(_ number: Int) -> String {
        EngineFixture.receipt("R-\(number)", note: " \(number) \(UInt64(number) &* 0x9E37_79B9_7F4A_7C15)")
    }
    private static let all = PageRequest(fields: ["*"], limit: 7)

    private let directory = TemporaryDirectory()
    private func open() throws -> EngineFixture { try EngineFixture(directory.path) }

    /// A store with rows in one cold file.
    private func fill() throws -> (answers: [String], file: String) {
        let fixture = try open()
        for number in 0..<Self.count { _ = try fixture.taken(Self.document(number)) }
        _ = try fixture.engine.compact(before: nil)
        let answers = try fixture.walk(Self.all)
        try fixture.engine.close()
        let root = "\(directory.path)/warehouse/receipts/data"
        let files = try XCTUnwrap(FileManager.default.enumerator(atPath: root)).compactMap { $0 as? String }.filter { $0.hasSuffix(".parquet") }
        XCTAssertEqual(files.count, 1)
        return (answers, "\(root)/\(files[0])")
    }

    /// Changes a byte of the last page of a column's chunk.
    private func damage(_ path: String, _ column: [String]) throws {
        let file = try ParquetFile(try LocalFileBytes(path: path))
        let chunk = try XCTUnwrap(file.metadata.rowGroups[0].columns.compactMap(\.metadata).first { $0.path == column })
        var bytes = try Data(contentsOf: URL(filePath: path))
        let start = min(chunk.dataPageOffset, chunk.dictionaryPageOffset ?? chunk.dataPageOffset)
        bytes[Int(start + chunk.totalCompressedByteCount - 2)] ^= 0x10
        try bytes.write(to: URL(filePath: path))
    }

    private func checkTold(_ fixture: EngineFixture, _ place: String) {
        XCTAssertThrowsError(try fixture.walk(Self.all), place) { error in
            guard let damaged = error as? DamagedColdFile else { return XCTFail("\(error), \(place)") }
            XCTAssertEqual(damaged.rowGroup, 0, place)
            let problem = damaged.fault
            XCTAssertEqual(problem.code, .internalError)
            XCTAssertEqual(problem.errors.map(\.code), ["file-damaged"])
            XCTAssertTrue(problem.detail.contains("sent again") && problem.detail.contains("backup"), problem.detail)
            XCTAssertTrue(problem.detail.contains(damaged.location.split(separator: "/").last ?? "-"), problem.detail)
            for secret in [directory.path, "warehouse", "data/", "client"] { XCTAssertFalse(problem.detail.contains(secret), problem.detail) }
            XCTAssertTrue(problem.cause?.contains(".parquet") == true)
        }
        XCTAssertTrue(fixture.engine.degradations.contains { $0.contains("cold file of the table receipts is damaged") }, place)
        XCTAssertEqual(Self.damagedFiles(fixture, "cold"), 1, place)
    }

    private static func damagedFiles(_ fixture: EngineFixture, _ tier: String) -> Double? {
        fixture.engine.metrics().first { $0.name == "damaged_files" && $0.labels.contains { $0.value == tier } }?.value
    }

    private func checkWhole(_ fixture: EngineFixture, _ answers: [String], _ place: String) throws {
        XCTAssertEqual(try fixture.walk(Self.all), answers, place)
        XCTAssertEqual(fixture.engine.degradations, [], place)
        XCTAssertEqual(Self.damagedFiles(fixture, "cold"), 0, place)
        try fixture.engine.close()
        XCTAssertEqual(try Verifier(path: directory.path).run().findings.map(\.description), [], place)
    }

    /// A whole Parquet file that is not the one of that name: every page of it has its sum.
    func test_anotherFileInItsPlace_isNoAnswer_andWholeOnceItIsPutBack() throws {
        let (answers, _) = try fill()
        let other = TemporaryDirectory()
        let store = try EngineFixture(other.path)
        for number in 0..<5 { _ = try store.taken(Self.document(1_000 + number)) }
        _ = try store.engine.compact(before: nil)
        try store.engine.close()
        for table in ["receipts", "rollup_receipts_by_day"] {
            // Compaction, which looks after damage by itself too, may have found the sound file back while it read the other: then it has written it anew.
            let file = try currentFile()
            let sound = try Data(contentsOf: URL(filePath: file))
            let root = "\(other.path)/warehouse/\(table)/data"
            let stranger = try XCTUnwrap(FileManager.default.enumerator(atPath: root)).compactMap { $0 as? String }.first { $0.hasSuffix(".parquet") }
            try Data(contentsOf: URL(filePath: "\(root)/\(try XCTUnwrap(stranger))")).write(to: URL(filePath: file))
            let fixture = try open()
            for request in [Self.all, PageRequest(fields: ["receipt_id", "state"], limit: 100)] {
                XCTAssertThrowsError(try fixture.walk(request), table) { XCTAssertTrue("\($0)".contains("not the file that was written"), "\($0)") }
            }
            XCTAssertTrue(fixture.engine.degradations.contains { $0.contains("cold file of the table receipts is damaged") }, table)
            try sound.write(to: URL(filePath: file))
            _ = try fixture.engine.compact(before: 0)
            try checkWhole(fixture, answers, table)
        }
    }

    /// An earlier list of files under the newest one's name would hide rows, and receipts that came before would be taken again.
    func test_anEarlierListInPlaceOfTheNewest_hidesNoRows() throws {
        var lists: [(path: URL, bytes: Data)] = []
        let fixture = try open()
        for round in 0..<2 {
            for number in 0..<20 { _ = try fixture.taken(Self.document(round * 20 + number)) }
            _ = try fixture.engine.compact(before: nil)
            let table = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().cold["receipts"]).iceberg
            let path = URL(filePath: String(try XCTUnwrap(table.metadata.currentSnapshot).manifestList.dropFirst("file://".count)))
            lists.append((path, try Data(contentsOf: path)))
        }
        let answers = try fixture.walk(Self.all)
        let numbers = fixture.engine.tier.boundary.snapshot().rollups.mapValues(\.number)
        try fixture.engine.close()
        let (path, sound) = lists[1]
        XCTAssertNotEqual(lists[0].bytes, sound)
        try lists[0].bytes.write(to: path)
        // A start that reads it ends, else the question does.
        XCTAssertThrowsError(try {
            let fixture = try open()
            defer { try? fixture.engine.close() }
            XCTAssertNotNil(fixture.refusal(Self.document(30)), "it was taken before")
            _ = try fixture.walk(Self.all)
        }()) { XCTAssertTrue("\($0)".contains("table receipts") && "\($0)".contains(path.path), "\($0)") }
        EngineFixture.forgetFailedStart(directory.path)
        try sound.write(to: path)
        let whole = try open()
        XCTAssertEqual(whole.engine.tier.boundary.snapshot().rollups.mapValues(\.number), numbers, "sums are not made again for it")
        try checkWhole(whole, answers, "put back")
    }

    func test_repeat_ofRowsInADamagedColdFile_makesItWhole() throws {
        let (answers, file) = try fill()
        let sound = try Data(contentsOf: URL(filePath: file))
        for column in [["document"], ["currency"], ["lines", "list", "element", "name"]] {
            let place = column.joined(separator: ".")
            let present = try currentFile()
            try damage(present, column)
            var fixture = try open()
            checkTold(fixture, place)
            // What does not need the page is answered.
            XCTAssertEqual(try fixture.walk(PageRequest(fields: ["receipt_id", "state"], limit: 100)).count, Self.count, place)
            // Other bytes are no healing, and the damage is in no way of new receipts.
            XCTAssertEqual(fixture.refusal(EngineFixture.receipt("R-1", note: " other"))?.code, .differentDocument, place)
            _ = try fixture.engine.compact(before: 0)
            for number in 0..<Self.count - 1 { XCTAssertTrue(try fixture.taken(Self.document(number)).isRepeat, place) }
            _ = try fixture.engine.compact(before: 0)
            checkTold(fixture, "one is missing, \(place)")
            // What was brought outlives a restart, and so does the knowledge of the damage.
            try fixture.engine.close()
            fixture = try open()
            XCTAssertEqual(Self.damagedFiles(fixture, "cold"), 1, place)
            XCTAssertTrue(try fixture.taken(Self.document(Self.count - 1)).isRepeat, place)
            _ = try fixture.engine.compact(before: 0)
            try checkWhole(fixture, answers, place)
        }
        XCTAssertNotEqual(try Data(contentsOf: URL(filePath: try currentFile())), sound)
    }

    /// The one data file that there is.
    private func currentFile() throws -> String {
        let root = "\(directory.path)/warehouse/receipts/data"
        let files = try XCTUnwrap(FileManager.default.enumerator(atPath: root)).compactMap { $0 as? String }.filter { $0.hasSuffix(".parquet") }
        XCTAssertEqual(files.count, 1, "a file that was damaged is gone once no version has it")
        return "\(root)/\(files[0])"
    }

    /// What stands beside a document no document gives again.
    func test_damage_ofAColumnThatNoDocumentGives_isHealedByPuttingTheFileBack() throws {
        let (answers, file) = try fill()
        let sound = try Data(contentsOf: URL(filePath: file))
        for column in ["ticket_id", "history"] {
            try damage(file, [column])
            let fixture = try open()
            XCTAssertThrowsError(try fixture.walk(Self.all), column)
            for number in 0..<Self.count { _ = fixture.take(Self.document(number)) }
            _ = try fixture.engine.compact(before: 0)
            XCTAssertThrowsError(try fixture.walk(Self.all), column) { XCTAssertTrue($0 is DamagedColdFile, "\($0)") }
            XCTAssertFalse(fixture.engine.degradations.isEmpty, column)
            try sound.write(to: URL(filePath: file))
            _ = try fixture.engine.compact(before: 0)
            try checkWhole(fixture, answers, column)
        }
    }

    /// Of receipts that count each on its own, the one alone is refused whose look-up needs the damaged page.
    func test_take_besideADamagedColdFile_refusesWhoNeedsItAlone() throws {
        let (_, file) = try fill()
        try damage(file, ["document_sha256"])
        let fixture = try open()
        let lines = [
            Self.document(3), EngineFixture.receipt("N-1", at: "2026-11-10T10:00:00+02:00"), EngineFixture.receipt("N-2", at: "2026-11-11T10:00:00+02:00"),
        ]
        guard case .each(let results) = fixture.take(lines.joined(separator: "\n"), .ndjson) else { return XCTFail("no results") }
        XCTAssertThrowsError(try results[0].get()) { error in
            XCTAssertEqual((error as? Fault)?.code, .internalError)
            XCTAssertEqual((error as? Fault)?.errors.map(\.code), ["file-damaged"])
        }
        XCTAssertFalse(try results[1].get().isRepeat)
        XCTAssertFalse(try results[2].get().isRepeat)
        XCTAssertEqual(fixture.refusal(Self.document(4))?.errors.map(\.code), ["file-damaged"])
        XCTAssertFalse(try fixture.taken(EngineFixture.receipt("N-3", at: "2026-11-12T10:00:00+02:00")).isRepeat)
        try fixture.engine.close()
    }

    /// Files beside a damaged one merge as ever.
    func test_compact_besideADamagedFile_goesOn() throws {
        let (answers, file) = try fill()
        try damage(file, ["document"])
        let fixture = try open()
        for round in 0..<3 {
            for number in 0..<20 { _ = try fixture.taken(EngineFixture.receipt("S-\(round)-\(number)", at: "2026-11-17T14:03:07+02:00")) }
            XCTAssertEqual(try fixture.engine.compact(before: nil).rowsMoved, 20)
        }
        XCTAssertEqual(Self.damagedFiles(fixture, "cold"), 1)
        let others = PageRequest(range: .days(from: DayText.day("2026-11-17"), to: DayText.day("2026-11-18")), fields: ["*"], limit: 100)
        XCTAssertEqual(try fixture.walk(others).count, 60)
        for number in 0..<Self.count { XCTAssertTrue(try fixture.taken(Self.document(number)).isRepeat) }
        _ = try fixture.engine.compact(before: 0)
        XCTAssertEqual(try fixture.walk(Self.all).filter { $0.contains("R-") }.count, answers.count)
        try fixture.engine.close()
        XCTAssertEqual(try Verifier(path: directory.path).run().findings.map(\.description), [])
    }

    private static func licence(_ number: Int, points: Int) -> String { #"{"schema":"licence/1","id":"L-\#(number)","points":\#(points)}"# }
    private static let licences = PageRequest(table: "licences", fields: ["receipt_id", "points"], limit: 100)

    /// Twenty documents of a versioned table.
    private func fillLicences(_ fixture: EngineFixture) throws {
        let type = #"{"name":"licence","version":1,"table":"licences","format":"json","on_repeat":"replace","match":{"/schema":"licence/1"},"receipt_id":"/id","columns":{"points":{"path":"/points","type":"INTEGER"}}}"#
        _ = try fixture.engine.putType(name: "licence", body: Array(type.utf8))
        for number in 0..<20 { _ = try fixture.taken(Self.licence(number, points: number)) }
    }

    /// The first cold file of the table's history.
    private func historyFile(_ fixture: EngineFixture) throws -> (location: String, path: String) {
        let location = try XCTUnwrap(try fixture.engine.tier.boundary.snapshot().cold["licences_history"]?.iceberg.files().first).location
        return (location, String(location.dropFirst("file://".count)))
    }

    /// Nobody has read the file since it was damaged but the sweep, which reads all of it: other tables merge meanwhile, and it is swept once it was put back.
    func test_compact_besideADamagedHistoryFile_goesOn() throws {
        var fixture = try open()
        try fillLicences(fixture)
        for number in 0..<20 { _ = try fixture.taken(Self.document(number)) }
        _ = try fixture.engine.compact(before: nil)
        let (location, path) = try historyFile(fixture)
        _ = try fixture.taken(Self.licence(3, points: 77))
        for number in 20..<40 { _ = try fixture.taken(Self.document(number)) }
        try fixture.engine.close()
        let sound = try Data(contentsOf: URL(filePath: path))
        try damage(path, ["document"])
        fixture = try open()
        XCTAssertGreaterThanOrEqual(try fixture.engine.compact(before: nil).filesMerged, 2)
        XCTAssertEqual(fixture.engine.compactor.cold.damage.all.map(\.damaged.location), [location])
        let rows = try fixture.walk(Self.licences)
        XCTAssertEqual(rows.count, 20)
        XCTAssertTrue(rows.contains("L-3|77") && !rows.contains("L-3|3"), "\(rows)")
        try sound.write(to: URL(filePath: path))
        _ = try fixture.engine.compact(before: nil)
        XCTAssertEqual(try fixture.walk(Self.licences).sorted(), rows.sorted())
        XCTAssertTrue(fixture.engine.tier.boundary.snapshot().superseded.values.allSatisfy(\.isEmpty), "every superseded row is told by its file")
        try fixture.engine.close()
        XCTAssertEqual(try Verifier(path: directory.path).run().findings.map(\.description), [])
    }

    /// A start that makes the index of versions anew needs every version, and goes on where one cannot be read: nothing is numbered or shown of that table then, as long as it is so.
    func test_start_withoutItsIndex_besideADamagedHistoryFile_refusesVersionsOfThatTableAlone() throws {
        var fixture = try open()
        try fillLicences(fixture)
        _ = try fixture.engine.compact(before: nil)
        let path = try historyFile(fixture).path
        try fixture.engine.close()
        let sound = try Data(contentsOf: URL(filePath: path))
        try damage(path, ["receipt_id"])
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: "\(directory.path)/versions.sqlite\(suffix)") }
        for start in 1...2 {
            fixture = try open()
            XCTAssertFalse(try fixture.taken(Self.document(start)).isRepeat, "start \(start)")
            for number in [0, 50] { XCTAssertEqual(fixture.refusal(Self.licence(number, points: 7))?.code, .storageUnavailable, "start \(start)") }
            // Of a body that has both only they are refused.
            let lines = [Self.licence(1, points: 7), Self.document(10 + start), Self.licence(51, points: 7)].joined(separator: "\n")
            guard case .each(let results) = fixture.take(lines, .ndjson) else { return XCTFail("no results") }
            for (place, result) in results.enumerated() {
                if case .failure(let fault) = result { XCTAssertEqual(fault.code, .storageUnavailable, "\(place), start \(start)") }
                XCTAssertEqual((try? result.get()) != nil, place == 1, "\(place), start \(start)")
            }
            XCTAssertEqual(results.count, 3)
            let removed = Monitor<Fault??>(nil)
            fixture.engine.remove(ReceiptLookup(receiptID: "L-1", client: "c1", table: "licences"), as: .admin) { fault in removed.broadcast { $0 = .some(fault) } }
            XCTAssertEqual(removed.wait { $0 }?.code, .storageUnavailable, "start \(start)")
            XCTAssertThrowsError(try fixture.walk(PageRequest(table: "licences", fields: ["points"])), "start \(start)") { error in
                // No narrower question passes it by.
                guard let damaged = error as? DamagedColdFile else { return XCTFail("\(error)") }
                XCTAssertTrue(damaged.fault.detail.contains("none is shown") && !damaged.fault.detail.contains("narrower"), damaged.fault.detail)
            }
            XCTAssertThrowsError(try fixture.engine.versions(ReceiptLookup(receiptID: "L-1", client: "c1", table: "licences"), limit: 1, cursor: nil, as: .admin)) {
                XCTAssertTrue($0 is DamagedColdFile, "\($0)")
            }
            XCTAssertEqual(try fixture.walk(Self.all).count, 2 * start)
            XCTAssertTrue(fixture.engine.degradations.contains { $0.contains("licences_history is damaged") }, "\(fixture.engine.degradations)")
            if start == 2 {
                // Beside the server: it says that it wants to be started anew.
                try sound.write(to: URL(filePath: path))
                _ = try fixture.engine.compact(before: 0)
                XCTAssertEqual(fixture.engine.degradations, ["not all versions of the table licences_history could be read at the start, and can be now: restart the server"])
            }
            try fixture.engine.close()
        }
        fixture = try open()
        XCTAssertEqual(fixture.engine.degradations, [])
        XCTAssertEqual(try fixture.taken(Self.licence(0, points: 7)).summary.version, 2)
        let rows = try fixture.walk(Self.licences)
        XCTAssertEqual(rows.count, 20)
        XCTAssertTrue(rows.contains("L-0|7") && !rows.contains("L-0|0"), "\(rows)")
        try fixture.engine.close()
    }

    /// Numbers of versions follow from what stands beside the documents: a damaged one costs its own rows alone, and can be sent again.
    func test_start_withoutItsIndex_besideDamagedDocuments_knowsEveryVersion_andRepeatsMakeThemWhole() throws {
        var fixture = try open()
        try fillLicences(fixture)
        _ = try fixture.engine.compact(before: nil)
        let rows = try fixture.walk(Self.licences).sorted()
        let path = try historyFile(fixture).path
        try fixture.engine.close()
        try damage(path, ["document"])
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: "\(directory.path)/versions.sqlite\(suffix)") }
        fixture = try open()
        XCTAssertEqual(fixture.engine.degradations, [])
        XCTAssertEqual(try fixture.walk(Self.licences).sorted(), rows)
        XCTAssertThrowsError(try fixture.walk(PageRequest(table: "licences_history", fields: ["receipt_id", "document"], limit: 7))) { XCTAssertTrue($0 is DamagedColdFile, "\($0)") }
        _ = try fixture.engine.compact(before: 0)
        XCTAssertEqual(Self.damagedFiles(fixture, "cold"), 1)
        for number in 0..<20 { XCTAssertTrue(try fixture.taken(Self.licence(number, points: number)).isRepeat) }
        _ = try fixture.engine.compact(before: 0)
        XCTAssertEqual(Self.damagedFiles(fixture, "cold"), 0)
        XCTAssertEqual(try fixture.walk(Self.licences).sorted(), rows)
        XCTAssertEqual(try fixture.taken(Self.licence(0, points: 7)).summary.version, 2)
        try fixture.engine.close()
        XCTAssertEqual(try Verifier(path: directory.path).run().findings.map(\.description), [])
    }

    /// What outside engines see of a versioned table names files of its history: none of them goes while it does, though the damage alone woke whoever mends.
    func test_mend_ofAHistorysFile_showsTheNewestWithoutIt_beforeItGoes() throws {
        let fixture = try open()
        try fillLicences(fixture)
        _ = try fixture.engine.compact(before: nil)
        let (location, path) = try historyFile(fixture)
        // A bit of a filter: its hash is another, and every row can be read.
        let chunk = try XCTUnwrap(try ParquetFile(try LocalFileBytes(path: path)).metadata.rowGroups[0].columns.compactMap(\.metadata).first { $0.path == ["receipt_id"] })
        var bytes = try Data(contentsOf: URL(filePath: path))
        let place = Int(try XCTUnwrap(chunk.bloomFilterOffset))
        bytes[place + 20] ^= 1
        try bytes.write(to: URL(filePath: path))
        fixture.engine.compactor.cold.damage.note(DamagedColdFile(table: "licences_history", location: location, rowGroup: nil, reason: "its hash is another"))
        XCTAssertTrue(Patience.until {
            // Again, should somebody have read an earlier snapshot just then.
            fixture.engine.compactor.state.broadcast { $0.wantsMending = true }
            return !FileManager.default.fileExists(atPath: path)
        })
        let view = try LocalStorage(root: "\(directory.path)/warehouse/licences")
        let shown = try Table.open(view, version: try XCTUnwrap(try Table.newestVersion(view)))
        XCTAssertEqual(shown.metadata.snapshots.count, 1, "no earlier one leads to it")
        XCTAssertEqual(try shown.counts().rowCount, 20)
        for file in try shown.files() { XCTAssertTrue(FileManager.default.fileExists(atPath: String(file.location.dropFirst("file://".count))), file.location) }
        try fixture.engine.close()
        XCTAssertEqual(try Verifier(path: directory.path).run().findings.map(\.description), [])
    }

    /// All that there is of a removal stands beside the document, and nobody can send it again.
    func test_repeat_ofRowsBesideADamagedRemoval_makesItsFileWhole() throws {
        let fixture = try open()
        let type = #"{"name":"licence","version":1,"table":"licences","format":"json","on_repeat":"replace","match":{"/schema":"licence/1"},"receipt_id":"/id","columns":{"points":{"path":"/points","type":"INTEGER"},"grades":{"path":"/grades","columns":{"g":{"path":"/g","type":"VARCHAR"}}}}}"#
        _ = try fixture.engine.putType(name: "licence", body: Array(type.utf8))
        func licence(_ number: Int) -> String { #"{"schema":"licence/1","id":"L-\#(number)","points":\#(number),"grades":[{"g":"A"}]}"# }
        for number in 0..<20 { _ = try fixture.taken(licence(number)) }
        let removed = ReceiptLookup(receiptID: "L-5", client: "c1", table: "licences")
        let done = Monitor<Fault??>(nil)
        fixture.engine.remove(removed, as: .admin) { fault in done.broadcast { $0 = .some(fault) } }
        XCTAssertNil(done.wait { $0 })
        _ = try fixture.engine.compact(before: nil)
        let history = PageRequest(table: "licences_history", fields: ["receipt_id", "points", "grades", "version", "removed", "document"], limit: 7)
        let answers = try fixture.walk(history).sorted()
        XCTAssertEqual(answers.count, 21)
        let file = try XCTUnwrap(try fixture.engine.tier.boundary.snapshot().cold["licences_history"]?.newestFiles().first)
        XCTAssertEqual(file.recordCount, 20, "the removal's row stands among the newest")
        let path = String(file.location.dropFirst("file://".count))
        for column in [["document"], ["points"], ["grades", "list", "element", "g"]] {
            try damage(path, column)
        }
        XCTAssertThrowsError(try fixture.walk(history)) { XCTAssertTrue($0 is DamagedColdFile, "\($0)") }
        _ = try fixture.engine.compact(before: 0)
        XCTAssertEqual(Self.damagedFiles(fixture, "cold"), 1)
        for number in 0..<20 where number != 5 { XCTAssertTrue(try fixture.taken(licence(number)).isRepeat) }
        _ = try fixture.engine.compact(before: 0)
        XCTAssertEqual(Self.damagedFiles(fixture, "cold"), 0)
        XCTAssertEqual(try fixture.walk(history).sorted(), answers)
        guard case .found(let page) = try fixture.engine.versions(removed, limit: 10, cursor: nil, as: .admin) else { return XCTFail("several have it") }
        XCTAssertEqual(page.versions.map(\.isRemoved), [true, false])
        try fixture.engine.close()
        XCTAssertEqual(try Verifier(path: directory.path).run().findings.map(\.description), [])
    }

    /// A document that is damaged in a hot file, after its columns were laid down, keeps that file hot, and no other.
    func test_compact_damagedHotDocument_movesTheOtherFiles() throws {
        var fixture = try open()
        for number in 0..<40 { _ = try fixture.taken(Self.document(number)) }
        try fixture.engine.tier.seal()
        for number in 40..<Self.count { _ = try fixture.taken(Self.document(number)) }
        try fixture.engine.tier.seal()
        try fixture.engine.tier.flush()
        let answers = try fixture.walk(Self.all)
        let hot = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().files.first)
        let (path, name) = (hot.path, hot.name)
        try fixture.engine.close()
        _ = try flip(path, "document", row: 5)
        fixture = try open()
        let summary = try fixture.engine.compact(before: nil)
        XCTAssertEqual(summary.filesMoved, 1)
        XCTAssertEqual(summary.filesLeft, 1)
        XCTAssertEqual(summary.rowsMoved, Self.count - 40)
        XCTAssertTrue(fixture.engine.degradations.contains { $0.contains("hot file \(name)") }, "\(fixture.engine.degradations)")
        XCTAssertEqual(Self.damagedFiles(fixture, "hot"), 1)
        // Its columns are there as before.
        XCTAssertThrowsError(try fixture.walk(Self.all)) { XCTAssertTrue($0 is DamagedDocument, "\($0)") }
        XCTAssertEqual(try fixture.walk(PageRequest(fields: ["receipt_id", "total"], limit: 7)).count, Self.count)
        XCTAssertEqual(try fixture.engine.compact(before: nil).filesLeft, 1)
        try fixture.engine.close()
        fixture = try open()
        XCTAssertEqual(try fixture.engine.compact(before: nil).filesLeft, 1)
        let reader = try SQLiteConnection(path: path, mode: .readOnly)
        try reader.execute("BEGIN")
        _ = try reader.integer("SELECT count(*) FROM meta")
        XCTAssertTrue(try fixture.taken(Self.document(4)).isRepeat)
        XCTAssertEqual(try fixture.engine.compact(before: nil).filesLeft, 1, "its page is put right once nobody reads in the log")
        try reader.execute("COMMIT")
        XCTAssertTrue(fixture.engine.degradations.contains { $0.contains("could not be put right yet") }, "\(fixture.engine.degradations)")
        XCTAssertEqual(try fixture.engine.compact(before: nil).filesMoved, 1)
        try checkWhole(fixture, answers, "healed")
    }

    /// What stands beside a document has no hash: that a bit of it has changed only the page's sum tells, and nothing any more once it is in a cold file, which has a right hash of what it was given.
    func test_compact_flippedBitBesideADocument_leavesThatFileHot_untilItIsRightAgain() throws {
        var fixture = try open()
        for number in 0..<40 { _ = try fixture.taken(Self.document(number)) }
        try fixture.engine.tier.seal()
        for number in 40..<Self.count { _ = try fixture.taken(Self.document(number)) }
        try fixture.engine.tier.seal()
        try fixture.engine.tier.flush()
        let answers = try fixture.walk(Self.all)
        let hot = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().files.first)
        let (path, name) = (hot.path, hot.name)
        try fixture.engine.close()
        let places = try flip(path, "ticket", row: 5)
        fixture = try open()
        let summary = try fixture.engine.compact(before: nil)
        XCTAssertEqual([summary.filesMoved, summary.filesLeft, summary.rowsMoved], [1, 1, Self.count - 40])
        XCTAssertTrue(fixture.engine.degradations.contains { $0.contains("hot file \(name)") }, "\(fixture.engine.degradations)")
        XCTAssertEqual(Self.damagedFiles(fixture, "hot"), 1)
        XCTAssertTrue(fixture.engine.compactor.leftHot.withLock { $0[name] }?.reason.contains("does not have its sum") == true)
        // A repeat makes documents whole, and is no proof of what stands beside them.
        XCTAssertTrue(try fixture.taken(Self.document(4)).isRepeat)
        XCTAssertEqual(try fixture.engine.compact(before: nil).filesLeft, 1)
        try fixture.engine.close()
        var bytes = try Data(contentsOf: URL(filePath: path))
        for place in places { bytes[place] ^= 4 }
        try bytes.write(to: URL(filePath: path))
        fixture = try open()
        XCTAssertEqual(try fixture.engine.compact(before: nil).filesMoved, 1)
        try checkWhole(fixture, answers, "put back")
    }

    /// A long document goes on on pages that have nothing else: once it was sent again these are in nobody's way, whatever has become of them.
    func test_compact_pagesOfALongDocumentAlone_moveOnceItWasSentAgain() throws {
        var fixture = try open()
        var random = SplitMix64(state: 0x0F10)
        let note = (0..<1_500).map { _ in String(UInt64.random(in: 0...UInt64.max, using: &random), radix: 16) }.joined()
        let long = EngineFixture.receipt("R-long", note: " \(note)")
        for number in 0..<20 { _ = try fixture.taken(Self.document(number)) }
        _ = try fixture.taken(long)
        for number in 20..<Self.count { _ = try fixture.taken(Self.document(number)) }
        try fixture.engine.tier.seal()
        try fixture.engine.tier.flush()
        let answers = try fixture.walk(Self.all)
        let path = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().files.first).path
        try fixture.engine.close()
        let document = try stored(path, "document", row: 21)
        XCTAssertGreaterThan(document.count, 9_000)
        var bytes = try Data(contentsOf: URL(filePath: path))
        // A page's end breaks it here and there.
        let found = try XCTUnwrap(stride(from: 6_000, to: 6_400, by: 50).lazy.compactMap { bytes.range(of: Data(document[$0..<$0 + 24])) }.first)
        for place in found { bytes[place] ^= 0xFF }
        try bytes.write(to: URL(filePath: path))
        fixture = try open()
        XCTAssertEqual(try fixture.engine.compact(before: nil).filesLeft, 1)
        XCTAssertTrue(try fixture.taken(long).isRepeat)
        XCTAssertEqual(try fixture.engine.compact(before: nil).filesMoved, 1)
        try checkWhole(fixture, answers, "healed")
    }

    /// Columns of a hot file that are damaged are reported like a cold file's, and are in nobody's way but of those who need them; the next compaction lays
    /// them down again, out of the documents.
    func test_query_ofDamagedColumnsInAHotFile_isToldOf_andTheyAreLaidDownAgain() throws {
        var fixture = try open()
        for number in 0..<Self.count { _ = try fixture.taken(Self.document(number)) }
        let answers = try fixture.walk(Self.all)
        try fixture.engine.tier.seal()
        try fixture.engine.tier.flush()
        let hot = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().files.first)
        let (path, name) = (hot.path, hot.name)
        try fixture.engine.close()
        try flipImage(path)
        fixture = try open()
        XCTAssertThrowsError(try fixture.walk(Self.all)) { error in
            guard let damaged = error as? DamagedImage else { return XCTFail("\(error)") }
            XCTAssertEqual(damaged.fault.code, .internalError)
            XCTAssertEqual(damaged.fault.errors.map(\.code), ["file-damaged"])
            XCTAssertFalse(damaged.fault.detail.contains(path) || damaged.fault.detail.contains(name), damaged.fault.detail)
            XCTAssertTrue(damaged.fault.cause?.contains(path) == true)
        }
        XCTAssertTrue(fixture.engine.degradations.contains { $0.contains("hot file \(name)") }, "\(fixture.engine.degradations)")
        XCTAssertEqual(Self.damagedFiles(fixture, "hot"), 1)
        XCTAssertTrue(try fixture.taken(Self.document(3)).isRepeat)
        // Nothing is moved yet: the images alone.
        _ = try fixture.engine.compact(before: hot.day - 1)
        XCTAssertEqual(try fixture.walk(Self.all), answers)
        XCTAssertEqual(fixture.engine.degradations, [])
        try fixture.engine.close()
        fixture = try open()
        XCTAssertEqual(try fixture.walk(Self.all), answers, "after a restart")
        let summary = try fixture.engine.compact(before: nil)
        XCTAssertEqual([summary.filesMoved, summary.filesLeft], [1, 0])
        try checkWhole(fixture, answers, "cold")
    }

    /// A row whose document is damaged as well gives its columns no more: the file stays as it is, and is reported.
    func test_damagedColumns_ofADamagedDocument_stayDamaged() throws {
        var fixture = try open()
        for number in 0..<40 { _ = try fixture.taken(Self.document(number)) }
        try fixture.engine.tier.seal()
        try fixture.engine.tier.flush()
        let path = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().files.first).path
        try fixture.engine.close()
        try flipImage(path)
        do {
            let connection = try SQLiteConnection(path: path, mode: .readWrite)
            try connection.execute("UPDATE rows SET document = zeroblob(length(document)) WHERE id = 7")
        }
        fixture = try open()
        XCTAssertThrowsError(try fixture.walk(Self.all))
        XCTAssertEqual(try fixture.engine.compact(before: nil).filesLeft, 1)
        XCTAssertFalse(fixture.engine.degradations.isEmpty)
        try fixture.engine.close()
    }

    /// Changes a byte in the middle of the first image.
    private func flipImage(_ path: String) throws {
        let image: [UInt8]
        do {
            let connection = try SQLiteConnection(path: path, mode: .readOnly)
            let statement = try connection.statement("SELECT bytes FROM group_parts ORDER BY id LIMIT 1")
            XCTAssertTrue(try statement.step())
            image = statement.bytes(0)
        }
        var bytes = try Data(contentsOf: URL(filePath: path))
        // The image begins with its first column's pages; a page of the file breaks it here and there.
        let found = stride(from: 1_000, to: 1_400, by: 50).lazy.compactMap { bytes.range(of: Data(image[$0..<$0 + 24])) }.first
        let range = try XCTUnwrap(found)
        bytes[range.lowerBound + 3] ^= 0x20
        try bytes.write(to: URL(filePath: path))
    }

    /// As it stands in `rows`.
    private func stored(_ path: String, _ column: String, row: Int64) throws -> [UInt8] {
        let connection = try SQLiteConnection(path: path, mode: .readOnly)
        let statement = try connection.statement("SELECT \(column) FROM rows WHERE id = ?1")
        statement.bind(1, row)
        XCTAssertTrue(try statement.step())
        return statement.bytes(0)
    }

    /// Changes a bit of a row's column where it stands on a leaf.
    ///
    /// - Returns: which bytes of the file.
    private func flip(_ path: String, _ column: String, row: Int64) throws -> [Int] {
        let value = try stored(path, column, row: row)
        var bytes = try Data(contentsOf: URL(filePath: path))
        var (start, places) = (bytes.startIndex, [Int]())
        while let range = bytes.range(of: Data(value), in: start..<bytes.endIndex) {
            if bytes[range.lowerBound / 4_096 * 4_096] == 13 { places.append(range.lowerBound + value.count / 2) }
            start = range.upperBound
        }
        for place in places { bytes[place] ^= 4 }
        XCTAssertGreaterThan(places.count, 0)
        try bytes.write(to: URL(filePath: path))
        return places
    }
}
