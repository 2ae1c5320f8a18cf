import Foundation
import TestSupport
import XCTest

/// Goal: the README's tour is what a newcomer sees. Method: its commands are run one after the other by a shell, with the real binary, and what they
/// print is compared with what stands there; ids and instants, which are others each time, only by their form.
final class TourTests: XCTestCase {
    private struct Step {
        var command: String
        var output: [String] = []
    }

    /// A command begins with `$ `, goes on in lines that are indented, and is followed by what it prints.
    private func steps() throws -> [Step] {
        let readme = try String(contentsOf: Project.root.appendingPathComponent("README.md"), encoding: .utf8)
        let tour = try XCTUnwrap(readme.components(separatedBy: "\n## A tour\n").last?.components(separatedBy: "\n## ").first)
        var steps: [Step] = []
        var isCode = false
        for line in tour.components(separatedBy: "\n") {
            if line.hasPrefix("```") {
                isCode.toggle()
            } else if isCode, line.hasPrefix("$ ") {
                steps.append(Step(command: String(line.dropFirst(2))))
            } else if isCode, !steps.isEmpty {
                let last = steps.count - 1
                if line.hasPrefix("    "), steps[last].output.isEmpty { steps[last].command += "\n" + line } else { steps[last].output.append(line) }
            }
        }
        return steps
    }

    /// Without what differs each time, and without the blanks at the end of a table's rows.
    private func form(_ line: String) -> String {
        var text = line
        for (pattern, name) in [
            (#"\b01[0-9A-HJKMNP-TV-Z]{24}\b"#, "ID"), (#"\bk_[a-z0-9]{16}\b"#, "KEY"), (#"20[0-9-]{8}T[0-9:.]+Z"#, "TIME"), (#" +$"#, ""),
        ] { text = text.replacingOccurrences(of: pattern, with: name, options: .regularExpression) }
        return text
    }

    func test_everyCommand_printsWhatStandsThere() throws {
        let steps = try steps()
        XCTAssertGreaterThan(steps.count, 10)
        let folder = try Project.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createSymbolicLink(at: folder.appendingPathComponent("types"), withDestinationURL: Project.root.appendingPathComponent("types"))
        try FileManager.default.createSymbolicLink(at: folder.appendingPathComponent("till"), withDestinationURL: TillServer.binary)
        // In the place of the tour's.
        let address = "127.0.0.1:\(Ports.take(1)[0])"
        var script = "export PATH=\"$PWD:$PATH\"\ntrap 'kill $(jobs -p); wait' EXIT\n"
        for step in steps {
            script += step.command.replacing("127.0.0.1:8080", with: address) + (step.command.contains("till serve") ? " 2>server.log" : "") + "\n"
            if step.command.contains("till serve") { script += "for _ in $(seq 300); do curl -fs -o /dev/null http://\(address)/readyz && break; sleep 0.1; done\n" }
            script += "echo; echo '--- end of a step'\n"
        }
        let text = try Subprocess(
            "/bin/bash", ["-c", script.replacing("& 2>server.log", with: "2>server.log &")], environment: TillServer.environment(), folder: folder
        ).text
        let printed = text.components(separatedBy: "\n--- end of a step\n")
        XCTAssertEqual(printed.count, steps.count + 1, text)
        for (step, found) in zip(steps, printed) {
            let lines = found.components(separatedBy: "\n").map(form).filter { !$0.isEmpty }
            let wanted = step.output.map(form).filter { !$0.isEmpty }
            XCTAssertEqual(lines.count, wanted.count, "\(step.command)\n\(found)")
            for (line, want) in zip(lines, wanted) {
                // An ellipsis: and so on.
                if want.hasSuffix("…") { XCTAssertTrue(line.hasPrefix(want.dropLast()), "\(step.command)\n\(line)") } else { XCTAssertEqual(line, want, step.command) }
            }
        }
    }
}
