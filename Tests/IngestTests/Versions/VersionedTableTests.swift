import ColumnStore
import Foundation
import Query
import Synchronization
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Versions against a model that keeps each of them in a list: random documents, repeats and removals, moves to cold, merges, restarts and lost
/// indexes, and after each some questions.
final class VersionedTableTests: XCTestCase {
    private static let type = """
        {"name":"licence","version":1,"table":"licences","format":"json","on_repeat":"replace","match":{"/schema":"licence/1"},"receipt_id":"/id",
         "columns":{"name":{"path":"/name","type":"VARCHAR"},"points":{"path":"/points","type":"DECIMAL(9,2)"},
         "grades":{"path":"/grades","columns":{"grade":{"path":"/g","type":"INTEGER"}}}}}
        """

    private static func document(_ id: String, _ name: String, _ points: Int, grades: [Int]) -> String {
        let list = grades.map { "{\"g\":\($0)}" }.joined(separator: ",")
        return "{\"schema\":\"licence/1\",\"id\":\"\(id)\",\"name\":\"\(name)\",\"points\":\(points).50,\"grades\":[\(list)]}"
    }

    private struct Version: Equatable {
        let number: Int
        let receivedAt: Int64
        let body: String?
        let name: String?
        let points: Int?
        let grades: [Int]
    }

    /// What the store must answer.
    private struct Model {
        var documents: [String: [Version]] = [:]

        /// client|id → the newest at an instant that is there.
        func newest(at instant: Int64 = .max) -> [String] {
            documents.compactMap { key, versions in
                guard let last = versions.last(where: { $0.receivedAt <= instant }), let name = last.name else { return nil }
                return "\(key)|\(name)|\(last.number)"
            }.sorted()
        }

        var history: [String] {
            documents.flatMap { key, versions in
                versions.enumerated().map { place, version in
                    let next = place + 1 < versions.count ? "\(versions[place + 1].receivedAt)" : "-"
                    return "\(key)|\(version.name ?? "-")|\(version.number)|\(version.body == nil)|\(next)"
                }
            }.sorted()
        }
    }

    private final class Store {
        let path: String
        private(set) var fixture: EngineFixture
        var engine: Engine { fixture.engine }

        init(_ path: String) throws {
            self.path = path
            let time = Time()
            fixture = try Store.open(path, time)
            self.clock = time
            _ = try engine.putType(name: "licence", body: Array(VersionedTableTests.type.utf8))
        }

        /// A microsecond and more apart, however quick.
        final class Time: Sendable {
            let value = Mutex<Int64>(1_795_000_000_000_000)
            func next() -> Int64 {
                value.withLock { value in
                    value += 1_000
                    return value
                }
            }
        }

        private let clock: Time

        private static func open(_ path: String, _ time: Time) throws -> EngineFixture {
            try EngineFixture(path, clock: Clock { time.next() }) { options in
                options.compaction.rowGroupRowCount = 7
            }
        }

        enum Index: CaseIterable {
            case kept, lost
            /// As it was some starts ago: what came since may be in cold files by now.
            case older
        }

        private var older: Data?

