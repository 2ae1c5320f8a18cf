import Foundation
import TestSupport
import XCTest

@testable import ColumnStore
@testable import Documents
@testable import Ingest
@testable import Query

/// Goal: a standby answers from its files as of one record, while records go on, and nothing of that writes. Method: an engine's records are folded into another directory, of which copies
/// are opened at many places, and compared with what the engine answered there.
final class StandbyCopyTests: XCTestCase {
    private var folder = URL(fileURLWithPath: "/")

    override func setUpWithError() throws { folder = try Project.temporaryFolder("till-copy") }
    override func tearDown() { try? FileManager.default.removeItem(at: folder) }

    private func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    private static func position(_ number: Int) -> ReplicaStore.Position { .init(sequence: Int64(number), epoch: 1, high: UInt64(number), low: 7) }

    private static func rows(_ rows: any RowReading, _ table: String = "receipts", as principal: Principal = .admin) throws -> [String] {
        var found: [String] = []
        var request = PageRequest(table: table, range: .all, fields: ["receipt_id", "total"], limit: 7)
        while true {
            let page = try rows.page(request, as: principal)
            for batch in page.batches { found += EngineFixture.texts(batch) }
            guard let cursor = page.nextCursor else { return found.sorted() }
            request.cursor = cursor
        }
    }

    private func wait(_ engine: Engine) {
        let kept = Monitor(false)
        engine.whenKept { _ in kept.broadcast { $0 = true } }
        XCTAssertEqual(kept.wait(seconds: Patience.seconds) { $0 ? true : nil }, true)
    }

    /// A leader, a standby that folds what it has committed, and the copies of that.
    private struct Two {
        let recorder = CommitRecorder()
        let fixture: EngineFixture
        let standby: ReplicaStore
        let reading = StandbyReading()
        let directory: String
        private var folded = 0

        init(_ leader: String, _ directory: String) throws {
            self.directory = directory
            fixture = try EngineFixture(leader) { [recorder] in
                $0.replica = recorder
                $0.quarantine.days = 90
                // Nobody answers there: what becomes of a version is the test's to say.
                $0.registration.registrars["board"] = RegistrarOptions(url: "http://127.0.0.1:1/", secret: "s")
            }
            standby = try ReplicaStore(directory: directory)
            try standby.clear()
        }

        mutating func fold() throws {
            for body in recorder.bodies.dropFirst(folded) {
                folded += 1
                try standby.apply(StandbyCopyTests.position(folded), body)
            }
        }

        /// - Parameter meanwhile: happens between the record of the copy and its opening.
        mutating func copy(quarantineDays: Int = 90, _ meanwhile: (inout Two) throws -> Void = { _ in }) throws {
            let held = try XCTUnwrap(try standby.hold())
            try meanwhile(&self)
            let copy = try StandbyCopy(
                directory: directory, at: held.position, storages: LocalStorageFactory(), quarantineDays: quarantineDays, from: reading.present, changed: held.changed)
            standby.release(read: copy.dayFiles)
            reading.use(copy)
        }
    }

    func test_copies_areTheStoreAsOfOneRecord_whateverIsFoldedMeanwhile() throws {
        var two = try Two(path("a"), path("b"))
        var tickets: [String] = []
        for round in 0..<6 {
            for number in 0..<20 {
                let client = number % 3 == 0 ? "c2" : "c1"
                tickets.append(try two.fixture.taken(EngineFixture.receipt("R-\(round)-\(number)"), as: .admin, client: client).summary.ticketID)
            }
            wait(two.fixture.engine)
            try two.fold()
            let expected = try Self.rows(two.fixture.engine)
            XCTAssertEqual(expected.count, round * 21 + 20)
            try two.copy { two in
                _ = try two.fixture.taken(EngineFixture.receipt("S-\(round)"), as: .admin, client: "c2")
                wait(two.fixture.engine)
                try two.fold()
                try two.standby.settle()
            }
            XCTAssertEqual(try Self.rows(two.reading), expected, "round \(round)")
            // What is committed from here on is seen no more than what was folded before.
            try two.standby.settle()
            XCTAssertEqual(try Self.rows(two.reading), expected, "round \(round), settled")
            for ticket in tickets.prefix(5) { XCTAssertEqual(try two.reading.ticket(ticket, as: .admin).summary?.ticketID, ticket) }
        }
        try two.fixture.engine.close()
    }

