import ColumnStore
import Documents
import Foundation
import XCTest

@testable import Ingest

/// Goal: what was asked for by exports, up to a megabyte of each, is read where a file is made of it, and kept no longer. Method: rows of an engine's catalog in each state.
final class ExportRowsTests: XCTestCase {
    private static let request = [UInt8](repeating: 0x20, count: 1 << 20)

    private func made(_ id: String) -> Export { Export(id: id, owner: .administrator, name: id, format: "csv", request: Self.request, createdAt: 1, expiresIn: 1) }

    func test_lists_haveNothingOfWhatWasAskedFor_andWhoMakesAFileHasIt() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        let engine = fixture.engine
        for id in ["a", "b"] { try engine.addExport(made(id)) }
        let waiting = try engine.waitingExports()
        XCTAssertEqual(waiting.map(\.id), ["a", "b"])
        XCTAssertEqual(waiting.map(\.request), [[], []])
        XCTAssertEqual(try engine.exports(after: nil, limit: 10, as: .admin).map(\.request), [[], []])
        XCTAssertEqual(try waiting.map { try engine.whole($0)?.request }, [Self.request, Self.request])
        try engine.deleteExport("a", as: .admin)
        XCTAssertNil(try engine.whole(waiting[0]))
    }

    /// It may end between the look at whose it is and its row's end: its file is named by the row alone.
    func test_deletedOne_isGivenAsItStoodLast() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        let catalog = fixture.engine.catalog
        var export = made("a")
        try catalog.add(export)
        (export.state, export.fileName) = (.done, "a-1.csv")
        XCTAssertTrue(try fixture.engine.endExport(export))
        XCTAssertEqual(try catalog.deleteExport("a")?.fileName, "a-1.csv")
        XCTAssertNil(try catalog.deleteExport("a"))
    }

    /// On another machine it is made again, and may fail there: an id that came before is published once.
    func test_endsOfOne_areEventsOfTheirOwn() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        var export = made("a")
        export.state = .done
        let done = fixture.engine.notice(of: export)
        XCTAssertEqual(fixture.engine.notice(of: export).id, done.id)
        export.state = .error
        let failed = fixture.engine.notice(of: export)
        XCTAssertNotEqual(failed.id, done.id)
        XCTAssertEqual([done, failed].map { $0.draft?.type }, ["export.done", "export.error"])
    }

    func test_whatWasAskedFor_staysUntilTheExportIsOver() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        let catalog = fixture.engine.catalog
        for (id, state, isKept) in [("a", .done, true), ("b", .error, false), ("c", .cancelled, false)] as [(String, Export.State, Bool)] {
            var export = made(id)
            try catalog.add(export)
            export.state = state
            XCTAssertTrue(try catalog.change(export, from: .running))
            XCTAssertEqual(try catalog.export(id)?.request, isKept ? Self.request : [], id)
        }
        var last = made("a")
        last.state = .expired
        XCTAssertTrue(try catalog.change(last, from: .done))
        XCTAssertEqual(try catalog.export("a")?.request, [])
    }

    private func made(_ id: String, of owner: Identity, at createdAt: Int64) -> Export {
        Export(id: id, owner: owner, name: "a", format: "csv", request: Self.request, createdAt: createdAt, expiresIn: 1)
    }

    /// Each has a row, and maybe a file, which are gone through every few seconds.
    func test_thoseOfOne_haveABound_whetherTheyWaitOrHaveFiles() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        let catalog = fixture.engine.catalog
        let (one, other) = (Identity.contract(ClientID("c1")), Identity.contract(ClientID("c2")))
        var first = made("a", of: one, at: 1)
        try catalog.add(first, countMax: 2)
        try catalog.add(made("b", of: one, at: 2), countMax: 2)
        first.state = .done
        XCTAssertTrue(try catalog.change(first, from: .running))
        XCTAssertThrowsError(try catalog.add(made("c", of: one, at: 3), countMax: 2)) { error in
            XCTAssertEqual((error as? Fault)?.code, .overloaded)
        }
        XCTAssertNil(try catalog.export("c"))
        for (id, owner) in [("d", other), ("e", .administrator)] { try catalog.add(made(id, of: owner, at: 4), countMax: 2) }
        first.state = .expired
        XCTAssertTrue(try catalog.change(first, from: .done))
        try catalog.add(made("c", of: one, at: 5), countMax: 2)
    }

    func test_thoseThatAreOver_areForgotten_butForTheNewestOfTheirOwner() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        let catalog = fixture.engine.catalog
        let (one, other) = (Identity.contract(ClientID("c1")), Identity.contract(ClientID("c2")))
        for (place, owner) in [one, one, other, one, .administrator, one].enumerated() {
            var export = made("e\(place)", of: owner, at: Int64(place))
            try catalog.add(export)
            // The last is still to be made.
            if place == 5 { break }
            export.state = place == 1 ? .expired : .error
            XCTAssertTrue(try catalog.change(export, from: .running))
        }
        try catalog.forgetExports(of: one, keeping: 2)
        XCTAssertEqual(try catalog.exports(of: .all, after: nil, limit: 10).map(\.id), ["e5", "e4", "e3", "e2", "e1"])
        try catalog.forgetExports(of: .administrator, keeping: 0)
        XCTAssertEqual(try catalog.exports(of: .all, after: nil, limit: 10).map(\.id), ["e5", "e3", "e2", "e1"])
    }

    func test_rowsAreLookedThrough_onceMayBeMany() {
        var ended = EndedExports(lookCount: 3)
        for owner in [Identity.administrator, .contract(ClientID("c1")), .administrator] { ended.note(owner) }
        XCTAssertEqual(ended.takeDue(), [])
        ended.note(.administrator)
        XCTAssertEqual(ended.takeDue(), [.administrator])
        XCTAssertEqual(ended.takeDue(), [])
        for _ in 0..<2 { ended.note(.contract(ClientID("c1"))) }
        XCTAssertEqual(ended.takeDue(), [.contract(ClientID("c1"))])
    }

    /// What a contract may still have is said by both.
    func test_bytes_areCountedOfFilesThatAreThere_byTheirOwner() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        let catalog = fixture.engine.catalog
        let (one, other) = (Identity.contract(ClientID("c1")), Identity.contract(ClientID("c2")))
        let rows: [(id: String, owner: Identity, state: Export.State, byteCount: Int64)] = [
            ("a", one, .done, 100), ("b", one, .done, 20), ("c", other, .done, 3_000), ("d", .administrator, .done, 50_000), ("e", one, .error, 700_000),
        ]
        for row in rows {
            var export = made(row.id, of: row.owner, at: 1)
            try catalog.add(export)
            (export.state, export.byteCount) = (row.state, row.byteCount)
            XCTAssertTrue(try catalog.change(export, from: .running))
        }
        for (owner, own) in [(one, 120), (other, 3_000), (.administrator, 50_000), (.contract(ClientID("c3")), 0)] as [(Identity, Int64)] {
            let counts = try catalog.exportByteCounts(of: owner)
            XCTAssertEqual([counts.own, counts.all], [own, 53_120], "\(owner)")
        }
    }

    private static let whole = Contract(clientID: "c1", access: .read, scope: .all, seesSensitive: true)

    /// Contracts that `whole` may become, and whether a file that was made with its rights is still there for it.
    private static var changes: [(contract: Contract, isOpen: Bool)] {
        let day: Int64 = 86_400_000_000
        func changed(_ change: (inout Contract) -> Void) -> Contract {
            var contract = whole
            change(&contract)
            return contract
        }
        return [
            (changed { $0.name = "Shop" }, true), (changed { $0.access = .readWrite }, true), (changed { $0.seesSensitive = false }, false), (changed { $0.scope = .own }, false),
            (changed { $0.validTo = 1 }, false), (changed { $0.validFrom = Int64.max - day }, false),
            (changed { $0.subscriptions = [Contract.Subscription(access: .read, scope: .all, seesSensitive: true)] }, true),
            (changed { $0.subscriptions = [Contract.Subscription(access: .read, scope: .all)] }, false),
            (changed { $0.subscriptions = [Contract.Subscription(to: 1, access: .read, scope: .all, seesSensitive: true)] }, false),
        ]
    }

    /// It holds what they could see as it was made. Whoever may see it again has it again; another's, and the administrator's, are as they were.
    func test_fileOfOne_whoSeesLessThanAsItWasMade_isOver_whileTheyDo() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        let engine = fixture.engine
        let rights = Export.Rights(of: Self.whole.principal(at: 0))
        let owners: [(id: String, owner: Identity)] = [("mine", .contract(ClientID("c1"))), ("other", .contract(ClientID("c2"))), ("admin", .administrator)]
        for (id, owner) in owners {
            var export = made(id, of: owner, at: 1)
            try engine.addExport(export)
            (export.state, export.expiresAt) = (.done, Int64.max)
            // The other contract sees its own rows, and no sensitive value.
            export.rights = id == "other" ? Export.Rights(scope: .own, seesSensitive: false) : rights
            XCTAssertTrue(try engine.endExport(export))
        }
        func states(_ line: UInt = #line) throws -> [Export.State] {
            let each = try owners.map { try engine.export($0.id, as: .admin).state }
            XCTAssertEqual(try owners.map { try XCTUnwrap(try engine.linkedExport($0.id)).state }, each, line: line)
            let listed = try engine.exports(after: nil, limit: 10, as: .admin)
            XCTAssertEqual(try owners.map { owner in try XCTUnwrap(listed.first { $0.id == owner.id }).state }, each, line: line)
            return each
        }
        for (place, change) in Self.changes.enumerated() {
            _ = try engine.putContract(change.contract)
            XCTAssertEqual(try states(), [change.isOpen ? .done : .expired, .done, .done], "\(place)")
            _ = try engine.putContract(Self.whole)
            XCTAssertEqual(try states(), [.done, .done, .done], "\(place)")
        }
        try engine.deleteContract("c2")
        XCTAssertEqual(try states(), [.done, .expired, .done])
        XCTAssertEqual(try engine.catalog.export("mine")?.rights, rights)
    }

    /// Files of a catalog of before are taken to be made with the rights that their contract has by then, where the contract itself says them.
    func test_filesOfAnEarlierCatalog_haveTheRightsOfTheirContracts() throws {
        let directory = TemporaryDirectory()
        let data = try DataDirectory(path: directory.path)
        let step = try XCTUnwrap(CatalogSchema.migrations.firstIndex { $0.contains("ALTER TABLE exports ADD COLUMN scope") })
        do {
            let connection = try SQLiteConnection(path: data.catalogPath, mode: .create)
            try connection.execute("PRAGMA journal_mode=WAL")
            for sql in CatalogSchema.migrations[..<step] { try connection.execute(sql) }
            try connection.execute("""
                INSERT INTO contracts(client_id, access, scope, sensitive) VALUES('eyes', 'read', 'all', 1), ('own', 'read', 'own', 0);
                INSERT INTO contracts(client_id, access, scope, sensitive, subscriptions) VALUES('paid', 'read', 'own', 0, '[]');
                PRAGMA user_version = \(step);
                """)
            for (id, owner, state) in [("a", "'eyes'", "DONE"), ("b", "'own'", "DONE"), ("c", "'paid'", "DONE"), ("d", "'gone'", "DONE"), ("e", "NULL", "DONE"), ("f", "'eyes'", "RUNNING")] {
                try connection.execute("""
                    INSERT INTO exports(id, client_id, name, format, request, created_at, expires_in, state) VALUES('\(id)', \(owner), 'x', 'csv', x'', 1, 1, '\(state)')
                    """)
            }
        }
        let catalog = try Catalog(path: data.catalogPath)
        let found = try ["a", "b", "c", "d", "e", "f"].map { try XCTUnwrap(try catalog.export($0)).rights }
        XCTAssertEqual(found, [Export.Rights(scope: .all, seesSensitive: true), Export.Rights(scope: .own, seesSensitive: false), nil, nil, nil, nil])
    }

    /// Those that have expired go with their files; all others stay, and so does what is being made.
    func test_sweep_endsWhatIsPastItsTime() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        let engine = fixture.engine
        for (id, expiresAt) in [("a", 100), ("b", 200), ("c", 201)] as [(String, Int64)] {
            var export = made(id)
            try engine.addExport(export)
            (export.state, export.fileName, export.expiresAt) = (.done, id + ".csv", expiresAt)
            try Data(id.utf8).write(to: URL(fileURLWithPath: try engine.exportPath(id + ".csv")))
            XCTAssertTrue(try engine.endExport(export))
        }
        try Data("x".utf8).write(to: URL(fileURLWithPath: try engine.exportPath("stray.csv")))
        try Data("half".utf8).write(to: URL(fileURLWithPath: try engine.exportPath("d-half.csv")))
        try engine.sweepExports(now: 200, making: ["d"])
        XCTAssertEqual(try ["a", "b", "c"].map { try engine.export($0, as: .admin).state }, [.expired, .expired, .done])
        XCTAssertEqual(try ["a.csv", "b.csv", "c.csv", "stray.csv"].map { FileManager.default.fileExists(atPath: try engine.exportPath($0)) }, [false, false, true, false])
        XCTAssertTrue(FileManager.default.fileExists(atPath: try engine.exportPath("d-half.csv")), "it is being made")
    }

    /// A file that nobody gets is nobody's usage, and one that is made again was counted as it was there first.
    func test_bytesOfAFile_areUsageOnceItIsThere() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        let (engine, catalog) = (fixture.engine, fixture.engine.catalog)
        func used() throws -> Int64 { try catalog.usage(of: ["c1"], 0...Int32.max).values.reduce(0) { $0 + $1.exportsBytes } }
        func added(_ id: String) throws -> Export {
            let export = Export(id: id, owner: .contract("c1"), name: id, format: "csv", request: [], createdAt: 1, expiresIn: 1)
            try catalog.add(export)
            return export
        }
        var failed = try added("a")
        (failed.state, failed.byteCount, failed.endedAt) = (.error, 7, 2)
        XCTAssertTrue(try engine.endExport(failed))
        XCTAssertEqual(try used(), 0)
        var whole = try added("b")
        (whole.state, whole.byteCount, whole.endedAt) = (.done, 7, 2)
        XCTAssertTrue(try engine.endExport(whole))
        XCTAssertEqual(try used(), 7)
        var again = whole
        (again.state, again.byteCount, again.endedAt) = (.running, 0, nil)
        XCTAssertTrue(try catalog.change(again, from: .done))
        XCTAssertTrue(try engine.endExport(whole))
        XCTAssertEqual(try used(), 7, "it was made twice and is one file")
        XCTAssertFalse(try engine.endExport(whole))
        XCTAssertEqual(try used(), 7)
    }

    /// A key that was stolen may have given away links, too. Of one whose time is over nobody says that, and a link has a time of its own.
    func test_fileThatAKeyHasAskedFor_isOverOnceThatIsRevoked_afterAStartToo() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        let keys: [(id: String, owner: KeyOwner, sha256: [UInt8])] = [
            ("mine", .client("c1"), [UInt8](repeating: 1, count: 32)), ("old", .client("c1"), [UInt8](repeating: 2, count: 32)), ("theirs", .operators, [UInt8](repeating: 3, count: 32)),
        ]
        func add(_ id: String, of owner: Identity, by key: [UInt8]?) throws {
            var export = made(id, of: owner, at: 1)
            export.keySHA256 = key
            try fixture.engine.addExport(export)
            (export.state, export.expiresAt) = (.done, Int64.max)
            XCTAssertTrue(try fixture.engine.endExport(export))
        }
        for (id, owner, sha256) in keys {
            let role: Principal.Role = owner == .operators ? .admin : .contract
            _ = try fixture.engine.addKey(NewKey(id: id, secretSHA256: sha256, role: role, expiresAt: id == "old" ? 1 : nil), of: owner)
            try add(id, of: owner == .operators ? .administrator : .contract(ClientID("c1")), by: sha256)
        }
        try add("settings", of: .administrator, by: nil)
        func states(_ engine: Engine) throws -> [Export.State] {
            let ids = ["mine", "old", "theirs", "settings"]
            let each = try ids.map { try engine.export($0, as: .admin).state }
            XCTAssertEqual(try ids.map { try XCTUnwrap(try engine.linkedExport($0)).state }, each)
            let listed = try engine.exports(after: nil, limit: 10, as: .admin)
            XCTAssertEqual(try ids.map { id in try XCTUnwrap(listed.first { $0.id == id }).state }, each)
            return each
        }
        XCTAssertEqual(try states(fixture.engine), [.done, .done, .done, .done])
        try fixture.engine.deleteKey(of: .client("c1"), id: "mine")
        XCTAssertEqual(try states(fixture.engine), [.expired, .done, .done, .done])
        try fixture.engine.deleteKey(of: .operators, id: "theirs")
        XCTAssertEqual(try states(fixture.engine), [.expired, .done, .expired, .done])
        // Whoever looks at a file has not used its key.
        XCTAssertEqual(try fixture.engine.catalog.keys(of: .client("c1"), after: nil, limit: 10).map(\.lastUsedAt), [nil])
        try fixture.engine.close()
        let again = try EngineFixture(folder.path)
        XCTAssertEqual(try states(again.engine), [.expired, .done, .expired, .done])
        XCTAssertEqual(try again.engine.catalog.export("mine")?.keySHA256, keys[0].sha256)
        try again.engine.deleteKey(of: .client("c1"), id: "old")
        XCTAssertEqual(try states(again.engine), [.expired, .expired, .expired, .done])
        try again.engine.close()
    }
}
