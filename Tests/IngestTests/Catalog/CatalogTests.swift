import ColumnStore
import Dispatch
import Foundation
import XCTest

@testable import Documents
@testable import Ingest

/// What is put into the catalog is still there after it was opened anew.
final class CatalogTests: XCTestCase {
    func test_contractsAndKeys_surviveReopening() throws {
        let directory = TemporaryDirectory()
        let data = try DataDirectory(path: directory.path)
        let full = Contract(
            clientID: "АТБ", name: "АТБ-маркет", access: .readWrite, scope: .own, types: ["pos-receipt", "x"], validFrom: 1, validTo: 2,
            ratePerSecond: 2.5, webhook: Contract.Webhook(url: "https://a.example", secret: "s"), callbackHosts: ["a.example", "b.example:8080"])
        let bare = Contract(clientID: "b", access: .read, scope: .all, types: [])
        do {
            let catalog = try Catalog(path: data.catalogPath)
            XCTAssertEqual(try catalog.put(full), .created)
            XCTAssertEqual(try catalog.put(bare), .created)
            XCTAssertEqual(try catalog.put(full), .unchanged)
            _ = try catalog.addKey(NewKey(id: "k1", secretSHA256: [1, 2, 3], label: "till 7", expiresAt: 99), of: .client("АТБ"))
            _ = try catalog.addKey(NewKey(id: "k1", secretSHA256: [4]), of: .client("b"))
            _ = try catalog.addKey(NewKey(id: "k1", secretSHA256: [5], role: .auditor), of: .operators)
            XCTAssertThrowsError(try catalog.addKey(NewKey(id: "k2", secretSHA256: [4]), of: .client("b")))
            XCTAssertNil(try catalog.addKey(NewKey(id: "k3", secretSHA256: [6]), of: .client("nobody")))
            XCTAssertNil(catalog.holder(ofKeySHA256: [6]))
            XCTAssertNotNil(catalog.contract(forKeySHA256: [1, 2, 3]))
            try catalog.flushKeyUses()
        }
        let catalog = try Catalog(path: data.catalogPath)
        XCTAssertEqual(try catalog.contracts(after: nil, limit: 10), [bare, full])
        XCTAssertEqual(catalog.contract(forKeySHA256: [1, 2, 3]), full)
        XCTAssertEqual(try catalog.contracts(after: "b", limit: 10), [full])
        let key = try catalog.keys(of: .client("АТБ"), after: nil, limit: 10).first
        XCTAssertNotNil(key?.lastUsedAt)
        XCTAssertEqual(key?.label, "till 7")
        XCTAssertEqual(key?.expiresAt, 99)
        guard case .operators(.auditor, id: "k1", expiresAt: nil)? = catalog.holder(ofKeySHA256: [5]) else { return XCTFail("no auditor") }
        XCTAssertTrue(try catalog.deleteContract("АТБ"))
        XCTAssertFalse(try catalog.deleteContract("АТБ"))
        XCTAssertNil(catalog.contract(forKeySHA256: [1, 2, 3]))
        XCTAssertEqual(catalog.contract(forKeySHA256: [4]), bare)
        XCTAssertTrue(try catalog.deleteKey(of: .operators, id: "k1"))
        XCTAssertNil(catalog.holder(ofKeySHA256: [5]))
        XCTAssertTrue(try catalog.deleteKey(of: .client("b"), id: "k1"))
        XCTAssertNil(catalog.contract(forKeySHA256: [4]))
        XCTAssertEqual(try Catalog(path: data.catalogPath).contracts(after: nil, limit: 10), [bare])
    }