    func test_copy_hasTheRightsOfContracts() throws {
        var two = try Two(path("a"), path("b"))
        for (id, client) in [("R-1", "c1"), ("R-2", "c1"), ("R-3", "c2")] { _ = try two.fixture.taken(EngineFixture.receipt(id), as: .admin, client: client) }
        let ticket = try two.fixture.taken(EngineFixture.receipt("R-4"), as: .admin, client: "c2").summary.ticketID
        wait(two.fixture.engine)
        try two.fold()
        try two.copy()
        XCTAssertEqual(try Self.rows(two.reading).count, 4)
        let own = EngineFixture.own
        XCTAssertEqual(try Self.rows(two.reading, as: own), try Self.rows(two.fixture.engine, as: own))
        XCTAssertEqual(try Self.rows(two.reading, as: own).count, 2)
        XCTAssertThrowsError(try two.reading.ticket(ticket, as: own)) { XCTAssertEqual(($0 as? Fault)?.code, .notFound) }
        XCTAssertThrowsError(try two.reading.receipt(ReceiptLookup(receiptID: "R-3", client: "c2", table: "receipts", day: nil, asOf: nil), as: own)) { XCTAssertEqual(($0 as? Fault)?.code, .wrongClient) }
        XCTAssertThrowsError(try two.reading.receipt(ReceiptLookup(receiptID: "R-3", client: nil, table: "receipts", day: nil, asOf: nil), as: own))
        XCTAssertNotNil(try two.reading.contract("c1"))
        XCTAssertNil(try two.reading.contract("c3"))
        try two.fixture.engine.close()
    }

