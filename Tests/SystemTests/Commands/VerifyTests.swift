import Foundation
import Synchronization
import TestSupport
import XCTest

/// Goal: a store can be proved while it is used, and what is damaged is named, wherever the store lies. Method: the real binary beside a
/// server that takes receipts, over backups, and over copies that nobody may write.
final class VerifyTests: XCTestCase {
    private func fill(_ server: TillServer, _ range: Range<Int>) throws {
        for number in range { XCTAssertEqual(try server.client().post("/v1/receipts?client=shop", Receipts.pos("R-\(number)")).status, 201) }
    }

    private func flip(_ file: URL, at place: Int) throws {
        let handle = try FileHandle(forUpdating: file)
        defer { try? handle.close() }
        try handle.seek(toOffset: UInt64(place))
        let byte = try XCTUnwrap(try handle.read(upToCount: 1)?.first)
        try handle.seek(toOffset: UInt64(place))
        try handle.write(contentsOf: Data([byte ^ 0x10]))
    }

    func test_besideAServer_thatTakesReceiptsAndCompacts_findsNoFault() throws {
        let server = try TillServer()
        defer { server.remove() }
        _ = try server.key("shop")
        try fill(server, 0..<40)
        XCTAssertEqual(try server.client().post("/v1/admin/compact", "{}").status, 200)
        try fill(server, 40..<60)
        let isOver = Mutex(false)
        let sent = Mutex(60)
        let port = server.port
        let sender = Thread {
            let client = HTTPClient(port: port, key: TillServer.adminKey)
            while !isOver.withLock({ $0 }) {
                let number = sent.withLock { sent in
                    defer { sent += 1 }
                    return sent
                }
                _ = try? client.post("/v1/receipts?client=shop", Receipts.pos("R-\(number)"))
                if number % 40 == 0 { _ = try? client.post("/v1/admin/compact", "{}") }
            }
        }
        sender.start()
        for round in 0..<6 {
            let run = try TillRun(["verify"] + (round % 2 == 0 ? ["--data", server.data.path] : ["--url", server.url]), environment: ["TILL_KEY": TillServer.adminKey])
            XCTAssertEqual(run.status, 0, run.text + run.error)
            XCTAssertTrue(run.text.hasSuffix(": no fault\n"), run.text)
        }
        isOver.withLock { $0 = true }
        XCTAssertEqual(try server.client().get("/v1/receipts?client=shop&limit=1").status, 200)
    }