    /// A secret that stays is the one that is stored when the contract is put: one that was read before, and replaced since, does not come back.
    func test_secretThatStays_isTheStoredOneOfTheURL() throws {
        let directory = TemporaryDirectory()
        let catalog = try Catalog(path: try DataDirectory(path: directory.path).catalogPath)
        func contract(_ secret: String, url: String = "https://a.example") -> Contract {
            Contract(clientID: "c", access: .read, scope: .own, webhook: Contract.Webhook(url: url, secret: secret))
        }
        XCTAssertThrowsError(try catalog.put(contract("leaked"), keepsSecret: true), "none is stored")
        XCTAssertEqual(try catalog.put(contract("leaked")), .created)
        XCTAssertEqual(try catalog.put(contract("rotated")), .replaced)
        XCTAssertEqual(try catalog.put(contract("leaked"), keepsSecret: true), .unchanged)
        XCTAssertEqual(catalog.contract("c")?.webhook?.secret, "rotated")
        XCTAssertEqual(catalog.contract("c")?.webhook?.previousSecret, "leaked", "it counts for a day")
        XCTAssertThrowsError(try catalog.put(contract("rotated", url: "https://b.example"), keepsSecret: true)) {
            XCTAssertEqual(($0 as? Fault)?.code, .invalidContract)
        }
        XCTAssertEqual(catalog.contract("c")?.webhook?.url, "https://a.example")
        XCTAssertEqual(try catalog.put(Contract(clientID: "c", access: .read, scope: .own), keepsSecret: true), .replaced, "no webhook has none")
    }

    /// Of two who make a contract for one client the second is told of the first one's, which stays as it is.
    func test_contractThatMayReplaceNone_isMadeOnlyWhereNoneIs() throws {
        let directory = TemporaryDirectory()
        let catalog = try Catalog(path: try DataDirectory(path: directory.path).catalogPath)
        let first = Contract(clientID: "c", access: .readWrite, scope: .all), second = Contract(clientID: "c", access: .read, scope: .own)
        XCTAssertEqual(try catalog.put(first, mayReplace: false), .created)
        for contract in [second, first] {
            XCTAssertThrowsError(try catalog.put(contract, mayReplace: false)) { XCTAssertEqual(($0 as? Fault)?.code, .alreadyExists) }
        }
        XCTAssertEqual(catalog.contract("c"), first)
        XCTAssertEqual(try catalog.put(second), .replaced)
        XCTAssertTrue(try catalog.deleteContract("c"))
        XCTAssertEqual(try catalog.put(first, mayReplace: false), .created, "one that is deleted is none")
    }

    /// A catalog of every version that there was, with a contract, a key and a refused document, comes through all steps.
    func test_catalogOfEachVersion_isBroughtToThisOne() throws {
        for version in 1...CatalogSchema.migrations.count {
            let directory = TemporaryDirectory()
            let data = try DataDirectory(path: directory.path)
            do {
                let connection = try SQLiteConnection(path: data.catalogPath, mode: .create)
                try connection.execute("PRAGMA journal_mode=WAL")
                for step in CatalogSchema.migrations[..<version] { try connection.execute(step) }
                try connection.execute("""
                    INSERT INTO contracts(client_id, name, access, scope) VALUES('c', 'Shop', 'read-write', 'own');
                    INSERT INTO keys(client_id, id, secret_sha256, created_at) VALUES('c', 'k1', x'0102', 5);
                    INSERT INTO quarantine(ticket, received_at, content_type, sha256, problem, byte_count, document) VALUES(x'07', 1, 't', x'08', '{}', 1, x'09');
                    PRAGMA user_version = \(version);
                    """)
            }
            XCTAssertEqual(try FormatReport.version(data.catalogPath), Int64(version))
            let catalog = try Catalog(path: data.catalogPath)
            XCTAssertEqual(try catalog.version, Int64(CatalogSchema.migrations.count), "from version \(version)")
            XCTAssertEqual(catalog.contract(forKeySHA256: [1, 2])?.name, "Shop", "from version \(version)")
            XCTAssertEqual(try catalog.read { try $0.integer("SELECT count(*) FROM quarantine WHERE document = x'09'") }, 1, "from version \(version)")
            catalog.close()
            XCTAssertNoThrow(try Catalog(readOnlyPath: data.catalogPath), "from version \(version)")
        }
    }