    /// A ticket that the leader shows is not absent here: both have the same settings.
    func test_ticketOfWhatWasRefused_isShownAsLongAsTheSettingsSay() throws {
        var two = try Two(path("a"), path("b"))
        let ticket = try XCTUnwrap(two.fixture.refusal(#"{"n":1}"#)?.ticketID)
        try two.fixture.engine.catalog.write { try $0.execute("UPDATE quarantine SET received_at = received_at - \(40 * CivilDate.microsecondsPerDay)") }
        wait(two.fixture.engine)
        try two.fold()
        XCTAssertEqual(try two.fixture.engine.ticket(ticket, as: .admin).refused?.ticketID, ticket)
        for (days, shown) in [(90, ticket), (39, nil)] as [(Int, String?)] {
            try two.copy(quarantineDays: days)
            XCTAssertEqual(try? two.reading.ticket(ticket, as: .admin).refused?.ticketID, shown, "\(days) days")
        }
        try two.fixture.engine.close()
    }

    func test_copies_writeNothing_andATakeoverBesideThem_hasAll() throws {
        var two = try Two(path("a"), path("b"))
        for number in 0..<50 { _ = try two.fixture.taken(EngineFixture.receipt("R-\(number)")) }
        wait(two.fixture.engine)
        try two.fold()
        try two.standby.settle()
        let before = try files()
        XCTAssertTrue(before.keys.contains { $0.hasPrefix("hot/") })
        try two.copy()
        let page = try two.reading.page(PageRequest(range: .all, fields: ["receipt_id"], limit: 5), as: .admin)
        XCTAssertNotNil(page.nextCursor)
        let (catalog, _) = try two.reading.catalog(as: .admin, upTo: nil)
        XCTAssertTrue(catalog.entryNames.contains("receipts"))
        XCTAssertEqual(try files(), before)
        // Somebody reads on while the node comes to lead.
        let reader = try SQLiteConnection(path: path("b/hot/\(try XCTUnwrap(try hotFiles().first)).sqlite"), mode: .readOnly)
        try reader.execute("BEGIN; SELECT count(*) FROM rows")
        for number in 50..<60 { _ = try two.fixture.taken(EngineFixture.receipt("R-\(number)")) }
        wait(two.fixture.engine)
        let rows = try Self.rows(two.fixture.engine)
        try two.fold()
        // Who would wait for the reader would give up after ten seconds.
        try two.standby.promote()
        try reader.execute("COMMIT")
        let next = try EngineFixture(path("b")) { $0.replica = CommitRecorder() }
        XCTAssertEqual(try Self.rows(next.engine), rows)
        XCTAssertEqual(rows.count, 60)
        XCTAssertFalse(try next.taken(EngineFixture.receipt("R-new")).isRepeat)
        try next.engine.close()
        try two.fixture.engine.close()
    }

    /// Day files that a copy has stay until it is let go, though their rows are in cold by then.
    func test_dayFiles_ofACopy_stayUntilItIsLetGo() throws {
        var two = try Two(path("a"), path("b"))
        for number in 0..<5 { _ = try two.fixture.taken(EngineFixture.receipt("R-\(number)")) }
        wait(two.fixture.engine)
        try two.fold()
        try two.copy()
        let had = try XCTUnwrap(two.reading.present).dayFiles
        XCTAssertEqual(try two.fixture.engine.compact(before: nil, isCancelled: { false }).rowsMoved, 5)
        _ = try two.fixture.taken(EngineFixture.receipt("R-5"))
        wait(two.fixture.engine)
        try two.fold()
        try two.standby.settle()
        XCTAssertTrue(had.isSubset(of: try hotFiles()))
        XCTAssertEqual(try Self.rows(two.reading).count, 5)
        two.standby.release(read: [])
        try two.standby.settle()
        XCTAssertTrue(had.isDisjoint(with: try hotFiles()))
        try two.fixture.engine.close()
    }

    /// Documents with versions, of which a registrar is asked where one is named.
    private func putLicences(_ fixture: EngineFixture, register: String = "") throws {
        let type = #"{"name":"licence","version":1,"table":"licences","format":"json","on_repeat":"replace","match":{"/schema":"licence/1"},"receipt_id":"/id","columns":{"points":{"path":"/points","type":"INTEGER"}}\#(register)}"#
        _ = try fixture.engine.putType(name: "licence", body: Array(type.utf8))
    }

    private func licence(_ points: Int, _ two: Two, id: String = "L-1") throws -> Accepted {
        try two.fixture.taken(#"{"schema":"licence/1","id":"\#(id)","points":\#(points)}"#, as: .admin, client: "c1")
    }

    private static let licences = PageRequest(table: "licences", range: .all, fields: ["receipt_id", "points", "version"], limit: 7)

    private func shown(_ rows: any RowReading) throws -> [String] { try rows.page(Self.licences, as: .admin).batches.flatMap { EngineFixture.texts($0) }.sorted() }

    private func decide(_ taken: Accepted, _ isAccepted: Bool, _ fixture: EngineFixture) throws {
        let ticket = try XCTUnwrap(ULID(taken.summary.ticketID))
        for file in fixture.engine.tier.boundary.snapshot().files {
            guard let found = try file.find(ticket: ticket) else { continue }
            let outcome = StepOutcome(isAccepted: isAccepted, reference: nil, errors: [])
            let action = ProcessChange.Action.outcome(step: ProcessKey.step(row: found.row, ordinal: 0), outcome, HistoryNote("answer"))
            let done = Monitor<Result<ProcessResult, Fault>?>(nil)
            fixture.engine.tier.writer.submit(ProcessChange(file: file, action: action) { result in done.broadcast { $0 = result } })
            XCTAssertEqual(try done.wait { $0 }.get(), .applied)
            return
        }
        XCTFail("\(taken.summary.ticketID) is not hot")
    }

    /// Cold files lie where the leader has them.
    private func shareWarehouse() throws {
        try? FileManager.default.removeItem(atPath: path("b/warehouse"))
        try FileManager.default.createSymbolicLink(atPath: path("b/warehouse"), withDestinationPath: path("a/warehouse"))
    }

    /// What became of a version between two copies is known, though no hot file has it any more as the second is made.
    func test_versionThatFails_andLeavesTheHotTierBetweenTwoCopies_hidesNothing() throws {
        var two = try Two(path("a"), path("b"))
        try putLicences(two.fixture, register: #","register":[["board"]]"#)
        try decide(try licence(1, two), true, two.fixture)
        let second = try licence(2, two)
        wait(two.fixture.engine)
        try two.fold()
        try two.copy()
        XCTAssertEqual(try shown(two.reading), ["L-1|2|2"])
        try decide(second, false, two.fixture)
        _ = try two.fixture.engine.compact(before: nil, isCancelled: { false })
        XCTAssertTrue(two.fixture.engine.tier.boundary.snapshot().files.allSatisfy { $0.state.rowCount == 0 })
        wait(two.fixture.engine)
        try two.fold()
        try shareWarehouse()
        try two.copy()
        XCTAssertEqual(try shown(two.fixture.engine), ["L-1|1|1"])
        XCTAssertEqual(try shown(two.reading), ["L-1|1|1"])
        two.standby.release(read: [])
        try two.fixture.engine.close()
    }

    /// The copy before answers from the same file. What a damaged file keeps out is in a later copy that can read it.
    func test_copiesBesideADamagedColdFile_keepTheIndexOfVersions() throws {
        var two = try Two(path("a"), path("b"))
        try putLicences(two.fixture)
        for number in 0..<20 { _ = try licence(number, two, id: "L-\(number)") }
        XCTAssertEqual(try two.fixture.engine.compact(before: nil, isCancelled: { false }).rowsMoved, 20)
        _ = try licence(77, two, id: "L-20")
        wait(two.fixture.engine)
        try two.fold()
        try shareWarehouse()
        let location = try XCTUnwrap(try two.fixture.engine.tier.boundary.snapshot().cold["licences_history"]?.iceberg.files().first).location
        let file = URL(filePath: String(location.dropFirst("file://".count)))
        let sound = try Data(contentsOf: file)
        let chunk = try XCTUnwrap(try ParquetFile(try LocalFileBytes(path: file.path)).metadata.rowGroups[0].columns.compactMap(\.metadata).first { $0.path == ["receipt_id"] })
        var bytes = sound
        bytes[Int(min(chunk.dataPageOffset, chunk.dictionaryPageOffset ?? chunk.dataPageOffset) + chunk.totalCompressedByteCount - 2)] ^= 0x10
        try bytes.write(to: file)
        func made() throws -> NSNumber? { try FileManager.default.attributesOfItem(atPath: path("b/cluster/versions.sqlite"))[.systemFileNumber] as? NSNumber }
        try two.copy()
        let first = try XCTUnwrap(try made())
        XCTAssertThrowsError(try shown(two.reading)) { XCTAssertTrue($0 is DamagedColdFile, "\($0)") }
        _ = try licence(78, two, id: "L-20")
        wait(two.fixture.engine)
        try two.fold()
        try two.copy()
        XCTAssertEqual(try made(), first)
        try sound.write(to: file)
        _ = try licence(79, two, id: "L-20")
        wait(two.fixture.engine)
        try two.fold()
        try two.copy()
        XCTAssertEqual(try made(), first)
        let request = PageRequest(table: "licences", range: .all, fields: ["receipt_id", "points", "version"], limit: 100)
        let rows = try two.reading.page(request, as: .admin).batches.flatMap { EngineFixture.texts($0) }
        XCTAssertEqual(rows.count, 21)
        XCTAssertTrue(rows.contains("L-20|79|3") && rows.contains("L-7|7|1"), "\(rows)")
        two.standby.release(read: [])
        try two.fixture.engine.close()
    }

    /// A walk that began at the leader does not end early here without a word.
    func test_cursor_ofALaterState_isRefused() throws {
        var two = try Two(path("a"), path("b"))
        for number in 0..<6 { _ = try two.fixture.taken(EngineFixture.receipt("R-\(number)")) }
        wait(two.fixture.engine)
        try two.fold()
        try two.copy()
        let request = PageRequest(range: .all, fields: ["receipt_id"], limit: 3)
        var same = request
        same.cursor = try two.fixture.engine.page(request, as: .admin).nextCursor
        XCTAssertEqual(try two.reading.page(same, as: .admin).batches.reduce(0) { $0 + $1.rowCount }, 3)
        _ = try two.fixture.taken(EngineFixture.receipt("R-6"))
        var later = request
        later.cursor = try two.fixture.engine.page(request, as: .admin).nextCursor
        XCTAssertThrowsError(try two.reading.page(later, as: .admin)) { XCTAssertEqual(($0 as? Fault)?.code, .storageUnavailable) }
        XCTAssertThrowsError(try two.reading.catalog(as: .admin, upTo: 1 << 40))
        try two.fixture.engine.close()
    }

    private func hotFiles() throws -> Set<String> {
        Set(try FileManager.default.contentsOfDirectory(atPath: path("b/hot")).filter { $0.hasSuffix(".sqlite") }.map { String($0.dropLast(7)) })
    }

    /// Those of the store, and their bytes: without what SQLite's readers share.
    private func files() throws -> [String: Data] {
        var found: [String: Data] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: path("b")) where !name.hasSuffix("-shm") && !name.hasPrefix("cluster") {
            let url = folder.appendingPathComponent("b/\(name)")
            if let data = try? Data(contentsOf: url), !data.isEmpty || !name.hasSuffix("-wal") { found[name] = data }
        }
        return found
    }
}
