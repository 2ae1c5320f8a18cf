import Foundation
import TestSupport
import XCTest

/// Goal: whatever becomes of a store's directory, nothing in it is lost or shown to others. Method: the real binary, as an operator has it: moved,
/// without its catalog, with a wide umask; the directory is looked at as a listing of names, modes and bytes.
final class StoreDirectoryTests: XCTestCase {
    /// Path, mode and content of everything in a store, but for its lock and the memory that SQLite's readers share.
    private func listing(_ data: URL) throws -> [String] {
        let names = try FileManager.default.subpathsOfDirectory(atPath: data.path).filter { !$0.hasSuffix("LOCK") && !$0.hasSuffix("-shm") }
        return try names.sorted().map { name in
            let file = data.appendingPathComponent(name)
            let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
            let isFolder = attributes[.type] as? FileAttributeType == .typeDirectory
            return "\(name) \(String(attributes[.posixPermissions] as? Int ?? 0, radix: 8)) \(isFolder ? 0 : try Data(contentsOf: file).hashValue)"
        }
    }

    private func modes(_ data: URL) throws -> Set<String> {
        let all = [data] + (try FileManager.default.subpathsOfDirectory(atPath: data.path).map { data.appendingPathComponent($0) })
        return Set(all.compactMap { file in
            // What SQLite makes beside its files goes while a server runs.
            guard FileManager.default.fileExists(atPath: file.path), let attributes = try? FileManager.default.attributesOfItem(atPath: file.path) else { return nil }
            let isFolder = attributes[.type] as? FileAttributeType == .typeDirectory
            return (isFolder ? "folder " : "file ") + String(attributes[.posixPermissions] as? Int ?? 0, radix: 8)
        })
    }