    /// SQLite makes the log's index longer once the log has the commit and is synced: what it then undoes is there for the next one to open the file.
    func test_commitWhoseLogsIndexCouldNotGrow_leavesTheCatalogUnusable() throws {
        let (directory, disk) = (TemporaryDirectory(), FullDisk("catalog.sqlite"))
        SQLiteFileSystem.observe(disk)
        defer { SQLiteFileSystem.observe(nil) }
        let path = try DataDirectory(path: directory.path).catalogPath
        let catalog = try Catalog(path: path)
        try catalog.read { try $0.execute("PRAGMA cache_spill=OFF") }
        // More pages than the first piece of the index has, which are 4,062, and none of them in the log before the commit.
        let large = [UInt8](repeating: 7, count: 18_000_000)
        disk.failNextGrowth()
        XCTAssertThrowsError(try catalog.set("large", large)) { error in
            XCTAssertEqual((error as? SQLiteError).map { SQLiteError.leavesDoubt($0.code) }, true, "\(error)")
        }
        XCTAssertNil(try catalog.bytes("large"), "reads go on")
        XCTAssertThrowsError(try catalog.checkUsable())
        XCTAssertThrowsError(try catalog.set("next", [1])) { XCTAssertEqual(($0 as? Fault)?.code, .diskFull) }
        // As the next process finds it.
        let found = directory.path + "/found.sqlite"
        for suffix in ["", "-wal"] { try FileManager.default.copyItem(atPath: path + suffix, toPath: found + suffix) }
        XCTAssertEqual(try Catalog(path: found).bytes("large")?.count, large.count)
    }

    /// A key that is made while its contract is deleted is gone with it, or was never made: no key is left that nobody can revoke.
    func test_keysMadeBesideADeletion_areNeverLeftOver() throws {
        let directory = TemporaryDirectory()
        let catalog = try Catalog(path: try DataDirectory(path: directory.path).catalogPath)
        for round in 0..<30 {
            let contract = Contract(clientID: "c", access: .read, scope: .own)
            _ = try catalog.put(contract)
            DispatchQueue.concurrentPerform(iterations: 2) { side in
                if side == 0 { _ = try? catalog.deleteContract("c") } else {
                    _ = try? catalog.addKey(NewKey(id: "k\(round)", secretSHA256: [UInt8(round)]), of: .client("c"))
                }
            }
            XCTAssertNil(catalog.holder(ofKeySHA256: [UInt8(round)]), "round \(round)")
            XCTAssertEqual(try catalog.keys(of: .client("c"), after: nil, limit: 10).count, 0)
        }
    }

    func test_keys_comePageByPage_inTheOrderOfTheirMaking() throws {
        let directory = TemporaryDirectory()
        let catalog = try Catalog(path: try DataDirectory(path: directory.path).catalogPath)
        for number in 0..<7 { _ = try catalog.addKey(NewKey(id: "k\(number)", secretSHA256: [UInt8(number)], role: .metrics), of: .operators) }
        var (ids, after): ([String], KeyDescription.Position?) = ([], nil)
        while case let page = try catalog.keys(of: .operators, after: after, limit: 3), let last = page.last {
            ids += page.map(\.id)
            after = last.position
        }
        XCTAssertEqual(ids, (0..<7).map { "k\($0)" })
    }

    func test_hotFileNames_areNeverGivenTwice() throws {
        let directory = TemporaryDirectory()
        let catalog = try Catalog(path: try DataDirectory(path: directory.path).catalogPath)
        XCTAssertEqual(try catalog.addHotFile(day: 7), 1)
        try catalog.setHotFileState(.moved, day: 7, part: 1)
        XCTAssertEqual(try catalog.addHotFile(day: 7), 2)
        XCTAssertEqual(try catalog.addHotFile(day: 8), 1)
    }

    func test_cursorKey_isMadeOnce() throws {
        let directory = TemporaryDirectory()
        let path = try DataDirectory(path: directory.path).catalogPath
        let key = try Catalog(path: path).cursorKey()
        XCTAssertEqual(key.count, 32)
        XCTAssertEqual(try Catalog(path: path).cursorKey(), key)
    }

    func test_dictionaryNumbers_beginAtTwo() throws {
        let directory = TemporaryDirectory()
        let catalog = try Catalog(path: try DataDirectory(path: directory.path).catalogPath)
        XCTAssertEqual(try catalog.addDictionary(type: "a", bytes: [1]), 2)
        XCTAssertEqual(try catalog.addDictionary(type: "b", bytes: [2]), 3)
        XCTAssertEqual(try catalog.dictionaries().map(\.number), [2, 3])
    }

