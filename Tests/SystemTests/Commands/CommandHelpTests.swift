import Foundation
import TestSupport
import XCTest

/// Goal: whoever knows only `till --help` finds out the rest, and a script can tell from the exit status what came of a command. Method: every
/// command that the overview lists, so that a new one is looked at too.
final class CommandHelpTests: XCTestCase {
    /// What must follow a name for a command to begin its work; of commands that are not here, nothing.
    private static let operands: [String: [String]] = [
        "move": ["--to", "s3://receipts/moved"], "rebuild": ["--table", "receipts", "--column", "total"],
        "sql": ["SELECT 1"], "import": [Project.root.appendingPathComponent("types/samples/pos-receipt-1.json").path], "backup": ["/nowhere/copy"], "contract show": ["c"], "contract put": ["c", "--access", "read", "--scope", "own"],
        "contract delete": ["c"], "key list": ["c"], "key show": ["c", "k_1"], "key create": ["c"], "key delete": ["c", "k_1"], "type show": ["t"], "type delete": ["t"], "ticket show": ["t"],
        "quarantine show": ["t"], "quarantine delete": ["t"], "dead-letter show": ["t"], "dead-letter redrive": ["t"], "dead-letter delete": ["t"], "audit show": ["1"], "job show": ["j"],
        "job cancel": ["j"], "export": ["--format", "csv", "--out", "answer.csv", "SELECT 1"],
        "process show": ["p"], "process put": ["p", Project.root.appendingPathComponent("types/samples/pos-receipt-1.json").path], "process delete": ["p"], "process start": ["p"],
        "process history": ["e"], "process abort": ["e"], "process redrive": ["e"], "execution show": ["e"], "queue show": ["q"], "queue put": ["q"], "queue delete": ["q"], "queue send": ["q", "1"], "queue receive": ["q"], "queue dead-letters": ["q"],
        "queue redrive": ["q", "--all"], "queue discard": ["q", "--all"], "queue purge": ["q"], "completion": ["bash"],
        "rollup show": ["r"], "view show": ["v"], "view put": ["v", "SELECT 1 AS one"], "view delete": ["v"], "rollup put": [Project.root.appendingPathComponent("examples/rollups/daily_revenue.json").path], "rollup delete": ["r"],
        "topic show": ["t"], "topic put": ["t"], "topic delete": ["t"], "topic subscriptions": ["t"],
        "topic dead-letters": ["t", "s"], "topic unsubscribe": ["t", "s"], "topic redrive": ["t", "s"], "topic subscribe": ["t", "s", "--queue", "q"],
        "upload put": [Project.root.appendingPathComponent("types/samples/pos-receipt-1.json").path], "upload show": ["u"], "upload errors": ["u"],
        "upload cancel": ["u"], "upload revert": ["u"],
        "topic publish": ["t", "--type", "x", "--id", "1"],
    ]
    /// They make a store where there is none, or have no store that must be there.
    private static let others: Set<String> = ["serve", "witness", "restore", "type put"]

    private func commands() throws -> [[String]] {
        let overview = try TillRun(["--help"])
        XCTAssertEqual(overview.status, 0)
        XCTAssertTrue(overview.text.contains("exit status: 0 done, 1 failed, 2 called the wrong way"), overview.text)
        let lines = overview.text.components(separatedBy: "\n")
        let begin = try XCTUnwrap(lines.firstIndex(of: "commands:")) + 1
        return lines[begin...].prefix { $0.hasPrefix("  ") }.map { line in
            line.trimmingCharacters(in: .whitespaces).components(separatedBy: "  ")[0].components(separatedBy: " ")
        }
    }

    /// It ended with status 1 and not a word.
    func test_output_thatHasNoRoom_isTold() throws {
        let run = try Subprocess("/bin/sh", ["-c", "exec \"$1\" version >/dev/full", "sh", TillServer.binary.path])
        XCTAssertEqual([String(run.status), run.error], ["1", "till: standard output: No space left on device\n"])
    }

    func test_everyCommand_saysWhatItTakes_andHowItEnds() throws {
        let commands = try commands()
        XCTAssertGreaterThan(commands.count, 30)
        for command in commands {
            let name = command.joined(separator: " ")
            let help = try TillRun(command + ["--help"])
            XCTAssertEqual(help.status, 0, name)
            XCTAssertTrue(help.text.contains("usage: till \(name)") && help.error.isEmpty, help.text)
            for status in 0...2 { XCTAssertTrue(help.text.contains("\n  \(status)  "), "\(name) does not say when it exits \(status)") }
            // What the usage names, the options explain, in one line each.
            let parts = help.text.components(separatedBy: "\noptions:\n")
            guard parts.count == 2 else { XCTFail(help.text); continue }
            let usage = parts[0]
            for word in Set(usage.split { !$0.isLetter && $0 != "-" }.map(String.init)) where word.hasPrefix("--") {
                XCTAssertTrue(parts[1].contains("\n  \(word) ") || parts[1].hasPrefix("  \(word) "), "till \(name) does not explain \(word)")
            }
            // A store in a bucket is opened by its configuration alone.
            if parts[1].contains("\n  --config ") { XCTAssertTrue(usage.contains("--config"), "the usage of till \(name) leaves --config out") }
            let wrong = try TillRun(command + ["--no-such-option"])
            XCTAssertEqual(wrong.status, 2, name)
            XCTAssertTrue(wrong.error.contains("unknown option --no-such-option") && wrong.error.contains("usage: till \(name)"), wrong.error)
            XCTAssertTrue(wrong.text.isEmpty, wrong.text)
        }
    }