    func test_besideAServer_namesWhatIsDamaged() throws {
        let server = try TillServer()
        defer { server.remove() }
        _ = try server.key("shop")
        try fill(server, 0..<40)
        XCTAssertEqual(try server.client().post("/v1/admin/compact", "{}").status, 200)
        let files = FileManager.default.enumerator(at: server.data.appendingPathComponent("warehouse"), includingPropertiesForKeys: nil)
        let parquet = try XCTUnwrap(files?.compactMap { $0 as? URL }.first { $0.pathExtension == "parquet" })
        try flip(parquet, at: 200)
        let run = try TillRun(["verify", "--data", server.data.path])
        XCTAssertEqual(run.status, 1, run.error)
        XCTAssertTrue(run.text.contains(parquet.lastPathComponent) && run.text.contains("does not have the hash"), run.text)
        // `till verify … | true` has the same status: what is written is not what counts.
        let command = ["-c", #"exec 3> >(exit); wait $!; exec "$@" >&3"#, "bash", TillServer.binary.path, "verify", "--data", server.data.path]
        XCTAssertEqual(try Subprocess("/bin/bash", command, environment: TillServer.environment(data: server.data.path)).status, 1)
        XCTAssertTrue(server.isRunning)
        let audit = try server.client().get("/v1/audit?limit=1").text
        XCTAssertTrue(audit.contains(#""action":"verify""#) && audit.contains(#""outcome":"done""#), audit)
        let jobs = try TillRun(["job", "list", "--data", server.data.path])
        XCTAssertTrue(jobs.text.contains(" verify "), jobs.text + jobs.error)
    }

    func test_backup_isProvedByItsManifest() throws {
        let folder = try Project.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let server = try TillServer()
        defer { server.remove() }
        _ = try server.key("shop")
        try fill(server, 0..<20)
        XCTAssertEqual(try server.client().post("/v1/admin/compact", "{}").status, 200)
        try fill(server, 20..<30)
        let backup = folder.appendingPathComponent("backup")
        XCTAssertEqual(try TillRun(["backup", "--url", server.url, backup.path], environment: ["TILL_KEY": TillServer.adminKey]).status, 0)
        for option in ["--backup", "--data"] {
            let sound = try TillRun(["verify", option, backup.path])
            XCTAssertEqual(sound.status, 0, sound.text + sound.error)
            XCTAssertTrue(sound.text.contains("bytes of the backup: no fault") && !sound.text.contains("receipts"), sound.text)
        }
        for name in try FileManager.default.subpathsOfDirectory(atPath: backup.path) {
            let file = backup.appendingPathComponent(name)
            var isDirectory: ObjCBool = false
            guard FileManager.default.fileExists(atPath: file.path, isDirectory: &isDirectory), !isDirectory.boolValue else { continue }
            let size = try XCTUnwrap(try FileManager.default.attributesOfItem(atPath: file.path)[.size] as? Int)
            try flip(file, at: size / 2)
            let run = try TillRun(["verify", "--backup", backup.path])
            XCTAssertEqual(run.status, 1, "\(name): \(run.text)")
            XCTAssertTrue((run.text + run.error).contains(name == "MANIFEST" ? "MANIFEST" : name), "\(name): \(run.text)\(run.error)")
            try flip(file, at: size / 2)
            let aside = folder.appendingPathComponent("aside")
            try FileManager.default.moveItem(at: file, to: aside)
            XCTAssertEqual(try TillRun(["verify", "--backup", backup.path]).status, 1, "without \(name)")
            try FileManager.default.moveItem(at: aside, to: file)
        }
        XCTAssertEqual(try TillRun(["verify", "--backup", backup.path]).status, 0)
        XCTAssertEqual(try TillRun(["verify", "--backup", folder.path + "/none"]).status, 1)
    }

    func test_placeWithNeitherLogNorArchive_saysSo() throws {
        let folder = try Project.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let url = "file://\(folder.path)/none"
        for command in [["verify", "--log", url], ["restore", "--from-log", url, "--data", "\(folder.path)/data"]] {
            let run = try TillRun(command)
            XCTAssertEqual(run.status, 1, run.text + run.error)
            XCTAssertTrue(run.error.contains("neither the log of a single server (head) nor the archive of a pair (archive/store)"), run.error)
        }
        XCTAssertFalse(FileManager.default.fileExists(atPath: "\(folder.path)/data"))
        for (more, words) in [(["--full"], "excludes --full"), (["--data", "x"], "exclude each other")] {
            let run = try TillRun(["verify", "--log", url] + more)
            XCTAssertEqual(run.status, 2, run.text + run.error)
            XCTAssertTrue(run.error.contains(words), run.error)
        }
        for wrong in ["ftp://x", folder.path, "s3://", "file:///"] {
            for command in [["verify", "--log", wrong], ["restore", "--from-log", wrong, "--data", "\(folder.path)/data"]] {
                let run = try TillRun(command)
                XCTAssertEqual(run.status, 2, "\(command): \(run.text)\(run.error)")
                XCTAssertTrue(run.error.contains("s3://bucket/prefix or file:///directory is wanted, not \(wrong)\n"), "\(command): \(run.error)")
            }
        }
        for (command, name) in [(["verify", "--log", ""], "log"), (["restore", "--from-log", "", "--data", "\(folder.path)/data"], "from-log")] {
            let run = try TillRun(command)
            XCTAssertEqual(run.status, 2, run.text + run.error)
            XCTAssertTrue(run.error.contains("--\(name) is empty"), run.error)
        }
    }

    /// A snapshot, a read-only mount, somebody else's directory: proved as it is, and nothing in it touched.
    func test_unwritableCopy_isProved_andItsDamageNamed() throws {
        let folder = try Project.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let server = try TillServer()
        defer { server.remove() }
        _ = try server.key("shop")
        try fill(server, 0..<20)
        XCTAssertEqual(try server.client().post("/v1/admin/compact", "{}").status, 200)
        try fill(server, 20..<30)
        XCTAssertEqual(try server.client().put("/v1/queues/jobs", "{}").status, 201)
        XCTAssertEqual(try server.client().put("/v1/processes/slow", #"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"End":true}}}"#).status, 201)
        XCTAssertEqual(server.stop(), 0)
        func names() throws -> [String] { try FileManager.default.subpathsOfDirectory(atPath: server.data.path).sorted() }
        let before = try names()
        let sound = try unwritable(server.data)
        try XCTSkipIf(sound.status == 77, "neither another user nor a mount to be had")
        XCTAssertEqual(sound.status, 0, sound.text)
        XCTAssertTrue(sound.text.contains("30 receipts") && sound.text.contains("no fault"), sound.text)
        XCTAssertEqual(try names(), before)
        let hot = try XCTUnwrap(before.first { $0.hasPrefix("hot/") && $0.hasSuffix(".sqlite") })
        let size = try XCTUnwrap(try FileManager.default.attributesOfItem(atPath: server.data.appendingPathComponent(hot).path)[.size] as? Int)
        try flip(server.data.appendingPathComponent(hot), at: size - 3_000)
        let damaged = try unwritable(server.data)
        XCTAssertEqual(damaged.status, 1, damaged.text)
        XCTAssertTrue(damaged.text.contains(hot), damaged.text)
        try flip(server.data.appendingPathComponent(hot), at: size - 3_000)
        // What a killed server left has its last commits in logs.
        try server.start()
        try fill(server, 30..<31)
        server.kill()
        let logged = try unwritable(server.data)
        XCTAssertEqual(logged.status, 1, logged.text)
        XCTAssertTrue(logged.text.contains("has a log"), logged.text)
    }

    /// Runs `till verify` on a directory that it cannot write: as root behind a read-only mount in a namespace of its own, else without
    /// the right to write.
    private func unwritable(_ data: URL) throws -> (status: Int32, text: String) {
        let script = geteuid() == 0
            ? "unshare -m true 2>/dev/null || exit 77; exec unshare -m sh -c 'mount --bind \"$1\" \"$1\" && mount -o remount,ro,bind \"$1\" || exit 77; exec \"$2\" verify --data \"$1\"' sh \"$1\" \"$2\""
            : "chmod -R a-w \"$1\"; \"$2\" verify --data \"$1\"; code=$?; chmod -R u+w \"$1\"; exit $code"
        let run = try Subprocess("/bin/sh", ["-c", script, "sh", data.path, TillServer.binary.path], environment: TillServer.environment())
        return (run.status, run.all)
    }
}
