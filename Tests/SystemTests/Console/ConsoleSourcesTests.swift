import Foundation
import TestSupport
import XCTest

/// Goal: the console's sources are what the binary has, what the types say and what was vendored. Method: the scripts that make them, TypeScript's checker,
/// and hashes.
final class ConsoleSourcesTests: XCTestCase {
    private static let console = Project.root.appendingPathComponent("console")

    private func run(_ program: String, _ arguments: [String]) throws -> (output: String, code: Int32) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.currentDirectoryURL = Project.root
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitForEnd()
        return (String(decoding: output, as: UTF8.self), process.terminationStatus)
    }

    func test_modules_passTheChecker() throws {
        let answer = try run("/usr/bin/tsc", ["-p", "console"])
        XCTAssertEqual(answer.code, 0, answer.output)
    }

    func test_modules_thatNeedNoBrowser_doAsTheySay() throws {
        let answer = try run("/usr/bin/node", ["Tests/SystemTests/Scripts/console_modules.mjs"])
        XCTAssertEqual(answer.code, 0, answer.output)
        XCTAssertEqual(answer.output, "everything held\n")
    }

    func test_binary_hasEveryFile() throws {
        let answer = try run("/bin/bash", ["script/embed-console", "--check"])
        XCTAssertEqual(answer.code, 0, answer.output)
    }

    func test_types_areThoseOfTheServersDescription() throws {
        let server = try TillServer()
        defer { server.remove() }
        let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(try server.client().get("/openapi.json").body).write(to: file)
        let answer = try run("/usr/bin/env", ["python3", "script/console-types", file.path, "--check"])
        XCTAssertEqual(answer.code, 0, answer.output)
    }

    func test_vendoredFiles_areTheOnesThatWereTaken() throws {
        let text = try String(contentsOf: Self.console.appendingPathComponent("vendor/README.md"), encoding: .utf8)
        let rows = text.matches(of: #/\| `([^`]+\.js)` \| [^|]+ \| `([0-9a-f]{64})` \|/#)
        XCTAssertEqual(rows.count, 6)
        for row in rows {
            let answer = try run("/usr/bin/sha256sum", [Self.console.appendingPathComponent("vendor/codemirror/\(row.output.1)").path])
            XCTAssertEqual(answer.output.prefix(64), row.output.2, String(row.output.1))
        }
    }

    func test_languages_haveTheSameWords_andThoseThatAreUsed() throws {
        func words(_ tag: String) throws -> [String: Any] {
            let data = try Data(contentsOf: Self.console.appendingPathComponent("languages/\(tag).json"))
            return try XCTUnwrap(JSONSerialization.jsonObject(with: data) as? [String: Any])
        }
        let english = try words("en"), ukrainian = try words("uk")
        XCTAssertEqual(Set(english.keys), Set(ukrainian.keys))
        var used: Set<String> = []
        let walk = FileManager.default.enumerator(at: Self.console, includingPropertiesForKeys: nil)
        while let file = walk?.nextObject() as? URL {
            guard file.pathExtension == "js", !file.path.contains("/vendor/") else { continue }
            let source = try String(contentsOf: file, encoding: .utf8)
            for match in source.matches(of: #/\bt\('([a-z][a-zA-Z.-]*)'/#) { used.insert(String(match.output.1)) }
        }
        XCTAssertGreaterThan(used.count, 200)
        XCTAssertEqual(used.subtracting(english.keys), [])
        // What stands in braces is filled in: a language that lacks one would say nothing of it.
        for (key, message) in english {
            let names = { (text: String) in Set(text.matches(of: #/\{(\w+)\}/#).map { String($0.output.1) }) }
            if let text = message as? String, let other = ukrainian[key] as? String { XCTAssertEqual(names(text), names(other), key) }
        }
    }

    /// What the console puts in quotes is what the parser takes in quotes alone.
    func test_reservedWords_areThoseOfTheParser() throws {
        let keywords = try String(contentsOf: Project.root.appendingPathComponent("Sources/Query/Syntax/Tokens/Keywords.swift"), encoding: .utf8)
        let source = try String(contentsOf: Self.console.appendingPathComponent("core/sql-words.js"), encoding: .utf8)
        var words: Set<String> = []
        for name in ["reserved", "functionOrType"] {
            let list = try XCTUnwrap(keywords.components(separatedBy: "static let \(name): Set<String> = [").dropFirst().first?.components(separatedBy: "]").first)
            words.formUnion(list.matches(of: #/"([a-z_]+)"/#).map { String($0.output.1) })
        }
        XCTAssertGreaterThan(words.count, 90)
        XCTAssertEqual(Set(source.matches(of: #/'([a-z_]+)'/#).map { String($0.output.1) }), words)
    }

    /// No markup from strings, no answer through a parser that loses digits.
    func test_modules_avoidWhatTheContractRulesOut() throws {
        let banned = ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "response.json()", "DOMParser"]
        let walk = FileManager.default.enumerator(at: Self.console, includingPropertiesForKeys: nil)
        while let file = walk?.nextObject() as? URL {
            guard file.pathExtension == "js", !file.path.contains("/vendor/") else { continue }
            let source = try String(contentsOf: file, encoding: .utf8)
            for word in banned where source.contains(word) {
                // Words of a language have no numbers.
                XCTAssertTrue(word == "response.json()" && file.lastPathComponent == "language.js", "\(file.lastPathComponent) has \(word)")
            }
            let parses = source.components(separatedBy: "JSON.parse(").count - 1
            XCTAssertTrue(parses == 0 || ["exact-json.js", "preferences.js"].contains(file.lastPathComponent), "\(file.lastPathComponent) parses JSON by itself")
        }
    }
}