    func test_store_isItsUsersAlone_andAnswersWhereItIsMovedTo() throws {
        let earlier = umask(0)
        defer { umask(earlier) }
        let server = try TillServer()
        defer { server.remove() }
        _ = try server.key("shop")
        XCTAssertEqual(try server.client().post("/v1/receipts?client=shop", Receipts.pos("R-1")).status, 201)
        XCTAssertEqual(try server.client().post("/v1/admin/compact", "{}").status, 200)
        XCTAssertEqual(try server.client().post("/v1/receipts?client=shop", Receipts.pos("R-2")).status, 201)
        XCTAssertEqual(try modes(server.data), ["folder 700", "file 600"], "beside a running server")
        let backup = server.data.deletingLastPathComponent().appendingPathComponent("copy")
        XCTAssertEqual(try TillRun(["backup", backup.path, "--data", server.data.path]).status, 0)
        XCTAssertEqual(try modes(backup), ["folder 700", "file 600"], "a backup holds documents and keys too")
        XCTAssertEqual(server.stop(), 0)
        let moved = server.data.deletingLastPathComponent().appendingPathComponent("elsewhere")
        try FileManager.default.moveItem(at: server.data, to: moved)
        let place = ["--data", moved.path]
        XCTAssertEqual(try TillRun(["sql", "--format", "csv", "SELECT receipt_id FROM receipts ORDER BY 1"] + place).text, "receipt_id\r\nR-1\r\nR-2\r\n")
        XCTAssertTrue(try TillRun(["contract", "list"] + place).text.contains("(1 row)"))
        XCTAssertTrue(try TillRun(["compact"] + place).text.hasPrefix("files moved: 1, rows moved: 1, files left: 0"))
        XCTAssertEqual(try TillRun(["verify"] + place).status, 0)
        XCTAssertEqual(try modes(moved), ["folder 700", "file 600"])
        // Back again, and served.
        try FileManager.default.moveItem(at: moved, to: server.data)
        try server.start()
        XCTAssertEqual(try server.client().get("/readyz").status, 200)
        XCTAssertEqual(try server.client().get("/v1/receipts/R-2?client=shop").status, 200)
        for says in [#""event":"opened the store""#, "1 cold tables"] { XCTAssertTrue(Patience.until { server.logText.contains(says) }, server.logText) }
    }

    /// All files with their bytes, the lock and SQLite's among them.
    private func whole(_ data: URL) throws -> [String: Data] {
        let files = try FileManager.default.subpathsOfDirectory(atPath: data.path).map { ($0, (try? Data(contentsOf: data.appendingPathComponent($0))) ?? Data()) }
        return Dictionary(uniqueKeysWithValues: files)
    }

    func test_readers_standBesideEachOther_changeNothing_andWhoeverWritesIsToldOfThem() throws {
        let server = try TillServer()
        defer { server.remove() }
        _ = try server.key("shop")
        XCTAssertEqual(try server.client().post("/v1/receipts?client=shop", Receipts.pos("R-1")).status, 201)
        XCTAssertEqual(try server.client().post("/v1/admin/compact", "{}").status, 200)
        XCTAssertEqual(try server.client().post("/v1/receipts?client=shop", Receipts.pos("R-2")).status, 201)
        XCTAssertEqual(server.stop(), 0)
        let place = ["--data", server.data.path]
        let script = server.data.deletingLastPathComponent().appendingPathComponent("first.sql")
        try Data("SELECT receipt_id FROM receipts ORDER BY 1;".utf8).write(to: script)
        let before = try whole(server.data)
        let reader = Process(), input = Pipe(), output = Pipe()
        reader.executableURL = TillServer.binary
        reader.arguments = ["sql", "--format", "csv", "--file", script.path, "--file", "-"] + place
        reader.environment = TillServer.environment(data: server.data.path)
        (reader.standardInput, reader.standardOutput) = (input, output)
        try reader.run()
        defer { if reader.isRunning { reader.terminate() } }
        // It has the store, and waits for more statements.
        XCTAssertTrue(String(decoding: output.fileHandleForReading.availableData, as: UTF8.self).hasPrefix("receipt_id"))
        let other = try TillRun(["sql", "--format", "csv", "SELECT receipt_id FROM receipts ORDER BY 1"] + place)
        XCTAssertEqual(other.text, "receipt_id\r\nR-1\r\nR-2\r\n", other.error)
        let answer = server.data.deletingLastPathComponent().appendingPathComponent("answer.csv")
        for (command, says) in [
            (["verify"], "no fault"), (["contract", "list"], "shop"), (["contract", "show", "shop"], "read-write"), (["key", "list", "shop"], "contract"), (["type", "list"], "pos-receipt"),
            (["type", "show", "pos-receipt"], "pos-receipt"), (["ticket", "list"], "R-2"), (["quarantine", "list"], "(0 rows)"), (["dead-letter", "list"], "(0 rows)"), (["audit", "list"], "putContract"),
            (["upload", "list"], "(0 rows)"), (["export", "--format", "csv", "--out", answer.path, "SELECT receipt_id FROM receipts ORDER BY 1"], "2 rows in"),
            (["export", "--format", "xlsx", "--out", answer.path + ".xlsx", "SELECT receipt_id FROM receipts"], "2 rows in"),
        ] {
            let run = try TillRun(command + place)
            XCTAssertEqual(run.status, 0, "\(command): \(run.error)")
            XCTAssertTrue(run.text.contains(says), "\(command): \(run.text)")
        }
        XCTAssertEqual(try String(contentsOf: answer, encoding: .utf8), "receipt_id\r\nR-1\r\nR-2\r\n")
        for command in [["serve", "--listen", "127.0.0.1:0"], ["compact"], ["contract", "put", "a", "--access", "read", "--scope", "own"], ["contract", "delete", "shop"]] {
            let run = try TillRun(command + place)
            XCTAssertEqual(run.status, 1, "\(command): \(run.text)")
            for says in ["\(server.data.path) is being read by", "--url"] { XCTAssertTrue(run.error.contains(says), "\(command): \(run.error)") }
        }
        try input.fileHandleForWriting.close()
        reader.waitForEnd()
        XCTAssertEqual(reader.terminationStatus, 0)
        XCTAssertEqual(try whole(server.data), before)
        try server.start()
        XCTAssertEqual(try server.client().get("/v1/receipts/R-2?client=shop").status, 200)
    }

    /// A message in each state, an event that cannot be delivered, an execution that has ended.
    ///
    /// - Returns: commands that list it.
    private func fill(_ admin: HTTPClient) throws -> [[String]] {
        XCTAssertEqual(try admin.put("/v1/queues/jobs", #"{"lock":"30s"}"#).status, 201)
        XCTAssertEqual(try admin.post("/v1/queues/jobs/messages", #"{"messages":[{"id":"a","body":1},{"id":"b","body":2}]}"#).status, 200)
        let taken = try admin.post("/v1/queues/jobs/receive", #"{"max":1}"#).text
        let token = try XCTUnwrap(taken.firstMatch(of: #/"lock_token":"([^"]+)"/#), taken).1
        XCTAssertEqual(try admin.post("/v1/queues/jobs/messages/a/dead-letter", #"{"lock_token":"\#(token)","reason":"torn"}"#).status, 204)
        XCTAssertEqual(try admin.put("/v1/topics/news", "").status, 201)
        XCTAssertEqual(try admin.put("/v1/topics/news/subscriptions/lost", #"{"target":{"queue":"nowhere"}}"#).status, 201)
        XCTAssertEqual(try admin.post("/v1/events?topic=news", #"{"specversion":"1.0","id":"e1","type":"a","data":null}"#).status, 202)
        XCTAssertEqual(try admin.put("/v1/views/totals", #"{"query":"SELECT count(*) AS n FROM receipts"}"#).status, 201)
        XCTAssertEqual(try admin.put("/v1/processes/hello", #"{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}"#).status, 201)
        let started = try admin.post("/v1/processes/hello/executions", #"{"name":"one","input":{"n":1}}"#).text
        let execution = String(try XCTUnwrap(started.firstMatch(of: #/"execution_id":"([^"]+)"/#), started).1)
        XCTAssertTrue(try Patience.until { try admin.get("/v1/executions/\(execution)").text.contains("SUCCEEDED") })
        return [
            ["queue", "list"], ["queue", "show", "jobs"], ["queue", "dead-letters", "jobs"], ["topic", "list"], ["topic", "show", "news"], ["topic", "subscriptions", "news"],
            ["topic", "dead-letters", "news", "lost"], ["view", "list"], ["view", "show", "totals"], ["process", "list"], ["process", "show", "hello"], ["process", "history", execution],
            ["execution", "list"], ["execution", "show", execution],
        ]
    }

    func test_listsOfWhatAServerHasInMemory_areTheSameOfItsFiles_besideAnotherReader() throws {
        let server = try TillServer()
        defer { server.remove() }
        _ = try server.key("shop")
        XCTAssertEqual(try server.client().post("/v1/receipts?client=shop", Receipts.pos("R-1")).status, 201)
        let commands = try fill(server.client())
        let place = ["--data", server.data.path]
        let served = try commands.map { command in
            let run = try TillRun(command + place)
            XCTAssertEqual(run.status, 0, "\(command): \(run.error)")
            return run.text
        }
        for (command, says) in [(0, "jobs"), (2, "torn"), (5, "nowhere"), (7, "count(*)"), (12, "SUCCEEDED")] { XCTAssertTrue(served[command].contains(says), served[command]) }
        XCTAssertEqual(server.stop(), 0)
        let lock = open(server.data.appendingPathComponent("LOCK").path, O_RDONLY | O_CLOEXEC)
        defer { close(lock) }
        XCTAssertEqual(flock(lock, LOCK_SH | LOCK_NB), 0)
        let before = try whole(server.data)
        for (command, text) in zip(commands, served) {
            let run = try TillRun(command + place)
            XCTAssertEqual(run.status, 0, "\(command): \(run.error)")
            XCTAssertEqual(run.text, text, "\(command)")
        }
        // How far sums are made is another when the server ends; and of its jobs a process that has just begun has none.
        for (command, says) in [(["rollup", "list"], "receipts_by_day"), (["rollup", "show", "receipts_by_day"], "receipts_by_day"), (["job", "list"], "(0 rows)"), (["upload", "list"], "(0 rows)")] {
            let run = try TillRun(command + place)
            XCTAssertEqual(run.status, 0, "\(command): \(run.error)")
            XCTAssertTrue(run.text.contains(says), "\(command): \(run.text)")
        }
        for command in [["queue", "show", "no"], ["topic", "show", "no"], ["topic", "subscriptions", "no"], ["view", "show", "no"], ["process", "show", "no"], ["execution", "show", "no"], ["rollup", "show", "no"], ["job", "show", "no"], ["upload", "show", "no"]] {
            let run = try TillRun(command + place)
            XCTAssertEqual(run.status, 1, "\(command): \(run.text)")
            XCTAssertTrue(run.error.contains("there is no"), "\(command): \(run.error)")
        }
        let refused = try TillRun(["queue", "purge", "jobs"] + place)
        XCTAssertEqual(refused.status, 1)
        XCTAssertTrue(refused.error.contains("is being read by"), refused.error)
        XCTAssertEqual(try whole(server.data), before)
    }

    func test_killedStore_isReadWithItsLogs_andLeftAsItIs() throws {
        let server = try TillServer()
        defer { server.remove() }
        _ = try server.key("shop")
        for id in ["R-1", "R-2"] { XCTAssertEqual(try server.client().post("/v1/receipts?client=shop", Receipts.pos(id)).status, 201) }
        server.kill()
        let before = try whole(server.data)
        XCTAssertTrue(before.contains { $0.key.hasSuffix("-wal") && !$0.value.isEmpty })
        for _ in 0..<2 {
            let run = try TillRun(["sql", "--format", "csv", "SELECT receipt_id FROM receipts ORDER BY 1", "--data", server.data.path])
            XCTAssertEqual(run.text, "receipt_id\r\nR-1\r\nR-2\r\n", run.error)
        }
        XCTAssertEqual(try whole(server.data), before)
    }

    func test_catalogThatIsLost_stopsEveryCommand_changesNothing_andIsMadeAnew() throws {
        let server = try TillServer()
        defer { server.remove() }
        _ = try server.key("shop")
        XCTAssertEqual(try server.client().post("/v1/receipts?client=shop", Receipts.pos("R-1")).status, 201)
        XCTAssertEqual(try server.client().post("/v1/admin/compact", "{}").status, 200)
        XCTAssertEqual(try server.client().post("/v1/receipts?client=shop", Receipts.pos("R-2")).status, 201)
        XCTAssertEqual(server.stop(), 0)
        try FileManager.default.removeItem(at: server.data.appendingPathComponent("catalog.sqlite"))
        let before = try listing(server.data)
        let place = ["--data", server.data.path]
        let file = server.data.deletingLastPathComponent().appendingPathComponent("one.json")
        try Data(Receipts.pos("R-3").utf8).write(to: file)
        for command in [
            ["serve", "--listen", "127.0.0.1:0"], ["sql", "SELECT 1"], ["compact"], ["import", file.path, "--client", "shop"], ["contract", "list"],
            ["contract", "put", "a", "--access", "read", "--scope", "own"], ["key", "create", "shop"], ["backup", server.data.path + "-copy"], ["quarantine", "delete", "--client", "shop"],
        ] {
            let run = try TillRun(command + place)
            XCTAssertEqual(run.status, 1, "\(command): \(run.text)")
            for says in ["catalog.sqlite is missing", "nothing was changed", "till recover --data \(server.data.path)"] { XCTAssertTrue(run.error.contains(says), "\(command): \(run.error)") }
            XCTAssertEqual(try listing(server.data), before, "\(command)")
        }
        let verified = try TillRun(["verify"] + place)
        XCTAssertTrue(verified.status == 1 && verified.text.contains("catalog.sqlite: is missing"), verified.text)
        let lock = open(server.data.appendingPathComponent("LOCK").path, O_RDONLY | O_CLOEXEC)
        XCTAssertEqual(flock(lock, LOCK_SH | LOCK_NB), 0, "somebody reads it")
        let foretold = try TillRun(["recover", "--check"] + place)
        XCTAssertEqual(foretold.status, 0, foretold.error)
        let lost = try Subprocess("/bin/sh", ["-c", "exec \"$1\" recover --check --data \"$2\" >/dev/full", "sh", TillServer.binary.path, server.data.path])
        XCTAssertEqual(lost.status, 1, lost.error)
        for says in ["would recover 2 receipts", "missing: contracts of 1 clients with receipts: shop", "nothing was changed"] { XCTAssertTrue(foretold.text.contains(says), foretold.text) }
        XCTAssertEqual(try listing(server.data), before)
        XCTAssertTrue(try TillRun(["recover"] + place).error.contains("is being read by"))
        close(lock)
        let recovered = try TillRun(["recover"] + place)
        XCTAssertEqual(recovered.status, 0, recovered.error)
        for says in ["recovered 2 receipts", "missing: contracts of 1 clients with receipts: shop"] { XCTAssertTrue(recovered.text.contains(says), recovered.text) }
        XCTAssertEqual(try TillRun(["verify"] + place).status, 0)
        XCTAssertEqual(try TillRun(["sql", "--format", "csv", "SELECT receipt_id FROM receipts ORDER BY 1"] + place).text, "receipt_id\r\nR-1\r\nR-2\r\n")
        XCTAssertEqual(try TillRun(["recover"] + place).status, 1, "there is nothing to recover")
    }

    /// A command that was said as root leaves files that the store's user cannot open: whose they are is said, and they are taken for lost by nobody.
    func test_catalogOfAnotherUser_isRefused_withWhoseItIs() throws {
        try XCTSkipIf(geteuid() != 0, "only root gives files away")
        let server = try TillServer()
        defer { server.remove() }
        _ = try server.key("shop")
        XCTAssertEqual(try server.client().post("/v1/receipts?client=shop", Receipts.pos("R-1")).status, 201)
        XCTAssertEqual(server.stop(), 0)
        let catalog = server.data.appendingPathComponent("catalog.sqlite").path
        let names = try FileManager.default.subpathsOfDirectory(atPath: server.data.path)
        for path in [server.data.path] + names.map({ server.data.appendingPathComponent($0).path }) { XCTAssertEqual(chown(path, 65_534, 65_534), 0, path) }
        XCTAssertEqual(chown(catalog, 0, 0), 0)
        XCTAssertEqual(chmod(server.data.deletingLastPathComponent().path, 0o755), 0)
        func run(_ arguments: [String]) throws -> Subprocess {
            try Subprocess("/usr/bin/env", ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", TillServer.binary.path] + arguments, environment: TillServer.environment(data: server.data.path))
        }
        let probe = try run(["version"])
        try XCTSkipIf(probe.status != 0, "another user cannot run the program here: \(probe.all)")
        let before = try listing(server.data)
        for command in [["serve", "--listen", "127.0.0.1:0"], ["recover"], ["recover", "--check"], ["sql", "SELECT 1"], ["contract", "list"]] {
            let refused = try run(command + ["--data", server.data.path])
            XCTAssertEqual(refused.status, 1, "\(command): \(refused.all)")
            XCTAssertTrue(refused.error.contains("\(catalog) belongs to uid 0 and cannot be opened by uid 65534: chown it"), "\(command): \(refused.all)")
            XCTAssertEqual(try listing(server.data), before, "\(command)")
        }
        XCTAssertEqual(chown(catalog, 65_534, 65_534), 0)
        XCTAssertTrue(try run(["contract", "list", "--data", server.data.path]).text.contains("shop"))
    }
}
