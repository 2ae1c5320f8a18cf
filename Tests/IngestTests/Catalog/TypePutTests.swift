import ColumnStore
import Foundation
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: what a type file says in vain is reported to the caller who puts it; a file that was put before that was a fault stays in force.
final class TypePutTests: XCTestCase {
    private static func type(_ member: String, _ value: String) -> String {
        let others = ["receipt_id": #""/id""#, "issued_at": #""/at""#].filter { $0.key != member }.map { #","\#($0.key)":\#($0.value)"# }.sorted().joined()
        return #"{"name":"idle","version":1,"format":"json","time_zone":"UTC"\#(others),"\#(member)":\#(value)}"#
    }

    /// Each by itself would be a sync of its own, of a dozen and more with every new store.
    func test_builtInTypes_comeToANewStoreTogether_andOnce() throws {
        let directory = TemporaryDirectory()
        let catalog = try Catalog(path: DataDirectory(path: directory.path).catalogPath)
        func generation() throws -> Int64 { try catalog.integer("generation") ?? 0 }
        let before = try generation()
        let types = try TypeStore(catalog: catalog, tables: TableColumns(try catalog.tableColumns()))
        XCTAssertEqual(try generation(), before + 1)
        XCTAssertEqual(Set(types.registry.snapshot.types.map(\.name)), Set(BuiltInTypes.files.map { $0.name }))
        XCTAssertEqual(try catalog.newestTypes().count, BuiltInTypes.files.count)
        // As the start of a store that has them finds them, with the columns of all types of each table.
        let columns = try catalog.tableColumns()
        let again = try TypeStore(catalog: catalog, tables: TableColumns(columns))
        XCTAssertEqual(try generation(), before + 1, "there is nothing to put")
        for type in again.registry.snapshot.types {
            let stored = Set((columns[TableName.stored(type)] ?? []).map(\.name))
            XCTAssertTrue(stored.isSuperset(of: type.layout.fields.map(\.name)), type.name)
        }
    }

    /// What a user's type has made of a table is there for good: a built-in type's next version that does not fit it is left out, said, and asked for again at each start.
    func test_builtInTypes_nextVersionThatDoesNotFitTheTable_isLeftOutUntilItFits() throws {
        let directory = TemporaryDirectory()
        let catalog = try Catalog(path: DataDirectory(path: directory.path).catalogPath)
        func types() throws -> TypeStore { try TypeStore(catalog: catalog, tables: TableColumns(try catalog.tableColumns())) }
        let json = try XCTUnwrap(BuiltInTypes.files.first { $0.name == "arts-poslog" }).json
        let newest = try DocumentType(json: Array(json.utf8)).version
        let former = json.replacingOccurrences(of: "\"version\": \(newest)", with: "\"version\": \(newest - 1)").replacingOccurrences(of: "\"is_return\"", with: "\"was_return\"")
        let own = #"{"name":"own","version":1,"format":"json","match":{"/own":{"exists":true}},"receipt_id":"/id","issued_at":"/at","time_zone":"UTC","columns":{"lines":{"path":"/l","columns":{"is_return":{"path":"/r","type":"VARCHAR"}}}}}"#
        let (earlier, mine) = (try DocumentType(json: Array(former.utf8)), try DocumentType(json: Array(own.utf8)))
        XCTAssertEqual(earlier.version, newest - 1)
        let both = try XCTUnwrap(SchemaEncoding.merged(earlier.layout.fields, adding: mine.layout.fields))
        try catalog.put([
            NewType(name: "arts-poslog", version: earlier.version, json: Array(former.utf8), isBuiltIn: true, table: "receipts", columns: both, place: 1),
            NewType(name: "own", version: 1, json: Array(own.utf8), isBuiltIn: false, table: "receipts", columns: both, place: 2),
        ])
        let notes = Monitor<[String]>([])
        StoreLog.observe { event in if event.what == "a built-in type does not fit its table" { notes.broadcast { $0.append(event.reason) } } }
        defer { StoreLog.observe(nil) }
        for start in 1...2 {
            let opened = try types()
            XCTAssertEqual(opened.registry.snapshot["arts-poslog"]?.version, earlier.version)
            XCTAssertEqual(Set(opened.registry.snapshot.types.map(\.name)), Set(BuiltInTypes.files.map { $0.name } + ["own"]))
            XCTAssertEqual(notes.withLock { $0.count }, start)
        }
        let note = notes.withLock { $0.last } ?? ""
        for word in ["arts-poslog, version \(newest)", "/columns/lines/columns/is_return/type", "VARCHAR in the table receipts", "version \(earlier.version) stays in force"] {
            XCTAssertTrue(note.contains(word), "\(word): \(note)")
        }
        // As where a table without that column was restored.
        try catalog.deleteType(name: "own")
        let fields = earlier.layout.fields
        try catalog.write { try Catalog.setColumns(fields, of: "receipts", $0) }
        XCTAssertEqual(try types().registry.snapshot["arts-poslog"]?.version, newest)
        XCTAssertEqual(notes.withLock { $0.count }, 2)
    }

    /// Whoever has put a version of a built-in type goes on with it, of whatever number.
    func test_builtInTypes_versionsOfUsers_stay() throws {
        for version in [1, 50] {
            let directory = TemporaryDirectory()
            let catalog = try Catalog(path: DataDirectory(path: directory.path).catalogPath)
            let own = Array(#"{"name":"arts-poslog","version":\#(version),"format":"json","match":{"/own":{"exists":true}},"receipt_id":"/id","issued_at":"/at","time_zone":"UTC"}"#.utf8)
            try catalog.put([NewType(name: "arts-poslog", version: version, json: own, isBuiltIn: false, table: "receipts", columns: [], place: 1)])
            let types = try TypeStore(catalog: catalog, tables: TableColumns(try catalog.tableColumns()))
            XCTAssertEqual(types.newestFile(of: "arts-poslog"), own)
            XCTAssertEqual(types.registry.snapshot["arts-poslog"]?.version, version)
        }
    }

    /// What was taken before is not asked for its time: the next start takes it, however slow it is.
    func test_put_expressionsTakeTooLong_isRefused_andAStartTakesWhatIsThere() throws {
        let directory = TemporaryDirectory()
        let catalog = try Catalog(path: DataDirectory(path: directory.path).catalogPath)
        func types(_ seconds: Double) throws -> TypeStore { try TypeStore(catalog: catalog, tables: TableColumns(try catalog.tableColumns()), bindingSeconds: seconds) }
        func file(_ version: Int) -> [UInt8] {
            Array(
                #"{"name":"idle","version":\#(version),"format":"json","receipt_id":"/id","issued_at":"/at","time_zone":"UTC","columns":{"a":{"path":"/a","type":"VARCHAR"}},"rules":[{"name":"one","check":"a = 'x'","message":"m"}]}"#
                    .utf8)
        }
        XCTAssertEqual(try types(3_600).put(name: "idle", json: file(1)), .created)
        let late = try types(-1)
        XCTAssertTrue(late.isKnown("idle"))
        XCTAssertThrowsError(try late.put(name: "idle", json: file(2))) { error in
            XCTAssertEqual((error as? Fault)?.code, .invalidType, "\(error)")
            XCTAssertEqual((error as? Fault)?.errors.map(\.code), ["query-timeout"])
        }
    }

    /// The catalog may have it all the same.
    func test_put_thatMayHaveBeenWritten_staysHidden() throws {
        let directory = TemporaryDirectory()
        let disk = FullDisk("catalog.sqlite-wal")
        SQLiteFileSystem.observe(disk)
        defer { SQLiteFileSystem.observe(nil) }
        let catalog = try Catalog(path: try DataDirectory(path: directory.path).catalogPath)
        let types = try TypeStore(catalog: catalog, tables: TableColumns(try catalog.tableColumns()))
        let column = #""iban":{"path":"/iban","type":"VARCHAR""#
        _ = try types.put(name: "a", json: Self.file("a", 1, column + "}"))
        disk.failNextSync()
        XCTAssertThrowsError(try types.put(name: "a", json: Self.file("a", 2, column + #","sensitive":true}"#)))
        XCTAssertEqual(types.sensitiveColumns.paths(of: "accounts"), ["iban"])
    }

    private static func file(_ name: String, _ version: Int, _ columns: String) -> [UInt8] {
        Array(#"{"name":"\#(name)","version":\#(version),"table":"accounts","format":"json","receipt_id":"/id","issued_at":"/at","time_zone":"UTC","columns":{\#(columns)}}"#.utf8)
    }

    /// What a type that is gone, or has the column no more, took is in its documents still. A start goes through types by their names.
    func test_put_columnBecomesSensitive_documentsOfAllTypesThatHadItAreHidden_afterAStartToo() throws {
        let plain = #""iban":{"path":"/iban","type":"VARCHAR"}"#, closed = #""iban":{"path":"/iban","type":"VARCHAR","sensitive":true}"#, other = #""x":{"path":"/x","type":"VARCHAR"}"#
        for (earlier, later) in [("a", "z"), ("z", "a")] {
            for isDeleted in [false, true] {
                let directory = TemporaryDirectory()
                let path = try DataDirectory(path: directory.path).catalogPath
                let time = Monitor<Int64>(1_000_000)
                // Set back between any two: what was first is told by no clock.
                let catalog = try Catalog(path: path, clock: Clock { time.withLock { $0 -= 1; return $0 } })
                func types() throws -> TypeStore { try TypeStore(catalog: catalog, tables: TableColumns(try catalog.tableColumns())) }
                let store = try types()
                func put(_ name: String, _ version: Int, _ columns: String) throws { _ = try store.put(name: name, json: Self.file(name, version, columns)) }
                try put(earlier, 1, plain)
                try put("m", 1, other)
                if isDeleted { try store.delete(name: earlier) } else { try put(earlier, 2, other) }
                XCTAssertNil(store.sensitiveColumns.openTypes(of: "accounts"))
                XCTAssertNil(store.sensitiveColumns.grewWith)
                let before = store.place
                try put(later, 1, closed)
                for known in [store, try types()].map(\.sensitiveColumns) {
                    XCTAssertEqual(known.paths(of: "accounts"), ["iban"])
                    XCTAssertEqual(known.openTypes(of: "accounts"), ["m"], "\(earlier) \(isDeleted)")
                    XCTAssertTrue(known.isSensitive(type: earlier))
                    XCTAssertGreaterThan(try XCTUnwrap(known.grewWith), before)
                }
                // What is made from now on is behind that.
                XCTAssertEqual(store.sensitiveColumns.grewWith, store.place)
                XCTAssertEqual(try types().sensitiveColumns.grewWith, store.place)
            }
        }
    }

    /// What the catalog does not have the next start does not know.
    func test_put_catalogFails_hidesNothing() throws {
        let directory = TemporaryDirectory()
        let catalog = try Catalog(path: DataDirectory(path: directory.path).catalogPath)
        let types = try TypeStore(catalog: catalog, tables: TableColumns(try catalog.tableColumns()))
        let column = #""iban":{"path":"/iban","type":"VARCHAR""#
        _ = try types.put(name: "a", json: Self.file("a", 1, column + "}"))
        try catalog.write { try $0.execute("CREATE TRIGGER refuse BEFORE INSERT ON types BEGIN SELECT RAISE(ABORT, 'no'); END") }
        XCTAssertThrowsError(try types.put(name: "a", json: Self.file("a", 2, column + #","sensitive":true}"#)))
        XCTAssertTrue(types.sensitiveColumns.isEmpty)
        XCTAssertEqual(types.sensitiveColumns.paths(of: "accounts"), [])
        try catalog.write { try $0.execute("DROP TRIGGER refuse") }
        _ = try types.put(name: "a", json: Self.file("a", 2, column + #","sensitive":true}"#))
        XCTAssertEqual(types.sensitiveColumns.paths(of: "accounts"), ["iban"])
    }

    func test_versions_askForTheirMemory_beforeEachIsRead() throws {
        struct Refusal: Error {}
        let directory = TemporaryDirectory()
        let catalog = try Catalog(path: DataDirectory(path: directory.path).catalogPath)
        let file = [UInt8](repeating: 0x20, count: 1_000)
        try catalog.put((1...3).map { NewType(name: "idle", version: $0, json: file, isBuiltIn: false, table: "idle", columns: [], place: Int64($0)) })
        var asked: [Int] = []
        XCTAssertEqual(try catalog.typeVersions(name: "idle", before: 4, limit: 10) { asked.append($0) }.map(\.version), [3, 2, 1])
        XCTAssertEqual(asked, [2_000, 4_000, 6_000])
        XCTAssertThrowsError(try catalog.typeVersions(name: "idle", before: 4, limit: 10) { if $0 > 2_000 { throw Refusal() } }) { XCTAssertTrue($0 is Refusal) }
    }

    func test_put_optionalBesideFrom_isRefusedWithItsPlace() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { try? fixture.engine.close() }
        for member in ["receipt_id", "issued_at", "business_day", "client_id", "callback_url"] {
            for optional in ["true", "false"] {
                let json = Self.type(member, #"{"from":["/a","/b"],"optional":\#(optional)}"#)
                XCTAssertThrowsError(try fixture.engine.putType(name: "idle", body: Array(json.utf8)), json) { error in
                    let fault = error as? Fault
                    XCTAssertEqual(fault?.code, .invalidType, "\(error)")
                    XCTAssertEqual(fault?.errors.map(\.pointer), ["/\(member)/optional"], "\(error)")
                }
                // As a catalog of an earlier version may have it.
                XCTAssertNoThrow(try DocumentType(json: Array(json.utf8)), json)
            }
        }
        let whole = Self.type("issued_at", #"{"from":["/a",["/day",{"path":"/time","optional":true}]]}"#)
        XCTAssertEqual(try fixture.engine.putType(name: "idle", body: Array(whole.utf8)), .created)
    }

    /// What a path selects as a value has nothing below it: such a test would never hold, and the column be NULL without a word.
    func test_put_whereOnAValue_isRefusedWithItsPlace() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { try? fixture.engine.close() }
        func type(_ column: String) -> [UInt8] { Array(Self.type("columns", #"{"c":\#(column)}"#).utf8) }
        for (column, pointers) in [
            (#"{"sum":"/p/*/a","where":{"/s":"ok","/t":{"exists":false}},"type":"INTEGER"}"#, ["/columns/c/where/~1s"]),
            (#"{"path":"/p/*/a","where":{"/s":["ok"]},"type":"VARCHAR"}"#, ["/columns/c/where/~1s"]),
            (#"{"from":["/p",{"path":"/q","where":{"/s":1}}],"where":{"/t":true},"type":"VARCHAR"}"#, ["/columns/c/where/~1t", "/columns/c/from/1/where/~1s"]),
        ] {
            XCTAssertThrowsError(try fixture.engine.putType(name: "idle", body: type(column)), column) { error in
                XCTAssertEqual((error as? Fault)?.code, .invalidType, "\(error)")
                XCTAssertEqual(Set((error as? Fault)?.errors.map(\.pointer) ?? []), Set(pointers), "\(error)")
            }
            // As a catalog of an earlier version may have it.
            XCTAssertNoThrow(try DocumentType(json: type(column)), column)
        }
        let id = Self.type("receipt_id", #"{"path":"/ids/*","where":{"/kind":"x"}}"#)
        XCTAssertThrowsError(try fixture.engine.putType(name: "idle", body: Array(id.utf8))) { XCTAssertEqual(($0 as? Fault)?.errors.map(\.pointer), ["/receipt_id/where/~1kind"]) }
        XCTAssertEqual(try fixture.engine.putType(name: "idle", body: type(#"{"path":"/p/*","where":{"/s":"ok","":{"exists":true}},"sum":"/a","type":"INTEGER"}"#)), .created)
        XCTAssertThrowsError(try fixture.engine.putType(name: "idle", body: type(#"{"sum":"/p/*","where":{"/s":"ok"},"value":"/a","type":"INTEGER"}"#))) { error in
            XCTAssertTrue((error as? Fault)?.errors.contains { $0.pointer == "/columns/c/value" && $0.message.contains(#"{"path", "where", "sum"}"#) } ?? false, "\(error)")
        }
    }

    /// In both directions: a document of the one kind is named with its day, one of the other without, and no answer to a repeat would be right of both.
    func test_put_versionWithATableOfAnotherKind_isRefused_afterADeletionToo() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { try? fixture.engine.close() }
        func put(_ name: String, _ version: Int, _ table: String, _ more: String) throws -> PutOutcome {
            let json = #"{"name":"\#(name)","version":\#(version),"table":"\#(table)","format":"json","receipt_id":"/id","issued_at":"/at","time_zone":"UTC"\#(more)}"#
            return try fixture.engine.putType(name: name, body: Array(json.utf8))
        }
        let replaces = #","on_repeat":"replace""#
        for (name, own, other) in [("staying", "", replaces), ("changing", replaces, "")] {
            XCTAssertEqual(try put(name, 1, "\(name)_a", own), .created)
            for isDeleted in [false, true] {
                if isDeleted { try fixture.engine.deleteType(name: name) }
                XCTAssertThrowsError(try put(name, 2, "\(name)_b", other), name) { error in
                    let fault = error as? Fault
                    XCTAssertEqual(fault?.code, .invalidType, "\(error)")
                    XCTAssertEqual(fault?.errors.map(\.pointer), ["/on_repeat"], "\(error)")
                    XCTAssertEqual(fault?.errors.map(\.code), ["column-conflict"], "\(error)")
                }
            }
            // Another table of the same kind is none.
            XCTAssertEqual(try put(name, 2, "\(name)_b", own), .created)
            XCTAssertEqual(try put(name, 3, "\(name)_c", own), .replaced)
        }
    }

    private static func sale(_ change: (inout [String: Any]) -> Void) throws -> [UInt8] {
        var file: [String: Any] = [
            "name": "ev", "version": 1, "table": "receipts", "format": "json", "match": ["/schema": "ev/1"], "receipt_id": "/id", "issued_at": "/at",
            "time_zone": "UTC", "columns": ["total": ["path": "/t", "type": "DECIMAL(18,4)"]],
        ]
        change(&file)
        return [UInt8](try JSONSerialization.data(withJSONObject: file))
    }

    /// What does not follow from another fault is reported beside it.
    func test_put_faultsOfSeveralKinds_areToldAtOnce() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { try? fixture.engine.close() }
        let text = ["total": ["path": "/t", "type": "VARCHAR"]]
        let rules = [["name": "r", "check": "nope > 1", "message": "m"]]
        let cases: [([String: Any], Set<String>)] = [
            (["time_zone": "Mars/X", "rules": rules, "register": [["nobody"]]], ["/time_zone", "/rules/0/check", "/register/0/0"]),
            (["register": [["nobody"]], "columns": text], ["/register/0/0", "/columns/total/type"]),
            (["rules": rules, "columns": text], ["/rules/0/check", "/columns/total/type"]),
            (["match": 1, "register": [["nobody"]], "columns": text], ["/match", "/register/0/0", "/columns/total/type"]),
            (["schema": ["type": "nope", "pattern": "("]], ["/schema/type", "/schema/pattern"]),
            (["version": 7, "columns": text], ["/version", "/columns/total/type"]),
            (["columns": ["total": ["path": "/t", "type": "NOPE"]], "register": [["nobody"]]], ["/columns/total/type", "/register/0/0"]),
        ]
        for (members, pointers) in cases {
            let json = try Self.sale { $0.merge(members) { _, new in new } }
            XCTAssertThrowsError(try fixture.engine.putType(name: "ev", body: json), "\(members)") { error in
                let fault = error as? Fault
                XCTAssertEqual(fault?.code, .invalidType, "\(error)")
                XCTAssertEqual(Set(fault?.errors.map(\.pointer) ?? []), pointers, "\(error)")
                XCTAssertEqual(fault?.errors.count, pointers.count, "\(error)")
            }
        }
        XCTAssertThrowsError(try fixture.engine.putType(name: "ev", body: try Self.sale { $0["version"] = 7 })) { XCTAssertEqual(($0 as? Fault)?.code, .versionConflict) }
        XCTAssertEqual(try fixture.engine.putType(name: "ev", body: try Self.sale { _ in }), .created)
    }
}