    func test_schemaText_roundTripsEveryType() throws {
        let fields: [Field] = [
            Field("a", .boolean), Field("b", .int32), Field("c", .int64), Field("d", .double), Field("e", .decimal(precision: 38, scale: 9)),
            Field("ї", .string), Field("g", .binary), Field("h", .date), Field("i", .timestampTZ),
            Field("lines", .list(element: Field("element", .structure([Field("x{}", .string), Field("y", .decimal(precision: 1, scale: 0))])))),
            Field("last", .string),
        ]
        XCTAssertEqual(SchemaEncoding.fields(SchemaEncoding.text(fields)), fields)
        XCTAssertEqual(SchemaEncoding.fields(""), [])
        for text in ["a", "a\u{1F}BOOLEAN", "a\u{1F}NOTHING\u{1E}", "a\u{1F}DECIMAL(39,0)\u{1E}", "a\u{1F}LIST{b\u{1F}DATE\u{1E}\u{1E}"] {
            XCTAssertNil(SchemaEncoding.fields(text), text)
        }
    }

    func test_merge_addsColumnsAndMembers_andRefusesOtherTypes() {
        func list(_ members: [Field]) -> ColumnType { .list(element: Field("element", .structure(members))) }
        let table = [Field("a", .string), Field("l", list([Field("x", .string)]))]
        let merged = SchemaEncoding.merged(table, adding: [Field("l", list([Field("y", .date)])), Field("b", .int32)])
        XCTAssertEqual(merged, [Field("a", .string), Field("l", list([Field("x", .string), Field("y", .date)])), Field("b", .int32)])
        XCTAssertNil(SchemaEncoding.merged(table, adding: [Field("a", .date)]))
        XCTAssertNil(SchemaEncoding.merged(table, adding: [Field("l", list([Field("x", .date)]))]))
        XCTAssertNil(SchemaEncoding.merged(table, adding: [Field("l", .string)]))
    }

    /// Lists are kept a name a line: one with a line's end in it would be two names after a start, of which the second was never allowed, and a * by itself would be all.
    func test_contractWhoseNamesWouldBeOthersAfterAStart_isRefused() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        defer { try? fixture.engine.close() }
        func contract(_ change: (inout Contract) -> Void) -> Contract {
            var contract = Contract(clientID: "c3", access: .read, scope: .own)
            change(&contract)
            return contract
        }
        let refused: [(contract: Contract, pointer: String)] = [
            (contract { $0.types = ["a", "b\nc"] }, "/types/1"), (contract { $0.types = ["b\rc"] }, "/types/0"), (contract { $0.types = [""] }, "/types/0"),
            (contract { $0.callbackHosts = ["a.example\nb.example"] }, "/callback_hosts/0"), (contract { $0.uses.queues = .some(["q\nr"]) }, "/uses/queues/0"),
            (contract { $0.uses.topics = .some(["t", "\n"]) }, "/uses/topics/1"), (contract { $0.uses.processes = .some(["p\u{85}"]) }, "/uses/processes/0"),
            (contract { $0.uses.queues = .some(["*"]) }, "/uses/queues/0"), (contract { $0.uses.topics = .some(["*"]) }, "/uses/topics/0"),
            (contract { $0.uses.processes = .some(["*"]) }, "/uses/processes/0"),
        ]
        for (contract, pointer) in refused {
            XCTAssertThrowsError(try fixture.engine.putContract(contract), pointer) { error in
                XCTAssertEqual((error as? Fault)?.code, .invalidContract, "\(error)")
                XCTAssertEqual((error as? Fault)?.errors.map(\.pointer), [pointer])
            }
        }
        XCTAssertNil(try fixture.engine.contract("c3"))
        XCTAssertEqual(try fixture.engine.putContract(contract { $0.types = ["a", "b c"] }), .created)
    }
}

extension Catalog {
    fileprivate func contract(forKeySHA256 hash: [UInt8]) -> Contract? {
        if case .contract(let contract, _)? = holder(ofKeySHA256: hash) { contract } else { nil }
    }
}