    /// A directory may be mistyped: nothing is made there.
    func test_everyCommand_whoseStoreIsNotThere_isOne_andMakesNothing() throws {
        let folder = try Project.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let missing = folder.appendingPathComponent("missing").path
        for command in try commands() {
            let name = command.joined(separator: " ")
            let help = try TillRun(command + ["--help"]).text
            guard !Self.others.contains(name), help.contains("  --data DIR") else { continue }
            let operands = Self.operands[name] ?? []
            let run = try TillRun(command + operands + ["--data", missing], folder: folder)
            XCTAssertEqual(run.status, 1, "\(name): \(run.error)")
            XCTAssertTrue(run.error.contains("\(missing) is no store: there is no such directory"), "\(name): \(run.error)")
            XCTAssertEqual(try FileManager.default.contentsOfDirectory(atPath: folder.path), [], name)
            guard help.contains("  --url URL") else { continue }
            // Nobody listens there.
            let gone = try TillRun(command + operands + ["--url", "http://127.0.0.1:9"], environment: ["TILL_KEY": "x"], folder: folder)
            XCTAssertEqual(gone.status, 1, "\(name): \(gone.error)")
            XCTAssertTrue(gone.error.contains("127.0.0.1:9"), "\(name): \(gone.error)")
        }
    }

    /// Where nothing says whose documents are, that is asked for before any is read; where a type may say it, of those that do not.
    func test_import_withoutAClient_asksForTheOptionBeforeItReads() throws {
        let folder = try Project.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("one.ndjson")
        try Data((Receipts.pos("R-1") + "\n").utf8).write(to: file)
        let data = folder.appendingPathComponent("store")
        try FileManager.default.createDirectory(at: data, withIntermediateDirectories: false)
        // What is left of standard input shows that nothing was read.
        let piped = try Subprocess(
            "/bin/sh", ["-c", "\"$1\" import - --data \"$2\"; echo $?; cat", "sh", TillServer.binary.path, data.path], input: Data("left\n".utf8), environment: TillServer.environment(data: data.path))
        XCTAssertEqual(piped.text, "2\nleft\n", piped.error)
        for type in [[], ["--type", "pos-receipt"]] {
            let run = try TillRun(["import", file.path, "--data", data.path] + type)
            XCTAssertEqual([run.text, String(run.status)], ["", "2"], run.error)
            XCTAssertTrue(run.error.hasPrefix("till import: --client is wanted"), run.error)
            XCTAssertFalse(FileManager.default.fileExists(atPath: file.path + ".rejected.ndjson"))
        }
        let server = try TillServer(data: data)
        defer { server.remove() }
        let administrator = ["TILL_KEY": TillServer.adminKey]
        // One of the contract's own needs no word; a type that maps it may say it.
        let mapping = #"{"name":"mapped","version":1,"format":"json","table":"rows","match":{"/shop":{"exists":true}},"receipt_id":"/n","issued_at":"/at","client_id":"/shop","columns":{"n":{"path":"/n","type":"VARCHAR"}}}"#
        let key = try server.key("shop")
        let own = try TillRun(["import", file.path, "--url", server.url], environment: ["TILL_KEY": key])
        XCTAssertEqual(own.text, "imported 1, repeated 0, rejected 0\n", own.error)
        XCTAssertEqual(try server.client().put("/v1/types/mapped", mapping).status, 201)
        let run = try TillRun(["import", file.path, "--url", server.url], environment: administrator)
        XCTAssertEqual(run.text, "imported 0, repeated 0, rejected 1\n")
        XCTAssertTrue(run.error.contains("--client C") && !run.error.contains("?client="), run.error)
        XCTAssertEqual(run.status, 0, "every record was read")
        XCTAssertFalse(try String(contentsOfFile: file.path + ".rejected.ndjson", encoding: .utf8).contains("?client="))
        XCTAssertEqual(try TillRun(["import", file.path, "--type", "pos-receipt", "--url", server.url], environment: administrator).status, 2, "of all others the type says nothing")
    }
}
