@testable import Ingest
import Synchronization
import TestSupport
import XCTest

/// Goal: what a connection commits, and only that, is captured, and makes the same file again. Method: random statements with savepoints, failing ones and
/// transactions that are undone; the commits that were captured are folded into an empty file, from any place on.
final class CommitCaptureTests: XCTestCase {
    private final class Sink: CommitSink {
        struct State {
            var next: Int64 = 1
            var open: [Int64: [UInt8]] = [:]
            var commits: [[UInt8]] = []
            var losses: [String] = []
            var doubts: [String] = []
            var byteCountMax = Int.max
        }
        let state = Mutex(State())

        var byteCountMax: Int { state.withLock { $0.byteCountMax } }
        func name(of path: String) -> String? { path.hasSuffix("/ignored.sqlite") ? nil : "file" }
        func prepare(_ file: String, _ changes: UnsafeRawBufferPointer) -> Int64 {
            state.withLock { state in
                state.open[state.next] = Array(changes)
                defer { state.next += 1 }
                return state.next
            }
        }
        func resolve(_ number: Int64, isCommitted: Bool) {
            state.withLock { state in
                let changes = state.open.removeValue(forKey: number)
                if isCommitted, let changes { state.commits.append(changes) }
            }
        }
        func doubt(_ file: String) { state.withLock { $0.doubts.append(file) } }
        func lose(_ file: String, reason: String) { state.withLock { $0.losses.append(reason) } }
    }

    private static let schema = """
        CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;
        CREATE TABLE pairs(a TEXT NOT NULL, b INTEGER NOT NULL, c REAL, d BLOB, PRIMARY KEY(b, a)) WITHOUT ROWID;
        CREATE TABLE rows(id INTEGER PRIMARY KEY, u TEXT UNIQUE, x, y BLOB);
        CREATE TABLE bare(x, y);
        CREATE TABLE counted(id INTEGER PRIMARY KEY AUTOINCREMENT, x);
        """

    private let folder = TemporaryDirectory()