        func reopen(_ index: Index) throws {
            try engine.close()
            let file = path + "/versions.sqlite"
            let present = try? Data(contentsOf: URL(filePath: file))
            if index != .kept {
                for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: file + suffix) }
            }
            if index == .older { try older?.write(to: URL(filePath: file)) }
            if older == nil || index != .kept { older = present }
            fixture = try Store.open(path, clock)
        }
    }

    private func post(_ store: Store, _ model: inout Model, _ random: inout SplitMix64, _ client: String) throws {
        let id = "L-\(Int.random(in: 0..<12, using: &random))"
        let key = "\(client)|\(id)"
        let known = model.documents[key] ?? []
        let isSame = Int.random(in: 0..<4, using: &random) == 0
        if isSame, let last = known.last, let body = last.body {
            let taken = try store.fixture.taken(body, as: .admin, client: client)
            XCTAssertTrue(taken.isRepeat)
            XCTAssertEqual(taken.summary.version, Int32(last.number))
            return
        }
        let name = ["Ann", "Bob", "Кіт"].randomElement(using: &random) ?? ""
        let points = Int.random(in: 0..<3, using: &random)
        let grades = (0..<Int.random(in: 0..<3, using: &random)).map { _ in Int.random(in: 0..<2, using: &random) }
        let body = Self.document(id, name, points, grades: grades)
        let taken = try store.fixture.taken(body, as: .admin, client: client)
        if let last = known.last, last.body == body {
            XCTAssertTrue(taken.isRepeat)
            return
        }
        XCTAssertFalse(taken.isRepeat)
        XCTAssertEqual(taken.summary.version, Int32(known.count + 1))
        var changed: [String] = []
        if let last = known.last {
            if last.grades != grades { changed.append("grades") }
            if last.name != name { changed.append("name") }
            if last.points != points { changed.append("points") }
        }
        XCTAssertEqual(taken.summary.changed, changed, key)
        guard let row = try store.engine.versions(
            ReceiptLookup(receiptID: id, client: client, table: "licences"), limit: 1, cursor: nil, as: .admin).page?.versions.first
        else { return XCTFail("no version") }
        XCTAssertEqual(row.ticketID, taken.summary.ticketID)
        model.documents[key, default: []].append(
            Version(number: known.count + 1, receivedAt: row.receivedAt, body: body, name: name, points: points, grades: grades))
    }

    private func remove(_ store: Store, _ model: inout Model, _ random: inout SplitMix64, _ client: String) throws {
        let id = "L-\(Int.random(in: 0..<12, using: &random))"
        let key = "\(client)|\(id)"
        let done = Monitor<Fault??>(nil)
        store.engine.remove(ReceiptLookup(receiptID: id, client: client, table: "licences"), as: .admin) { fault in done.broadcast { $0 = .some(fault) } }
        let fault = done.wait { $0 }
        guard let known = model.documents[key], let last = known.last else { return XCTAssertEqual(fault?.code, .notFound) }
        XCTAssertNil(fault)
        if last.body == nil { return }
        let page = try store.engine.versions(ReceiptLookup(receiptID: id, client: client, table: "licences"), limit: 1, cursor: nil, as: .admin).page
        model.documents[key]?.append(
            Version(number: known.count + 1, receivedAt: page?.versions.first?.receivedAt ?? 0, body: nil, name: nil, points: nil, grades: []))
    }

    /// Whoever sees a version sees that the one before it is superseded: no question finds two newest ones. The versions of one document, and a reader of the boundary beside.
    func test_boundary_whileVersionsCome_hidesWhatTheLastOneSupersedes() throws {
        let directory = TemporaryDirectory()
        let store = try Store(directory.path)
        let boundary = store.engine.tier.boundary
        _ = try store.fixture.taken(Self.document("L-1", "Ann", 0, grades: []), as: .admin, client: "c1")
        let first = boundary.snapshot().sequence
        let isDone = Mutex(false)
        let looked = Monitor<(looks: Int, bare: [Int64])?>(nil)
        Thread {
            var (looks, bare) = (0, [Int64]())
            while !isDone.withLock({ $0 }) {
                let snapshot = boundary.snapshot()
                if snapshot.sequence > first, !snapshot.superseded.values.contains(where: { $0[snapshot.sequence - 1] != nil }) { bare.append(snapshot.sequence) }
                looks += 1
            }
            looked.signal { $0 = (looks, bare) }
        }.start()
        for number in 1...300 { _ = try store.fixture.taken(Self.document("L-1", "Ann", number, grades: []), as: .admin, client: "c1") }
        isDone.withLock { $0 = true }
        let (looks, bare) = looked.wait { $0 }
        XCTAssertGreaterThan(looks, 0)
        XCTAssertEqual(Set(bare), [])
        XCTAssertEqual(boundary.snapshot().sequence, first + 300)
        try store.engine.close()
    }

    private func check(_ store: Store, _ model: Model, _ random: inout SplitMix64, _ context: String) throws {
        func rows(_ table: String, _ fields: [String], asOf: Int64? = nil) throws -> [String] {
            let limit = Int.random(in: 1..<30, using: &random)
            return try store.fixture.walk(PageRequest(table: table, fields: fields, limit: limit, asOf: asOf)).sorted()
        }
        let fields = ["client_id", "receipt_id", "name", "version"]
        XCTAssertEqual(try rows("licences", fields), model.newest(), "licences \(context)")
        XCTAssertEqual(try rows("licences_accepted", fields), model.newest(), "accepted \(context)")
        XCTAssertEqual(try rows("licences_history", fields + ["removed", "valid_to"]), model.history, "history \(context)")
        let instants = model.documents.values.joined().map(\.receivedAt)
        if let instant = instants.randomElement(using: &random) {
            XCTAssertEqual(try rows("licences", fields, asOf: instant), model.newest(at: instant), "as of \(instant) \(context)")
            XCTAssertEqual(try rows("licences", fields, asOf: instant - 1), model.newest(at: instant - 1), "before \(instant) \(context)")
        }
        guard let (key, versions) = model.documents.sorted(by: { $0.key < $1.key }).randomElement(using: &random) else { return }
        let parts = key.split(separator: "|").map(String.init)
        let lookup = ReceiptLookup(receiptID: parts[1], client: parts[0], table: "licences")
        var found: [DocumentVersion] = []
        var cursor: String?
        repeat {
            guard let page = try store.engine.versions(lookup, limit: 3, cursor: cursor, as: .admin).page else { return XCTFail("no page") }
            found += page.versions
            cursor = page.nextCursor
        } while cursor != nil
        XCTAssertEqual(found.map { Int($0.version) }, versions.map(\.number).reversed(), context)
        XCTAssertEqual(found.map(\.validTo), [nil] + versions.dropFirst().map(\.receivedAt).reversed(), context)
        for (version, expected) in zip(found, versions.reversed()) {
            let before = versions.last { $0.number == expected.number - 1 }
            var changed: [String] = []
            if let before {
                if before.name != expected.name { changed.append("name") }
                if before.points != expected.points { changed.append("points") }
                if before.grades != expected.grades { changed.append("grades") }
            }
            XCTAssertEqual(version.changes.map(\.field.name).sorted(), changed.sorted(), context)
        }
    }

    private func run(seed: UInt64, steps: Int) throws {
        let directory = TemporaryDirectory()
        var random = SplitMix64(state: seed)
        let store = try Store(directory.path)
        defer { try? store.engine.close() }
        var model = Model()
        for step in 0..<steps {
            let client = ["c1", "c2"].randomElement(using: &random) ?? "c1"
            let context = "seed \(seed), step \(step)"
            switch Int.random(in: 0..<100, using: &random) {
            case ..<78: try post(store, &model, &random, client)
            case ..<90: try remove(store, &model, &random, client)
            case ..<95: _ = try store.engine.compact(before: nil)
            case ..<97: try store.engine.tier.flush()
            default: try store.reopen(Store.Index.allCases.randomElement(using: &random) ?? .kept)
            }
            if step % 7 == 0 { try check(store, model, &random, context) }
        }
        try check(store, model, &random, "seed \(seed), end")
        _ = try store.engine.compact(before: nil)
        try check(store, model, &random, "seed \(seed), all cold")
        XCTAssertTrue(store.engine.tier.boundary.snapshot().superseded.values.allSatisfy(\.isEmpty), "every superseded row is told by its file")
        try store.reopen(.lost)
        try check(store, model, &random, "seed \(seed), index made anew")
    }

    func test_randomHistories_answerAsTheModel() throws {
        for seed in SourceSeed.histories("Sources/ColumnStore", "Sources/Documents", "Sources/Ingest") { try run(seed: seed, steps: 110) }
    }

    /// An index that a crash left behind the rows, which have all become cold meanwhile: numbers go on, and nothing is superseded by less than there is.
    func test_start_withAnIndexBehindColdRows_findsThemInTheirFiles() throws {
        let directory = TemporaryDirectory()
        var random = SplitMix64(state: 52)
        let store = try Store(directory.path)
        defer { try? store.engine.close() }
        var model = Model()
        for round in 0..<4 {
            for _ in 0..<25 {
                try post(store, &model, &random, "c1")
                if Int.random(in: 0..<5, using: &random) == 0 { try remove(store, &model, &random, "c1") }
            }
            _ = try store.engine.compact(before: nil)
            try store.reopen(round == 0 ? .kept : .older)
            try check(store, model, &random, "round \(round)")
        }
    }

    /// By pyiceberg: the newest row of each document in cold, and beside it every version.
    func test_warehouse_outsideEngines_seeOneRowForEachDocument() throws {
        let directory = TemporaryDirectory()
        var random = SplitMix64(state: 77)
        let store = try Store(directory.path)
        defer { try? store.engine.close() }
        var model = Model()
        for round in 0..<3 {
            for _ in 0..<40 {
                try post(store, &model, &random, ["c1", "c2"].randomElement(using: &random) ?? "c1")
                if Int.random(in: 0..<6, using: &random) == 0 { try remove(store, &model, &random, "c1") }
            }
            if round == 1 { try store.reopen(.kept) }
            _ = try store.engine.compact(before: nil)
            let script = """
                import sys, glob, re
                from pyiceberg.table import StaticTable
                def rows(path):
                    newest = max(glob.glob(path + "/metadata/v*.metadata.json"), key=lambda name: int(re.search(r"v(\\d+)\\.", name).group(1)))
                    return StaticTable.from_metadata(newest).scan(selected_fields=("client_id", "receipt_id", "name", "version", "removed", "state")).to_arrow().to_pylist()
                for row in rows(sys.argv[1] + "/licences"):
                    if not row["removed"]: print("t", row["client_id"], row["receipt_id"], row["name"], row["version"], sep="|")
                print("history", len(rows(sys.argv[1] + "/licences_history")), sep="|")
                """
            let output = try Python.run(script, [directory.path + "/warehouse"]).split(separator: "\n").map(String.init)
            XCTAssertEqual(output.filter { $0.hasPrefix("t|") }.sorted(), model.newest().map { "t|" + $0 }.sorted())
            XCTAssertEqual(output.last, "history|\(model.history.count)")
        }
    }

    /// A reader that has the table open stays with it when a type gets a column, and at no version of the metadata is it without its rows.
    func test_warehouse_typeThatGainsColumns_newestStaysOneTable_neverEmpty() throws {
        let directory = TemporaryDirectory()
        let store = try Store(directory.path)
        defer { try? store.engine.close() }
        for round in 1...3 {
            if round > 1 {
                let columns = (2...round).map { #""added\#($0)":{"path":"/a\#($0)","type":"VARCHAR"},"# }.joined()
                let type = Self.type.replacing("\"version\":1", with: "\"version\":\(round)").replacing("\"columns\":{\"name\"", with: "\"columns\":{\(columns)\"name\"")
                    .replacing("\"grade\":{", with: "\"note\(round)\":{\"path\":\"/n\",\"type\":\"VARCHAR\"},\"grade\":{")
                _ = try store.engine.putType(name: "licence", body: Array(type.utf8))
            }
            for id in round..<round + 10 { _ = try store.fixture.taken(Self.document("L-\(id)", "N\(round)", id, grades: [round]), as: .admin, client: "c1") }
            _ = try store.engine.compact(before: nil)
        }
        let storage = try LocalStorage(root: directory.path + "/warehouse/licences")
        let versions = try Table.versions(storage).map { try Table.open(storage, version: $0) }
        XCTAssertGreaterThan(versions.count, 2)
        XCTAssertEqual(Set(versions.map(\.metadata.uuid)).count, 1)
        for table in versions { XCTAssertGreaterThan(try table.counts().rowCount, 0, "version \(table.version)") }
        let history = try LocalStorage(root: directory.path + "/warehouse/licences_history")
        let newest = try Table.open(history, version: try XCTUnwrap(try Table.newestVersion(history)))
        XCTAssertEqual(versions.last?.schema, newest.schema)
        XCTAssertEqual(try versions.last?.counts().rowCount, 12)
    }

    /// Elements of a type's version that has other members than the table, in another order, are the same where their values are.
    func test_changed_listWhoseTypeGainedAMemberBeforeTheOthers_namesTheListOnlyWhereAValueDiffers() throws {
        let directory = TemporaryDirectory()
        let store = try Store(directory.path)
        defer { try? store.engine.close() }
        _ = try store.fixture.taken(Self.document("L-1", "Ann", 1, grades: [1, 2]), as: .admin, client: "c1")
        let type = Self.type.replacing("\"version\":1", with: "\"version\":2").replacing("\"grade\":{", with: "\"note\":{\"path\":\"/n\",\"type\":\"VARCHAR\"},\"grade\":{")
        _ = try store.engine.putType(name: "licence", body: Array(type.utf8))
        let renamed = try store.fixture.taken(Self.document("L-1", "Bob", 1, grades: [1, 2]), as: .admin, client: "c1")
        XCTAssertEqual(renamed.summary.changed, ["name"])
        let noted = Self.document("L-1", "Bob", 1, grades: [1, 2]).replacing("{\"g\":2}", with: "{\"g\":2,\"n\":\"x\"}")
        XCTAssertEqual(try store.fixture.taken(noted, as: .admin, client: "c1").summary.changed, ["grades"])
        _ = try store.engine.compact(before: nil)
        XCTAssertEqual(try store.fixture.taken(noted.replacing("Bob", with: "Eve"), as: .admin, client: "c1").summary.changed, ["name"])
    }

    func test_ledger_hasNoVersions_andOnRepeatIsForEver() throws {
        let directory = TemporaryDirectory()
        let store = try Store(directory.path)
        defer { try? store.engine.close() }
        let receipts = ReceiptLookup(receiptID: "R-1", client: "c1", table: "receipts")
        XCTAssertThrowsError(try store.engine.versions(receipts, limit: 10, cursor: nil, as: .admin)) {
            XCTAssertEqual(($0 as? Fault)?.code, .immutableTable)
        }
        let other = Self.type.replacingOccurrences(of: "\"on_repeat\":\"replace\",", with: "\"issued_at\":\"/at\",")
            .replacingOccurrences(of: "\"name\":\"licence\",\"version\"", with: "\"name\":\"permit\",\"version\"")
        XCTAssertThrowsError(try store.engine.putType(name: "permit", body: Array(other.utf8))) {
            XCTAssertEqual(($0 as? Fault)?.errors.first?.pointer, "/on_repeat")
        }
    }

    /// Each version may have as many bytes as a document: a page of them ends long before a thousand.
    func test_pagesOfLongVersions_endAtTheirBytes_andComeToAll() throws {
        let directory = TemporaryDirectory()
        let store = try Store(directory.path)
        defer { try? store.engine.close() }
        let versionCount: Int32 = 100
        // The newest are short: more and more of them are read at once, until the long ones come.
        for number in 1...versionCount {
            _ = try store.fixture.taken(Self.document("L-1", String(repeating: "x", count: number > 40 ? 1 : 400_000) + "\(number)", 1, grades: []), as: .admin, client: "c1")
        }
        var found: [DocumentVersion] = []
        var (pageCount, cursor) = (0, String?.none)
        repeat {
            let lookup = ReceiptLookup(receiptID: "L-1", client: "c1", table: "licences")
            guard let page = try store.engine.versions(lookup, limit: 1_000, cursor: cursor, as: .admin).page, !page.versions.isEmpty else { return XCTFail("no page") }
            found += page.versions
            pageCount += 1
            cursor = page.nextCursor
        } while cursor != nil
        XCTAssertEqual(found.map(\.version), (1...versionCount).reversed())
        XCTAssertEqual(found.map { $0.changes.map(\.field.name) }, [[String]](repeating: ["name"], count: Int(versionCount) - 1) + [[]])
        XCTAssertGreaterThan(pageCount, 1)
    }

    /// As rows have it. What a removal ends is nothing where it was an empty list.
    func test_changes_showAnEmptyListAsOne() throws {
        let directory = TemporaryDirectory()
        let store = try Store(directory.path)
        defer { try? store.engine.close() }
        for grades in [[1], [], [2], []] { _ = try store.fixture.taken(Self.document("L-1", "Ann", 1, grades: grades), as: .admin, client: "c1") }
        let lookup = ReceiptLookup(receiptID: "L-1", client: "c1", table: "licences")
        let done = Monitor<Fault??>(nil)
        store.engine.remove(lookup, as: .admin) { fault in done.broadcast { $0 = .some(fault) } }
        XCTAssertNil(done.wait { $0 })
        func text(_ value: Value) -> String { if case .list(let rows) = value { "\(rows.count)" } else { value == .null ? "NULL" : "value" } }
        for tier in ["hot", "cold"] {
            let page = try XCTUnwrap(try store.engine.versions(lookup, limit: 10, cursor: nil, as: .admin).page)
            XCTAssertEqual(
                page.versions.map { $0.changes.map { "\($0.field.name): \(text($0.from)) to \(text($0.to))" }.sorted() },
                [["name: value to NULL", "points: value to NULL"], ["grades: 1 to 0"], ["grades: 0 to 1"], ["grades: 1 to 0"], []], tier)
            try store.engine.tier.writer.seal()
            _ = try store.engine.compact(before: nil)
        }
    }

    /// A caller that sees all clients gets the clients whose a document of a common id may be; of one that a single client has, all is said.
    func test_documentOfAnID_isTheOneThatAClientHas() throws {
        let directory = TemporaryDirectory()
        let store = try Store(directory.path)
        defer { try? store.engine.close() }
        for client in ["c2", "c1"] { _ = try store.fixture.taken(Self.document("L-1", client, 1, grades: [1]), as: .admin, client: client) }
        for number in 1...2 { _ = try store.fixture.taken(Self.document("L-2", "Ann \(number)", 1, grades: []), as: .admin, client: "c1") }
        func found(_ id: String, client: String? = nil) throws -> [String] {
            switch try store.engine.receipt(ReceiptLookup(receiptID: id, client: client, table: "licences"), as: .admin) {
            case .choices(let choices): return choices.map { $0.clientID }
            case .found(let schema, let row):
                XCTAssertEqual(row.rowCount, 1)
                return ["client_id", "name"].map { name in schema.index(of: name).map { EngineFixture.text(row.columns[$0].value(at: 0)) } ?? "" }
            }
        }
        for tier in ["hot", "cold"] {
            XCTAssertEqual(try found("L-1"), ["c1", "c2"], tier)
            XCTAssertEqual(try found("L-1", client: "c2"), ["c2", "c2"], tier)
            XCTAssertEqual(try found("L-2"), ["c1", "Ann 2"], tier)
            XCTAssertThrowsError(try found("L-3")) { XCTAssertEqual(($0 as? Fault)?.code, .notFound, tier) }
            try store.engine.tier.writer.seal()
            _ = try store.engine.compact(before: nil)
        }
    }

    /// As many as documents that a registrar has refused since, by whatever clients.
    func test_versionsThatFailedSince_areChargedToTheQuestionThatIsAskedAsOfBefore() throws {
        let directory = TemporaryDirectory()
        let store = try Store(directory.path)
        defer { try? store.engine.close() }
        for number in 1...3 { _ = try store.fixture.taken(Self.document("L-\(number)", "Ann", 1, grades: []), as: .admin, client: "c1") }
        let instant: Int64 = 1_796_000_000_000_000
        let snapshot = store.engine.tier.boundary.snapshot()
        try XCTUnwrap(snapshot.files.last).publish { $0.overlay.set(1, HotFile.StateChange(state: .failed, completedAt: instant + 1), sequence: .max) }
        let history = TieredTable(name: "licences_history", boundary: store.engine.tier.boundary, tables: store.engine.tier.tables, snapshot: snapshot)
        let table = VersionedTable(history, snapshot, .asOf(instant), through: .max)
        let memory = MemoryBudget(byteCountMax: 8 << 20)
        do {
            let scan = try table.scan(ScanRequest(projection: ["receipt_id"], memory: memory))
            XCTAssertGreaterThan(memory.usedByteCount, 0)
            var found: [String] = []
            while let morsel = try scan.nextMorsel() {
                while let batch = try morsel.next() { found += (0..<batch.rowCount).map { EngineFixture.text(batch.columns[0].value(at: $0)) } }
            }
            XCTAssertEqual(found.sorted(), ["L-1", "L-2", "L-3"], "it had not failed by then")
        }
        XCTAssertEqual(memory.usedByteCount, 0)
        func ask(of client: String) throws -> any TableScan {
            try table.scan(ScanRequest(projection: ["receipt_id"], scope: [ColumnFilter("client_id", .equal(.string(client)))], memory: MemoryBudget(byteCountMax: 1_000)))
        }
        XCTAssertThrowsError(try ask(of: "c1")) { XCTAssertEqual(($0 as? QueryError)?.slug, .spillFull, "\($0)") }
        XCTAssertNoThrow(try ask(of: "c2"), "it was asked to pay for another client's")
    }

    /// An instant may lie ahead: what replaces a document between two pages of a walk neither hides it nor comes into the walk, hot or cold.
    func test_walkAsOfAnInstantAhead_showsTheVersionsOfItsBeginning() throws {
        let directory = TemporaryDirectory()
        let store = try Store(directory.path)
        defer { try? store.engine.close() }
        for number in 1...5 { _ = try store.fixture.taken(Self.document("L-\(number)", "Ann", 1, grades: []), as: .admin, client: "c1") }
        var request = PageRequest(table: "licences", fields: ["receipt_id", "name"], limit: 1, asOf: 1_900_000_000_000_000)
        var found: [String] = []
        func read() throws {
            let page = try store.engine.page(request, as: .admin)
            found += page.batches.flatMap { EngineFixture.texts($0) }
            request.cursor = page.nextCursor
        }
        try read()
        for number in 1...5 { _ = try store.fixture.taken(Self.document("L-\(number)", "Bob", 2, grades: []), as: .admin, client: "c1") }
        try read()
        try store.engine.tier.writer.seal()
        _ = try store.engine.compact(before: nil)
        try read()
        while request.cursor != nil { try read() }
        XCTAssertEqual(found, (1...5).map { "L-\($0)|Ann" })
        let now = try store.fixture.walk(PageRequest(table: "licences", fields: ["receipt_id", "name"], asOf: 1_900_000_000_000_000))
        XCTAssertEqual(now, (1...5).map { "L-\($0)|Bob" })
    }

    /// A version was PROCESSING when the next one came, and FAILED after that: as of between it is superseded, whether the store still knows by what or
    /// has been started since; and it has no end of its own.
    func test_versionThatFailedWhenALaterOneHadCome_isSupersededAsOfBefore_andHasNoEnd() throws {
        let directory = TemporaryDirectory()
        let store = try Store(directory.path)
        defer { try? store.engine.close() }
        for name in ["Ann", "Bob"] { _ = try store.fixture.taken(Self.document("L-1", name, 1, grades: []), as: .admin, client: "c1") }
        let instant: Int64 = 1_796_000_000_000_000
        var snapshot = store.engine.tier.boundary.snapshot()
        try XCTUnwrap(snapshot.files.last).publish { $0.overlay.set(1, HotFile.StateChange(state: .failed, completedAt: instant + 1), sequence: .max) }
        let history = TieredTable(name: "licences_history", boundary: store.engine.tier.boundary, tables: store.engine.tier.tables, snapshot: snapshot)
        func rows(_ showing: VersionedTable.Showing, _ columns: [ColumnPath]) throws -> [String] {
            let scan = try VersionedTable(history, snapshot, showing, through: .max).scan(ScanRequest(projection: columns))
            var rows: [String] = []
            while let morsel = try scan.nextMorsel() {
                while let batch = try morsel.next() { rows += EngineFixture.texts(batch) }
            }
            return rows.sorted()
        }
        XCTAssertFalse(snapshot.superseded.isEmpty)
        XCTAssertEqual(try rows(.history, ["version", "valid_to"]), ["1|-", "2|-"])
        XCTAssertEqual(try rows(.asOf(instant), ["version", "state"]), ["2|COMPLETE"])
        snapshot.superseded = [:]
        XCTAssertEqual(try rows(.history, ["version", "valid_to"]), ["1|-", "2|-"])
        XCTAssertEqual(try rows(.asOf(instant), ["version", "state"]), ["2|COMPLETE"])
        XCTAssertEqual(try rows(.asOf(instant + 1), ["version", "state"]), ["2|COMPLETE"])
    }

    /// A page of one short version asks for little, and no page takes what it did not ask for.
    func test_pagesAskForTheirMemory_asTheyGrow() throws {
        let directory = TemporaryDirectory()
        let store = try Store(directory.path)
        defer { try? store.engine.close() }
        for number in 1...8 {
            _ = try store.fixture.taken(Self.document("L-1", "\(number)", 1, grades: []), as: .admin, client: "c1")
            _ = try store.fixture.taken(Self.document("L-2", String(repeating: "x", count: 400_000) + "\(number)", 1, grades: []), as: .admin, client: "c1")
        }
        func asked(_ id: String, limit: Int, _ refusedFrom: Int = .max) throws -> (page: VersionPage?, byteCounts: [Int]) {
            var byteCounts: [Int] = []
            let lookup = ReceiptLookup(receiptID: id, client: "c1", table: "licences")
            let found = try store.engine.versions(lookup, limit: limit, cursor: nil, as: .admin) { byteCount in
                byteCounts.append(byteCount)
                if byteCount >= refusedFrom { throw Fault(.overloaded, "no room") }
            }
            return (found.page, byteCounts)
        }
        let short = try asked("L-1", limit: 1)
        XCTAssertEqual(short.page?.versions.count, 1)
        XCTAssertLessThanOrEqual(try XCTUnwrap(short.byteCounts.max()), 1 << 20)
        let long = try asked("L-2", limit: 8)
        XCTAssertEqual(long.page?.versions.count, 8)
        XCTAssertGreaterThanOrEqual(try XCTUnwrap(long.byteCounts.max()), 8 * 4 * 400_000)
        XCTAssertLessThanOrEqual(try XCTUnwrap(long.byteCounts.first), 1 << 20, "before anything is known of them")
        // What has no room is not read to its end.
        XCTAssertThrowsError(try asked("L-2", limit: 8, 4 << 20)) { XCTAssertEqual(($0 as? Fault)?.code, .overloaded, "\($0)") }
    }
}

extension VersionLookupResult {
    fileprivate var page: VersionPage? { if case .found(let page) = self { page } else { nil } }
}