    override func setUpWithError() throws { try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true) }

    /// A random statement; some of them fail.
    private func statement(_ random: inout SplitMix64) -> String {
        func number(_ range: Range<Int>) -> Int { Int.random(in: range, using: &random) }
        func value() -> String {
            ["NULL", "\(number(-5..<300))", "\(number(0..<9)).5", "'t\(number(0..<9))'", "x'\(String(number(16..<255), radix: 16))00ff'", "''", "x''", "1e300", "9223372036854775807"][number(0..<9)]
        }
        switch number(0..<16) {
        case 0: return "INSERT OR REPLACE INTO meta VALUES('k\(number(0..<6))', \(value()))"
        case 1: return "INSERT INTO pairs VALUES('a\(number(0..<3))', \(number(0..<4)), \(number(0..<9)), \(value()))"
        case 2: return "UPDATE pairs SET b = b + \(number(0..<2)), c = \(number(0..<9)) WHERE a = 'a\(number(0..<3))'"
        case 3: return "DELETE FROM pairs WHERE b = \(number(0..<5))"
        case 4: return "INSERT OR REPLACE INTO rows(id, u, x) VALUES(\(number(0..<20)), 'u\(number(0..<9))', \(value()))"
        case 5: return "INSERT INTO rows(u, x) VALUES('u\(number(0..<9))', \(value())) ON CONFLICT(u) DO UPDATE SET x = excluded.x"
        case 6: return "UPDATE rows SET x = \(value()), y = \(value()) WHERE id % 3 = \(number(0..<3))"
        case 7: return "UPDATE rows SET id = id + \(number(1..<40)) WHERE id = \(number(0..<20))"
        // Fails at its second row, or does all.
        case 8: return "INSERT INTO rows(id, u) VALUES(\(number(100..<110)), NULL), (\(number(100..<110)), 'u1')"
        case 9: return "DELETE FROM rows WHERE x IS \(value())"
        case 10: return "INSERT INTO bare VALUES(\(value()), \(value()))"
        case 11: return "UPDATE bare SET x = \(value()) WHERE rowid % 2 = \(number(0..<2))"
        case 12: return "DELETE FROM bare WHERE rowid = \(number(0..<20))"
        case 13: return "INSERT INTO counted(x) VALUES(\(value()))"
        case 14: return ["DELETE FROM counted", "DELETE FROM bare", "DELETE FROM counted WHERE id > 3"][number(0..<3)]
        default: return "UPDATE OR REPLACE rows SET u = 'u\(number(0..<9))' WHERE id = \(number(0..<20))"
        }
    }

    private func runTransaction(_ connection: SQLiteConnection, _ random: inout SplitMix64) throws {
        try connection.execute("BEGIN IMMEDIATE")
        for _ in 0..<Int.random(in: 0...6, using: &random) {
            let text = statement(&random)
            switch Int.random(in: 0...5, using: &random) {
            case 0:
                try connection.execute("SAVEPOINT part")
                _ = try? connection.execute(text)
                _ = try? connection.statement(statement(&random)).run()
                try connection.execute(Bool.random(using: &random) ? "ROLLBACK TO part; RELEASE part" : "RELEASE part")
            case 1: _ = try? connection.execute(text)
            default: _ = try? connection.statement(text).run()
            }
        }
        if Int.random(in: 0...3, using: &random) == 0 { connection.rollback() } else { try connection.statement("COMMIT").run() }
    }

    private func fold(_ commits: [[UInt8]], from base: String? = nil) throws -> SQLiteConnection {
        let path = folder.path + "/fold-\(UInt64.random(in: 0...UInt64.max))/ignored.sqlite"
        try FileManager.default.createDirectory(atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        if let base { try FileManager.default.copyItem(atPath: base, toPath: path) }
        let connection = try SQLiteConnection(path: path, mode: .create)
        for commit in commits {
            var reader = ChangeReader(commit[...])
            while let change = try reader.next() {
                switch change {
                case .schema(let sql, _, _): try connection.execute(sql)
                case .insert(let table, let row, let values): try TableShape(table.name, connection).insert(row, values, connection)
                case .update(let table, let key, let columns): try TableShape(table.name, connection).update(key, columns, connection)
                case .delete(let table, let key): try TableShape(table.name, connection).delete(key, connection)
                }
            }
        }
        return connection
    }

    private static let tables = ["meta", "pairs", "rows", "bare", "counted"]

    /// What the next one to open the file finds nobody knows.
    func test_commitWhoseSyncFailed_isTold() throws {
        let (sink, disk, root) = (Sink(), FullDisk("a.sqlite"), folder.path + "/doubt")
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        CommitSinks.add(sink, root: root)
        defer { CommitSinks.remove(root: root) }
        SQLiteFileSystem.observe(disk)
        defer { SQLiteFileSystem.observe(nil) }
        let connection = try SQLiteConnection(path: root + "/a.sqlite", mode: .create)
        try connection.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL")
        try connection.transaction { try connection.execute(Self.schema) }
        try connection.execute("INSERT INTO bare VALUES(1, 2)")
        let count = sink.state.withLock { $0.commits.count }
        // Of one that was not written nothing is found.
        disk.isFull = true
        XCTAssertThrowsError(try connection.execute("INSERT INTO bare VALUES(2, 3)"))
        disk.isFull = false
        XCTAssertGreaterThan(disk.refusedCount, 0)
        XCTAssertEqual(sink.state.withLock { $0.doubts }, [])
        disk.failNextSync()
        XCTAssertThrowsError(try connection.execute("INSERT INTO bare VALUES(3, 4)"))
        let state = sink.state.withLock { $0 }
        XCTAssertEqual(state.doubts, ["file"])
        XCTAssertEqual([state.commits.count, state.open.count], [count, 0])
    }

    /// SQLite makes the index of a log longer once the log has the commit and is synced: whoever opens the file next finds it, though it was refused.
    func test_commitWhoseLogsIndexCouldNotGrow_isTold() throws {
        let (sink, disk, root) = (Sink(), FullDisk("a.sqlite"), folder.path + "/index")
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        CommitSinks.add(sink, root: root)
        defer { CommitSinks.remove(root: root) }
        SQLiteFileSystem.observe(disk)
        defer { SQLiteFileSystem.observe(nil) }
        let connection = try SQLiteConnection(path: root + "/a.sqlite", mode: .create)
        // Small pages, of which 4,062 are the index's first piece, and none of them in the log before the commit.
        try connection.execute("PRAGMA page_size=512; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA cache_spill=OFF")
        try connection.transaction { try connection.execute(Self.schema) }
        let count = sink.state.withLock { $0.commits.count }
        disk.failNextGrowth()
        XCTAssertThrowsError(try connection.execute("INSERT INTO bare VALUES(1, zeroblob(2500000))"))
        let state = sink.state.withLock { $0 }
        XCTAssertEqual(state.doubts, ["file"])
        XCTAssertEqual([state.commits.count, state.open.count], [count, 0])
        XCTAssertEqual(try connection.integer("SELECT count(*) FROM bare"), 0)
        // As the next process finds it.
        for suffix in ["", "-wal"] { try FileManager.default.copyItem(atPath: root + "/a.sqlite" + suffix, toPath: folder.path + "/found.sqlite" + suffix) }
        XCTAssertEqual(try SQLiteConnection(path: folder.path + "/found.sqlite", mode: .readWrite).integer("SELECT count(*) FROM bare"), 1)
    }

    /// Codes of sqlite3.h: a sync, a directory's, and the log's index that is opened, made longer or mapped behind the sync; not a write, a full disk, a lock or a damaged page.
    func test_codesOfACommitThatMayBeThere_areThoseBehindItsLastWrite() {
        func extended(_ number: Int32) -> Int32 { 10 | number << 8 }
        for number in [4, 5, 18, 19, 21] as [Int32] { XCTAssertTrue(SQLiteError.leavesDoubt(extended(number)), "\(number)") }
        for code in [0, 5, 10, 11, 13, extended(3), extended(20), extended(32)] { XCTAssertFalse(SQLiteError.leavesDoubt(code), "\(code)") }
    }

    /// One decision for all who write: of a sync whatever failed with it, of the log's index the commit alone.
    func test_doubt_isOfTheCommit() {
        func error(_ number: Int32, _ sql: String?) -> SQLiteError { SQLiteError(code: 10 | number << 8, message: "", path: "", sql: sql) }
        for number in [4, 5] as [Int32] { for sql in ["COMMIT", "PRAGMA wal_checkpoint", nil] { XCTAssertTrue(error(number, sql).leavesDoubt, "\(number) \(sql ?? "")") } }
        for number in [18, 19, 21] as [Int32] {
            XCTAssertTrue(error(number, "COMMIT").leavesDoubt, "\(number)")
            for sql in ["BEGIN IMMEDIATE", "SELECT 1", nil] { XCTAssertFalse(error(number, sql).leavesDoubt, "\(number) \(sql ?? "")") }
        }
        XCTAssertFalse(error(3, "COMMIT").leavesDoubt)
    }

    /// In one call, each a commit of its own: the second one's rows came while the first one's were still at hand, and went with them.
    func test_statementsThatAreRunTogether_areACommitEach() throws {
        let sink = Sink()
        CommitSinks.add(sink, root: folder.path)
        defer { CommitSinks.remove(root: folder.path) }
        let connection = try SQLiteConnection(path: folder.path + "/a.sqlite", mode: .create)
        try connection.execute(Self.schema)
        try connection.execute("INSERT INTO rows(id, x) VALUES(1, 2); UPDATE rows SET x = 3; DELETE FROM bare; INSERT INTO bare VALUES(4, 5)")
        // A transaction among them, and one whose end is another call's.
        try connection.execute("INSERT INTO bare VALUES(6, 7); BEGIN; INSERT INTO bare VALUES(8, 9); DELETE FROM rows")
        try connection.execute("COMMIT")
        let state = sink.state.withLock { $0 }
        XCTAssertEqual(state.open.count, 0)
        XCTAssertEqual(state.losses, [])
        XCTAssertEqual(state.commits.count, 6, "the schema's, three, one, and the transaction's")
        let whole = try fold(state.commits)
        for table in Self.tables { XCTAssertNil(try TableComparison(table, connection, whole).difference(), table) }
    }

    /// One that fails says nothing of those before it, which have been done.
    func test_statementsBeforeOneThatFails_inOneCall_areTold() throws {
        let sink = Sink()
        CommitSinks.add(sink, root: folder.path)
        defer { CommitSinks.remove(root: folder.path) }
        let connection = try SQLiteConnection(path: folder.path + "/a.sqlite", mode: .create)
        try connection.execute(Self.schema)
        // One that cannot be read, one that breaks what its rows must be, and both in a transaction that goes on.
        for failing in ["INSERT INTO nowhere VALUES(1)", "INSERT INTO rows(id, u) VALUES(7, 'seven'), (8, 'seven')"] {
            let count = sink.state.withLock { $0.commits.count }
            XCTAssertThrowsError(try connection.execute("INSERT INTO bare VALUES(1, 2); \(failing)"))
            XCTAssertEqual(sink.state.withLock { $0.commits.count }, count + 1, failing)
            try connection.execute("BEGIN IMMEDIATE")
            XCTAssertThrowsError(try connection.execute("INSERT INTO bare VALUES(3, 4); \(failing)"))
            try connection.execute("COMMIT")
            XCTAssertEqual(sink.state.withLock { $0.commits.count }, count + 2, failing)
        }
        let state = sink.state.withLock { $0 }
        XCTAssertEqual(state.open.count, 0)
        XCTAssertEqual(try connection.integer("SELECT count(*) FROM bare"), 4)
        XCTAssertEqual(try connection.integer("SELECT count(*) FROM rows"), 0)
        let whole = try fold(state.commits)
        for table in Self.tables { XCTAssertNil(try TableComparison(table, connection, whole).difference(), table) }
    }

    func test_randomTransactions_foldedAgain_areTheFile_fromAnyPlaceOn() throws {
        for seed in UInt64(1)...20 {
            var random = SplitMix64(state: seed)
            let sink = Sink()
            let root = folder.path + "/s\(seed)"
            try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
            CommitSinks.add(sink, root: root)
            defer { CommitSinks.remove(root: root) }
            let connection = try SQLiteConnection(path: root + "/a.sqlite", mode: .create)
            try connection.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF")
            try connection.transaction {
                try connection.execute(Self.schema)
                try connection.execute("PRAGMA user_version = 3")
            }
            var copies: [(path: String, position: Int)] = []
            for step in 0..<40 {
                if step % 10 == 5 {
                    let path = root + "/copy\(step)"
                    try connection.copy(to: path)
                    copies.append((path, sink.state.withLock { $0.commits.count }))
                }
                try runTransaction(connection, &random)
                if Bool.random(using: &random) { _ = try? connection.execute(statement(&random)) }
            }
            let state = sink.state.withLock { $0 }
            XCTAssertEqual(state.losses, [], "seed \(seed)")
            XCTAssertEqual(state.open.count, 0, "seed \(seed)")
            let whole = try fold(state.commits)
            for table in Self.tables { XCTAssertNil(try TableComparison(table, connection, whole).difference(), "seed \(seed), \(table)") }
            // A fold that begins earlier than its copy was made ends as the file is.
            for (path, position) in copies {
                let first = max(1, position - Int.random(in: 0...5, using: &random))
                let late = try fold(Array(state.commits[first...]), from: path)
                for table in Self.tables { XCTAssertNil(try TableComparison(table, connection, late).difference(), "seed \(seed), \(table), from \(first) over \(position)") }
            }
        }
    }

    func test_commitThatNoRecordHolds_isUndone_andTheNextOneIsNot() throws {
        let sink = Sink()
        CommitSinks.add(sink, root: folder.path)
        defer { CommitSinks.remove(root: folder.path) }
        let connection = try SQLiteConnection(path: folder.path + "/a.sqlite", mode: .create)
        try connection.execute(Self.schema)
        sink.state.withLock { ($0.byteCountMax, $0.commits) = (1_000, []) }
        let large = "INSERT INTO rows(id, y) VALUES(1, randomblob(2000))"
        func isRefused(_ body: () throws -> Void) {
            XCTAssertThrowsError(try body()) { error in
                XCTAssertEqual((error as? SQLiteError)?.kind, .other, "\(error)")
                XCTAssertTrue("\(error)".contains("more than a record of the log can hold"), "\(error)")
            }
            XCTAssertEqual(try? connection.integer("SELECT count(*) FROM rows"), 0)
        }
        isRefused { try connection.execute(large) }
        isRefused { try connection.transaction { try connection.execute(large) } }
        isRefused { try connection.statement(large).run() }
        XCTAssertEqual(sink.state.withLock { $0.commits.count + $0.open.count }, 0)
        try connection.execute("INSERT INTO rows(id, y) VALUES(2, randomblob(100))")
        XCTAssertEqual(sink.state.withLock { $0.commits.count }, 1)
        XCTAssertEqual(sink.state.withLock { $0.losses }, [])
        XCTAssertEqual(try connection.integer("SELECT count(*) FROM rows"), 1)
    }

    func test_changes_thatAreDamaged_areRefused_withoutATrap() throws {
        let sink = Sink()
        CommitSinks.add(sink, root: folder.path)
        defer { CommitSinks.remove(root: folder.path) }
        let connection = try SQLiteConnection(path: folder.path + "/a.sqlite", mode: .create)
        try connection.execute(Self.schema)
        try connection.execute("INSERT INTO rows VALUES(1, 'u', 2.5, x'00ff')")
        try connection.execute("UPDATE rows SET x = 'text' WHERE id = 1")
        try connection.execute("INSERT INTO pairs VALUES('a', 1, 2, NULL)")
        try connection.execute("DELETE FROM pairs")
        for commit in sink.state.withLock({ $0.commits }) {
            for count in commit.indices {
                var reader = ChangeReader(commit[..<count])
                do { while try reader.next() != nil {} } catch {}
            }
            for index in commit.indices {
                for bit in 0..<8 {
                    var bytes = commit
                    bytes[index] ^= 1 << bit
                    var reader = ChangeReader(bytes[...])
                    do { while try reader.next() != nil {} } catch {}
                }
            }
        }
    }

    func test_isMade_tellsACommitFromOneThatWasNot() throws {
        let sink = Sink()
        CommitSinks.add(sink, root: folder.path)
        defer { CommitSinks.remove(root: folder.path) }
        let path = folder.path + "/a.sqlite"
        let connection = try SQLiteConnection(path: path, mode: .create)
        try connection.execute(Self.schema)
        for sql in ["INSERT INTO rows VALUES(1, 'u', 2.5, NULL)", "UPDATE rows SET x = 3 WHERE id = 1", "DELETE FROM rows", "INSERT INTO pairs VALUES('a', 1, 2, NULL)"] {
            let before = folder.path + "/before-\(sql.count)-\(sql.prefix(3))"
            try connection.copy(to: before)
            try connection.execute(sql)
            let last = try XCTUnwrap(sink.state.withLock { $0.commits.last })
            XCTAssertTrue(try ChangeCheck.isMade(last[...], in: path), sql)
            XCTAssertFalse(try ChangeCheck.isMade(last[...], in: before), sql)
        }
        XCTAssertTrue(try ChangeCheck.isMade([], in: folder.path + "/gone"))
    }

    /// Killed as a hot file that nobody took was discarded, and made anew under its name: what the log has of the one before came to be, and is not to be withdrawn.
    func test_isMade_whereTheFileIsNew_isAboutTheOneBefore() throws {
        let sink = Sink()
        CommitSinks.add(sink, root: folder.path)
        defer { CommitSinks.remove(root: folder.path) }
        let connection = try SQLiteConnection(path: folder.path + "/a.sqlite", mode: .create)
        try connection.execute(Self.schema + "PRAGMA user_version = 1;")
        try connection.execute("INSERT INTO meta VALUES('store', 'one')")
        let commits = sink.state.withLock { $0.commits }
        XCTAssertEqual(commits.count, 2)
        let (empty, bare) = (folder.path + "/empty.sqlite", folder.path + "/bare.sqlite")
        XCTAssertTrue(FileManager.default.createFile(atPath: empty, contents: nil))
        try SQLiteConnection(path: bare, mode: .create).execute("PRAGMA journal_mode=WAL")
        for path in [empty, bare] {
            XCTAssertTrue(try ChangeCheck.isMade(commits[1][...], in: path), path)
            // What would have brought the tables did not.
            XCTAssertFalse(try ChangeCheck.isMade(commits[0][...], in: path), path)
        }
    }
}
